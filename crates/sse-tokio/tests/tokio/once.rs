//! One response: silence, and what may be sent again.

use std::time::Duration;

use futures_util::StreamExt as _;
use sse_tokio::{
    Cause, CloseReason, Deadlines, Error, EventSource, Failure, Limit, Policy, Retries, Session, Timeout, Update,
};
use tokio::time::Instant;

use crate::server::{Head, Piece, Reply, Reset, S, Server, answer, chunk, ok};

fn with_retries(server: &Server, retries: Retries) -> EventSource<Server> {
    let policy = Policy::default().with_jitter_percent(0).with_max_failures(4);
    EventSource::new(server.clone(), Session::once_with_retries(retries, policy, 1))
}

/// What a model that thinks sends: first an event, then comments for ever.
fn thinking() -> Reply {
    let comments = (0..100).flat_map(|_| [Piece::Pause(4 * S), chunk(": thinking\n")]);
    ok([chunk("data: a\n\n")].into_iter().chain(comments))
}

async fn silence(deadlines: Deadlines) -> (Duration, Error<Head, Reset>) {
    let server = Server::new([thinking()]);
    let mut source = EventSource::once(server.clone()).with_deadlines(deadlines);
    assert_eq!(source.next().await.unwrap().unwrap().data(), "a");
    let start = Instant::now();
    let error = source.next().await.unwrap().unwrap_err();
    assert_eq!((server.open(), server.requests().len()), (0, 1));
    (start.elapsed(), error)
}

#[tokio::test(start_paused = true)]
async fn comments_feed_the_deadline_of_bytes_and_not_that_of_events() {
    let (after, error) = silence(Deadlines::NONE.with_byte_idle(5 * S).with_event_idle(60 * S)).await;
    assert!(matches!(error.failure(), Failure::Lost(Cause::Timeout(Timeout::EventIdle))), "{error:?}");
    assert_eq!(error.limit(), None);
    assert_eq!(after.as_secs(), 60);
    let (after, error) = silence(Deadlines::NONE.with_byte_idle(3 * S).with_event_idle(60 * S)).await;
    assert!(matches!(error.failure(), Failure::Lost(Cause::Timeout(Timeout::ByteIdle))), "{error:?}");
    assert_eq!(error.limit(), None);
    assert_eq!(after.as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_refused_request_is_sent_again_when_the_server_says() {
    let busy = |status, retry_after| Reply::Answer(Head { status, retry_after, ..Head::default() }, vec![Piece::Hang]);
    let server = Server::new([
        Reply::Refuse(Reset { futile: false, unsent: true }),
        busy(429, Some("20")),
        busy(503, None),
        ok([chunk("data: a\n\n")]),
    ]);
    let mut updates = with_retries(&server, Retries::Refused).updates();
    let (mut waits, mut events) = (0, Vec::new());
    while let Some(update) = updates.next().await {
        match update.unwrap() {
            Update::Waiting { .. } => waits += 1,
            Update::Event(event) => events.push(event.data().to_owned()),
            _ => {}
        }
    }
    assert_eq!((waits, events), (3, vec!["a".to_owned()]));
    let times: Vec<_> = server.requests().iter().map(|(at, _)| at.as_secs()).collect();
    assert_eq!(times, [0, 3, 23, 35]);
    assert_eq!(updates.close_reason(), Some(&CloseReason::EndOfStream));
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_done_is_not_done_again() {
    for reply in [
        Reply::Refuse(Reset { futile: false, unsent: false }),
        answer(500, []),
        ok([chunk(": thinking\n"), Piece::Fail]),
        ok([chunk("data: a\n\n"), Piece::Fail]),
    ] {
        for retries in [Retries::Refused, Retries::Unanswered] {
            let server = Server::new([reply.clone(), ok([chunk("data: b\n\n")])]);
            let items: Vec<_> = with_retries(&server, retries).collect().await;
            let began = matches!(items.first(), Some(Ok(event)) if event.data() == "a");
            let is_retried = retries == Retries::Unanswered && !began;
            assert_eq!(
                (items.iter().any(Result::is_err), server.requests().len()),
                match is_retried {
                    true => (false, 2),
                    false => (true, 1),
                }
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_refusal_can_be_read() {
    let server = Server::new([429, 429, 429, 429].map(|status| answer(status, [chunk("slow down")])));
    let mut source = with_retries(&server, Retries::Refused);
    let error = source.next().await.unwrap().unwrap_err();
    assert_eq!((error.limit(), &**error.failure().body().unwrap()), (Some(Limit::Failures), &b"slow down"[..]));
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn dropping_it_cancels_whatever_goes_on() {
    for (reply, opens) in [(Reply::Hang, 1), (ok([Piece::Hang]), 1), (answer(503, [Piece::Hang]), 0)] {
        let server = Server::new([reply]);
        let mut source = with_retries(&server, Retries::Refused);
        assert!(tokio::time::timeout(S, source.next()).await.is_err());
        assert_eq!(server.open(), opens);
        drop(source);
        assert_eq!(server.open(), 0);
        tokio::time::sleep(60 * S).await;
        assert_eq!(server.requests().len(), 1);
    }
}
