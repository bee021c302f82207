//! Deadlines and waits, on the paused clock.

use std::future::poll_fn;
use std::time::Duration;

use futures_util::StreamExt as _;
use sse_tokio::{Cause, Deadlines, EventSource, Failure, Policy, Session, Update};
use tokio::time::{Instant, advance, timeout};

use crate::server::{Head, MS, Piece, Reply, S, Server, chunk, ok};

fn subscribe(server: &Server, deadlines: Deadlines) -> EventSource<Server> {
    let policy = Policy::default().with_jitter_percent(0);
    EventSource::new(server.clone(), Session::subscribe(policy, 1).with_deadlines(deadlines))
}

/// The time from the beginning to the first wait, and what led to it.
async fn first_loss(source: EventSource<Server>) -> (Duration, Cause) {
    let start = Instant::now();
    let mut updates = source.updates();
    loop {
        match updates.next().await.unwrap().unwrap() {
            Update::Waiting { failure, until, .. } => {
                assert!(matches!(failure, Failure::Lost(_)));
                assert_eq!(until.duration_since(Instant::now()).as_millis().div_ceil(100), 30);
                return (start.elapsed(), failure.cause().clone());
            }
            _ => continue,
        }
    }
}

fn about(time: Duration) -> std::ops::Range<Duration> {
    time..time + 10 * MS
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_come() {
    let server = Server::new([Reply::Hang]);
    let (after, cause) = first_loss(subscribe(&server, Deadlines::NONE.with_head(5 * S))).await;
    assert_eq!(cause, Cause::Timeout(sse_client::Timeout::Head));
    assert!(about(5 * S).contains(&after), "{after:?}");
    assert_eq!(server.open(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_moves_with_each_chunk() {
    let pieces = [Piece::Pause(4 * S), chunk(":"), Piece::Pause(4 * S), chunk("\n"), Piece::Hang];
    let server = Server::new([ok(pieces)]);
    let (after, cause) = first_loss(subscribe(&server, Deadlines::NONE.with_byte_idle(5 * S))).await;
    assert_eq!(cause, Cause::Timeout(sse_client::Timeout::ByteIdle));
    assert!(about(13 * S).contains(&after), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_is_not_held_up_by_a_deadline_set_before() {
    let server = Server::new([ok([Piece::Pause(S), chunk("data: a\n\n"), Piece::Pause(S)])]);
    let mut source = subscribe(&server, Deadlines::NONE.with_byte_idle(60 * S));
    assert!(source.next().await.is_some());
    assert!(source.next().await.is_none());
    assert!(about(5 * S).contains(&server.requests()[1].0), "{:?}", server.requests());
}

#[tokio::test(start_paused = true)]
async fn comments_do_not_move_the_deadline_of_events() {
    let pieces = [Piece::Pause(4 * S), chunk(":\n"), Piece::Pause(4 * S), chunk(":\n"), Piece::Hang];
    let server = Server::new([ok(pieces)]);
    let (after, cause) = first_loss(subscribe(&server, Deadlines::NONE.with_event_idle(5 * S))).await;
    assert_eq!(cause, Cause::Timeout(sse_client::Timeout::EventIdle));
    assert!(about(5 * S).contains(&after), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_consumer_is_no_silent_server() {
    let pieces = [chunk("data: a\n\n"), chunk("data: b\n\ndata: c\n\n"), chunk("data: d\n\n"), Piece::Hang];
    let server = Server::new([ok(pieces)]);
    let mut source = subscribe(&server, Deadlines::NONE.with_byte_idle(5 * S).with_event_idle(5 * S));
    for expected in ["a", "b", "c", "d"] {
        assert_eq!(source.next().await.unwrap().unwrap().data(), expected);
        advance(60 * S).await;
    }
    assert_eq!(server.requests().len(), 1);
}

/// An HTTP library reads on when it is asked to, and not before: the bytes are there, but not at the first poll.
#[tokio::test(start_paused = true)]
async fn what_comes_while_the_consumer_is_away_is_waited_for() {
    let piece = |data: &'static str| [Piece::Pause(S), chunk(data)];
    let pieces = ["data: a\n\n", "data: b\n\ndata: c\n\n:\n", "data: d\n\n"].map(piece);
    let server = Server::new([ok(pieces.into_iter().flatten().chain([Piece::Hang]))]);
    let mut source = subscribe(&server, Deadlines::NONE.with_byte_idle(5 * S).with_event_idle(5 * S));
    for expected in ["a", "b", "c", "d"] {
        assert_eq!(source.next().await.unwrap().unwrap().data(), expected);
        advance(60 * S).await;
    }
    assert_eq!(server.requests().len(), 1);
    // From here on it is the server that is silent.
    let waiting = Instant::now();
    assert!(source.next().await.is_none());
    assert!(about((5 + 3) * S).contains(&waiting.elapsed()), "{:?}", server.requests());
}

/// The clock goes on while it is not being polled: in another branch of a `select!`.
#[tokio::test(start_paused = true)]
async fn what_is_here_after_a_long_absence_is_taken_before_the_deadline() {
    let pieces = [Piece::Pause(S), chunk(":\n"), Piece::Pause(MS), chunk("data: here\n\n"), Piece::Hang];
    let server = Server::new([ok(pieces)]);
    let mut source = subscribe(&server, Deadlines::NONE.with_event_idle(30 * S));
    assert!(timeout(Duration::ZERO, source.next()).await.is_err());
    advance(40 * S).await;
    assert_eq!(source.next().await.unwrap().unwrap().data(), "here");
    assert_eq!(server.requests().len(), 1);
}

/// The same where each of many comments is a chunk of its own, and what is waited for is behind them.
#[tokio::test(start_paused = true)]
async fn and_however_much_is_here() {
    for comments in [1, 9, 1000] {
        let mut pieces = vec![chunk("data: 1\n\n"), Piece::Pause(S)];
        pieces.extend(vec![chunk(":\n"); comments]);
        pieces.extend([chunk("data: 2\n\n"), Piece::Hang]);
        let server = Server::new([ok(pieces)]);
        let session = Session::once().with_deadlines(Deadlines::NONE.with_event_idle(30 * S));
        let mut source = EventSource::new(server, session);
        assert_eq!(source.next().await.unwrap().unwrap().data(), "1");
        assert!(timeout(Duration::ZERO, source.next()).await.is_err());
        advance(40 * S).await;
        assert_eq!(source.next().await.unwrap().unwrap().data(), "2", "behind {comments} comments");
    }
}

#[tokio::test(start_paused = true)]
async fn who_looks_at_an_attempt_for_long_takes_no_time_from_it() {
    let session = Session::once().with_deadlines(Deadlines::NONE.with_head(5 * S));
    let mut updates = EventSource::new(Server::new([Reply::Hang]), session).updates();
    assert!(matches!(updates.next().await, Some(Ok(Update::Connecting { .. }))));
    advance(6 * S).await;
    let start = Instant::now();
    assert!(updates.next().await.unwrap().is_err());
    assert!(about(5 * S).contains(&start.elapsed()), "{:?}", start.elapsed());
}

/// Always ready, so that no timer is ever looked at.
fn endless(text: &'static str) -> Reply {
    Reply::Answer(Head::default(), vec![Piece::Chunk(text.as_bytes().into()); 10_000])
}

#[tokio::test(start_paused = true)]
async fn all_of_it_takes_too_long_however_lively_it_is() {
    let server = Server::new([endless("data: a\n\n")]);
    let mut source = EventSource::new(server.clone(), Session::once().with_deadlines(Deadlines::NONE.with_total(S)));
    let mut events = 0;
    let error = loop {
        match source.next().await.unwrap() {
            Ok(_) => events += 1,
            Err(error) => break error,
        }
        advance(100 * MS).await;
    };
    assert_eq!(error.failure().cause(), &Cause::Timeout(sse_client::Timeout::Total));
    assert!((10..=11).contains(&events), "{events}");
}

#[tokio::test(start_paused = true)]
async fn no_flood_hides_that_there_are_no_events() {
    let once = || Session::once().with_deadlines(Deadlines::NONE.with_event_idle(S));
    for text in [":\n", "retry: 5\n"] {
        let mut updates = EventSource::new(Server::new([endless(text)]), once()).updates();
        let error = loop {
            match updates.next().await.unwrap() {
                Ok(_) => advance(100 * MS).await,
                Err(error) => break error,
            }
        };
        assert_eq!(error.failure().cause(), &Cause::Timeout(sse_client::Timeout::EventIdle), "{text:?}");
    }
}

/// A task without tokio's budget.
#[tokio::test(start_paused = true)]
async fn a_flood_that_says_nothing_leaves_room_for_others() {
    let mut source = EventSource::new(Server::new([endless(":\n")]), Session::once());
    let mut polls = 0;
    tokio::task::unconstrained(poll_fn(|cx| {
        polls += 1;
        source.poll_next_unpin(cx)
    }))
    .await;
    assert!(polls > 100, "{polls}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_without_end_is_one() {
    let server = Server::new([ok([chunk("retry: 99999999999999999999\n")])]);
    let mut source = subscribe(&server, Deadlines::default());
    let ten_years = 10 * 365 * 24 * 3600 * S;
    assert!(timeout(ten_years, source.next()).await.is_err());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_servers_and_users_call_endless_is() {
    let year = 365 * 24 * 3600 * S;
    for endless in [Duration::MAX, Duration::from_secs(u64::MAX), Duration::from_secs(i64::MAX as u64)] {
        let server = Server::new([ok([chunk("data: a\n\n"), Piece::Hang])]);
        let mut source = subscribe(&server, Deadlines::NONE.with_byte_idle(endless).with_head(endless));
        assert!(source.next().await.is_some());
        assert!(timeout(2 * year, source.next()).await.is_err());
        assert_eq!(server.requests().len(), 1);
    }
    let head = Head { status: 503, retry_after: Some("99999999999999999999"), ..Head::default() };
    let server = Server::new([Reply::Answer(head, vec![])]);
    let mut source = subscribe(&server, Deadlines::default());
    assert!(timeout(2 * year, source.next()).await.is_err());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn jitter_differs_between_sources() {
    let mut waits = Vec::new();
    for _ in 0..20 {
        let server = Server::new([ok([])]);
        let mut source = EventSource::subscribe(server.clone(), Policy::default());
        assert!(source.next().await.is_none());
        waits.push(server.requests()[1].0);
    }
    assert!(waits.iter().all(|&wait| wait >= 3 * S && wait <= 4600 * MS), "{waits:?}");
    waits.sort();
    waits.dedup();
    assert!(waits.len() > 10, "{waits:?}");
}
