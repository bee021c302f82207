//! Client and server over a network that fails, in virtual time: each seed is one schedule of it, and there are
//! thousands in a second.
//!
//! The client is the real [`Session`](sse_client::Session), the server writes with the real encoder. What is between
//! them is a model: attempts are refused, lost, answered late or not at all; streams stall, break off anywhere, end as
//! if that were their end, or die without a word; bytes of a connection that was given up arrive behind its successor's.
//! After a while all goes well, and the client must come to have all there is.
//!
//! The laws:
//!
//! 1. From a server that replays, the events seen are the events sent: in order, once. (An event without an id may come
//!    twice, right after a reconnection.)
//! 2. From one that does not, the client can know of each gap: there is none within a connection, and where ids can be
//!    counted their difference is what is missing.
//! 3. Reconnections keep to the policy: never early, never more than it says, never late; and so do deadlines.
//! 4. Of a block that did not arrive in whole, nothing is seen; of one that did, all, at once. Time goes on.
//!
//! A broken law tells its story. To be told that of one seed, whatever comes of it:
//!
//! ```sh
//! SSE_SIMULATION_SEED=17 cargo test -p sse-client --test simulation a_server_that_replays -- --nocapture
//! ```
//!
//! And `SSE_SIMULATION_SEEDS=1000000` tries so many, best with `--release`.

#![allow(clippy::panic, clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod client;
mod faults;
mod laws;
mod log;
mod network;
mod server;
mod story;
mod stream;
mod tally;
mod terms;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::log::Ids;
use crate::server::Replay;
use crate::story::Story;
use crate::tally::{Met, Tally};
use crate::world::World;

/// Of each kind of server, unless told otherwise.
const SEEDS: u64 = 10_000;

#[test]
fn a_server_that_replays() {
    let ids = [Ids::Numbers, Ids::Names, Ids::Sparse];
    try_all("a_server_that_replays", &[Replay::All, Replay::FromTail], &ids, &[Met::CountedGap]);
}

#[test]
fn a_server_that_forgets() {
    try_all("a_server_that_forgets", &[0, 1, 2, 4].map(Replay::Latest), &ANY_IDS, &[]);
}

#[test]
fn a_server_without_replay() {
    try_all("a_server_without_replay", &[Replay::Never], &ANY_IDS, &[Met::Again]);
}

#[test]
fn a_server_that_begins_anew() {
    try_all("a_server_that_begins_anew", &[Replay::Anew], &ANY_IDS, &[Met::CountedGap]);
}

const ANY_IDS: [Ids; 4] = [Ids::Numbers, Ids::Names, Ids::Sparse, Ids::Awkward];

/// Tries the seeds from 0 on, and tells the story of the first that breaks a law. `never`: what such servers cannot
/// lead to, of all that must be met.
#[expect(clippy::print_stdout, reason = "what was asked for is shown with --nocapture")]
fn try_all(name: &str, replays: &[Replay], ids: &[Ids], never: &[Met]) {
    let kinds: Vec<_> = replays.iter().flat_map(|replay| ids.iter().map(|ids| (*replay, *ids))).collect();
    let run = |seed, story: &mut Story| {
        catch_unwind(AssertUnwindSafe(|| World::new(seed, &kinds, story).run())).map_err(|law| message(&*law))
    };
    if let Some(seed) = variable("SSE_SIMULATION_SEED") {
        let mut story = Story::told();
        let result = run(seed, &mut story);
        println!("The story of seed {seed}:\n{story}");
        result.unwrap();
        return;
    }
    let seeds = variable("SSE_SIMULATION_SEEDS").unwrap_or(SEEDS);
    let mut tally = Tally::default();
    for seed in 0..seeds {
        tally += run(seed, &mut Story::untold()).unwrap_or_else(|_| {
            let mut story = Story::told();
            let law = run(seed, &mut story).expect_err("the same seed is the same schedule");
            panic!(
                "seed {seed} breaks a law:\n{story}{law}\n\nOnce more: SSE_SIMULATION_SEED={seed} cargo test \
                 -p sse-client --test simulation {name} -- --nocapture"
            )
        });
    }
    println!("{name}, {seeds} schedules:\n{tally}");
    for met in never {
        assert!(!tally.has_met(*met), "{met:?} cannot be");
    }
    let missing: Vec<_> = tally.not_met().filter(|met| !never.iter().any(|one| *one as u8 == *met as u8)).collect();
    assert!(seeds < SEEDS || missing.is_empty(), "never met, and so not tried: {missing:?}");
}

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is not a number")))
}

fn message(law: &(dyn std::any::Any + Send)) -> String {
    let text = law.downcast_ref::<String>().map(String::as_str);
    text.or(law.downcast_ref::<&str>().copied()).unwrap_or("a panic without words").to_owned()
}
