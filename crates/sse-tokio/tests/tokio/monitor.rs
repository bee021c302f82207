//! What others see of an event source.

use futures_util::StreamExt as _;
use sse_tokio::{Cause, CloseReason, EventSource, Policy, Session, State};
use tokio::time::Instant;

use crate::server::{Head, Piece, Reply, S, Server, answer, chunk, ok};

fn source(script: impl IntoIterator<Item = Reply>) -> EventSource<Server> {
    let policy = Policy::default().with_jitter_percent(0);
    EventSource::new(Server::new(script), Session::subscribe(policy, 1).with_max_event_bytes(20))
}

/// A state in a word or two.
fn name(state: &State<Head>) -> String {
    match state {
        State::Connecting { attempt, .. } => format!("connecting {attempt}"),
        State::Open { head, .. } => format!("open {}", head.status),
        State::Waiting { until, cause, .. } => format!("waiting {:?}: {cause}", until.duration_since(Instant::now())),
        State::Closed { reason, .. } => format!("closed: {reason}"),
        state => format!("{state:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn the_state_at_each_time_and_what_has_been_counted() {
    let large = chunk("data: more than twenty bytes of it\n\n");
    let mut source =
        source([ok([chunk("id: 1\ndata: a\n\n"), chunk(":\ndata: b\n\n"), large, Piece::Pause(S)]), answer(404, [])]);
    let monitor = source.monitor();
    let mut seen = vec![name(&monitor.state())];
    let mut states = monitor.states();
    let looks = tokio::spawn(async move {
        let mut seen = Vec::new();
        while let Some(state) = states.next().await {
            seen.push(name(&state));
            if let State::Waiting { .. } = state {
                // What happens while nobody looks is skipped, but for the last of it.
                tokio::time::sleep(10 * S).await;
            }
        }
        seen
    });
    while let Some(item) = source.next().await {
        seen.push(name(&monitor.state()));
        tokio::task::yield_now().await;
        if item.is_err() {
            break;
        }
    }
    let end = "closed: the server answered with status 404";
    assert_eq!(seen, ["connecting 0", "open 200", "open 200", end]);
    let looks = looks.await.unwrap();
    // The task was first polled when it was open.
    assert_eq!(looks, ["open 200", "waiting 3s: the server ended the stream", end]);
    let counters = monitor.counters();
    assert_eq!((counters.attempts, counters.opened, counters.lost), (2, 1, 2));
    assert_eq!((counters.events, counters.dropped, counters.bytes), (2, 1, 15 + 11 + 36));
    assert!(source.next().await.is_none());
    assert_eq!(monitor.counters(), counters);
}

#[tokio::test(start_paused = true)]
async fn to_drop_it_is_to_close_it() {
    let mut source = source([ok([chunk("data: a\n\n"), Piece::Hang])]);
    source.next().await.unwrap().unwrap();
    // Also for who comes late.
    let monitor = source.monitor();
    assert_eq!(name(&monitor.state()), "open 200");
    assert_eq!(monitor.counters().events, 0);
    let mut states = monitor.states();
    drop(source);
    assert_eq!(name(&states.next().await.unwrap()), "closed: closed on request");
    assert!(states.next().await.is_none());
    assert_eq!(monitor.counters().lost, 0);
}

#[tokio::test(start_paused = true)]
async fn a_closed_one_is_closed() {
    let mut source = source([answer(204, [])]);
    assert!(source.next().await.is_none());
    let state = source.monitor().state();
    assert!(matches!(state, State::Closed { reason: CloseReason::NoContent, .. }), "{state:?}");
}

#[tokio::test(start_paused = true)]
async fn updates_are_counted_too_and_all_monitors_show_the_same() {
    let source = source([ok([chunk(": x\ndata: a\n\n")]), answer(500, [])]);
    let mut updates = source.updates();
    let (one, other) = (updates.monitor(), updates.monitor());
    for _ in 0..6 {
        updates.next().await.unwrap().unwrap();
        assert_eq!(name(&one.state()), name(&other.clone().state()));
        assert_eq!(one.counters(), other.counters());
    }
    assert!(matches!(one.state(), State::Connecting { attempt: 2, .. }), "{:?}", one.state());
    updates.next().await.unwrap().unwrap();
    let State::Waiting { cause: Cause::Status { status: 500, .. }, .. } = one.state() else {
        panic!("{:?}", one.state());
    };
    assert_eq!((one.counters().attempts, one.counters().lost, one.counters().events), (2, 2, 1));
    updates.close();
    assert!(matches!(one.state(), State::Closed { reason: CloseReason::Requested, .. }));
}
