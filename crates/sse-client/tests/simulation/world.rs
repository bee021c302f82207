//! One schedule: what happens when, until the client has all there is or has ended.

mod client_side;
mod server_side;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use fastrand::Rng;
use sse_client::{CloseReason, Step};

use crate::client::Client;
use crate::faults::Faults;
use crate::laws::delivery::Delivery;
use crate::laws::knowledge::Knowledge;
use crate::laws::patience::Patience;
use crate::log::{Ids, Log};
use crate::network::Link;
use crate::server::{Answer, Replay, Server};
use crate::story::Story;
use crate::stream::Stream;
use crate::tally::{Met, Tally};
use crate::terms::{Terms, one_of, seconds};

/// What is due at some time; the numbers are those of attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// The server's log grows.
    Event,
    /// All goes well from here on.
    Heal,
    Request(usize),
    Cut(usize),
    KeepAlive(usize),
    /// What comes to the client,
    Client(usize, Arrival),
    /// or from its user, who has had enough.
    Close,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Arrival {
    Refusal,
    Futile,
    Head,
    /// The bytes up to this one.
    Bytes(usize),
    Eof,
    Break,
}

/// An attempt, and what comes of it.
struct Attempt {
    last_event_id: Option<String>,
    answer: Answer,
    stream: Stream,
    link: Link,
    /// The next event to be written, how many more there may be, and whether there will be any.
    next: usize,
    events: Option<usize>,
    is_served: bool,
    /// How many bytes the client has had.
    arrived: usize,
}

pub(crate) struct World<'s> {
    story: &'s mut Story,
    tally: Tally,
    rng: Rng,
    now: Duration,
    due: BinaryHeap<Reverse<(Duration, usize, Due)>>,
    scheduled: usize,
    faults: Faults,
    is_healed: bool,
    /// All goes well after so many attempts, at the latest.
    bad_attempts: usize,
    log: Log,
    server: Server,
    client: Client,
    attempts: Vec<Attempt>,
    terms: Terms,
    delivery: Delivery,
    knowledge: Knowledge,
    patience: Patience,
}

/// Longer than any waits, silences and stalls can be, one after the other.
const LONGEST: Duration = Duration::from_secs(3600);

impl<'s> World<'s> {
    /// The schedule of a seed. The lower the seed, the smaller it is.
    pub(crate) fn new(seed: u64, replays: &[(Replay, Ids)], story: &'s mut Story) -> Self {
        let mut rng = Rng::with_seed(seed);
        let size = 2 + usize::try_from(seed / 256).unwrap_or(usize::MAX).min(14);
        let (replay, ids) = one_of(&mut rng, replays);
        let terms = Terms::roll(&mut rng);
        let log = Log::roll(&mut rng, ids, &terms, size);
        let server = Server::roll(&mut rng, replay, &log);
        let position = (ids != Ids::Awkward && rng.u8(..) < 32).then(|| rng.usize(..=log.len_at(Duration::ZERO)));
        let last_event_id = position.map(|position| log.cursor(position)).unwrap_or_default();
        let session = terms.session(rng.u64(..), &last_event_id);
        // Without an id, a client of another server begins where that likes.
        let first = position.or(matches!(replay, Replay::All | Replay::Anew).then_some(0));
        let mut world = Self {
            story,
            tally: Tally::default(),
            now: Duration::ZERO,
            due: BinaryHeap::new(),
            scheduled: 0,
            faults: Faults::roll(&mut rng, &terms),
            is_healed: false,
            bad_attempts: 2 * size,
            server,
            client: Client::roll(&mut rng, session),
            attempts: Vec::new(),
            delivery: Delivery::new(replay.is_lossless(), first, &last_event_id),
            knowledge: Knowledge::new(ids == Ids::Numbers, position, &last_event_id),
            patience: Patience::new(terms.clone()),
            terms,
            log,
            rng,
        };
        world.story.tell(world.now, "plan", || format!("{} events with ids: {ids:?}", world.log.len()));
        world.story.tell(world.now, "plan", || format!("{:?}", world.server));
        world.story.tell(world.now, "plan", || format!("{:?}", world.terms));
        world.story.tell(world.now, "plan", || format!("{:?}", world.faults));
        for index in 0..world.log.len() {
            world.schedule(world.log.entries[index].at, Due::Event);
        }
        let heal = seconds(world.rng.u64(..300));
        world.schedule(heal, Due::Heal);
        if world.rng.u8(..) < 8 {
            let close = seconds(world.rng.u64(..100));
            world.schedule(close, Due::Close);
        }
        world
    }

    /// Lets it all happen, and gives what it was. A broken law panics.
    pub(crate) fn run(mut self) -> Tally {
        let mut at_once = 0;
        while !self.is_over() {
            if matches!(self.client.session.step(), Step::Connect { .. }) {
                self.begin_attempt();
                continue;
            }
            let before = self.now;
            let timer = self.client.timer();
            match self.due.peek() {
                Some(Reverse((at, _, _))) if timer.is_none_or(|timer| *at <= timer) => self.next(),
                _ => {
                    self.now = timer.expect("nothing will ever happen again, and the client is still waiting");
                    self.let_time_pass();
                }
            }
            at_once = if self.now > before { 0 } else { at_once + 1 };
            assert!(at_once < 50_000, "time stands still");
            assert!(self.now < LONGEST, "an hour, most of which all went well, and no end");
        }
        self.end()
    }

    fn schedule(&mut self, at: Duration, due: Due) {
        self.scheduled += 1;
        self.due.push(Reverse((at, self.scheduled, due)));
    }

    /// What comes next.
    fn next(&mut self) {
        let Some(Reverse((at, place, due))) = self.due.pop() else { return };
        if matches!(due, Due::Client(..) | Due::Close) && at < self.client.busy_until {
            // In its old place, so that nothing that follows comes before it.
            return self.due.push(Reverse((self.client.busy_until, place, due)));
        }
        self.now = at;
        self.nudge();
        match due {
            Due::Event => (0..self.attempts.len()).for_each(|number| self.serve(number)),
            Due::Heal => self.heal(),
            Due::Request(number) => self.answer(number),
            Due::Cut(number) => self.cut(number),
            Due::KeepAlive(number) => self.keep_alive(number),
            Due::Client(number, arrival) => self.arrive(number, arrival),
            Due::Close => {
                self.story.tell(self.now, "user", || "closes the session".to_owned());
                self.client.session.close();
                assert!(matches!(self.client.session.step(), Step::Closed(CloseReason::Requested)));
            }
        }
    }

    fn heal(&mut self) {
        if !self.is_healed {
            self.story.tell(self.now, "fate", || "all goes well from here on".to_owned());
            self.faults.heal();
            self.is_healed = true;
        }
    }

    fn is_over(&self) -> bool {
        let has_all = |attempt: &Attempt| attempt.is_served && attempt.arrived == attempt.stream.bytes.len();
        match self.client.session.step() {
            Step::Closed(_) => true,
            Step::Read { .. } => {
                let is_quiet = self.is_healed && self.log.len_at(self.now) == self.log.len() && !self.server.ends;
                is_quiet && self.attempts.last().is_some_and(has_all)
            }
            _ => false,
        }
    }

    fn end(mut self) -> Tally {
        let (met, has_all) = match self.client.session.step() {
            Step::Closed(CloseReason::NoContent | CloseReason::LastEvent) => (Some(Met::ProperEnd), true),
            // One response, that may have been cut short.
            Step::Closed(CloseReason::EndOfStream) => (Some(Met::ProperEnd), false),
            Step::Closed(CloseReason::GaveUp { .. }) => (Some(Met::GaveUp), false),
            Step::Closed(_) => (None, false),
            _ => (Some(Met::Open), true),
        };
        assert!(!has_all || self.delivery.is_complete(&self.log), "the last events never came");
        met.into_iter().for_each(|met| self.tally.count(met));
        self.tally
    }
}
