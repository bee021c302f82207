//! How it ends when it was not meant to.

use std::error::Error as _;

use futures_util::StreamExt as _;
use sse_tokio::{Cause, Error, EventSource, Failure, Limit, Policy, RetriedStatuses};
use tokio::time::Instant;

use crate::server::{Head, Piece, Reply, Reset, S, Server, answer, chunk, ok};

type Ended = Error<Head, Reset>;

async fn end(source: &mut EventSource<Server>) -> Ended {
    let error = source.next().await.unwrap().unwrap_err();
    // It is the last item, and nothing is left open.
    assert!(source.next().await.is_none());
    assert!(!source.close_reason().unwrap().is_proper());
    error
}

#[tokio::test(start_paused = true)]
async fn a_refusal_comes_with_the_beginning_of_its_body() {
    let long = "x".repeat(40_000);
    let long: &'static str = long.leak();
    for (pieces, expected) in [
        (vec![chunk("no such "), chunk("stream")], "no such stream".to_owned()),
        (vec![chunk(long), chunk(long), Piece::Hang], "x".repeat(64 * 1024)),
        (vec![chunk("half"), Piece::Fail], "half".to_owned()),
        (vec![], String::new()),
    ] {
        let server = Server::new([answer(404, pieces)]);
        let mut source = EventSource::subscribe(server.clone(), Policy::default());
        let start = Instant::now();
        let error = end(&mut source).await;
        assert!(start.elapsed() < S, "what is wanted is there: {:?}", start.elapsed());
        assert_eq!(error.to_string(), "the server answered with status 404");
        assert_eq!(error.failure().head().unwrap().status, 404);
        assert_eq!(error.failure().body().unwrap(), expected.as_bytes());
        assert_eq!((server.open(), server.requests().len()), (0, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_explanation_is_not_awaited_for_long() {
    let server = Server::new([answer(403, [chunk("because"), Piece::Hang])]);
    let mut source = EventSource::subscribe(server, Policy::default());
    let start = Instant::now();
    let error = end(&mut source).await;
    assert_eq!(error.failure().body().unwrap(), "because");
    assert!(start.elapsed() >= 2 * S && start.elapsed() < 3 * S);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_type_is_named() {
    let head = Head { content_type: "text/html", ..Head::default() };
    let server = Server::new([Reply::Answer(head, vec![chunk("<p>Hello")])]);
    let error = end(&mut EventSource::once(server)).await;
    assert!(error.to_string().contains("\"text/html\""), "{error}");
    assert!(matches!(error.failure().cause(), Cause::ContentType(_)));
    assert_eq!(error.failure().body().unwrap(), "<p>Hello");
}

#[tokio::test(start_paused = true)]
async fn errors_of_the_library_are_sources() {
    let server = Server::new([Reply::Refuse(Reset { futile: true, unsent: false })]);
    let error = end(&mut EventSource::subscribe(server.clone(), Policy::default())).await;
    assert_eq!(error.failure().cause(), &Cause::Futile);
    assert_eq!(error.source().unwrap().to_string(), "connection reset by peer");
    assert_eq!(server.requests().len(), 1);

    let server = Server::new([ok([chunk("data: half"), Piece::Fail])]);
    let error = end(&mut EventSource::once(server)).await;
    assert_eq!(error.failure().cause(), &Cause::Transport);
    assert_eq!(error.source().unwrap().to_string(), "connection reset by peer");
}

#[tokio::test(start_paused = true)]
async fn giving_up_says_which_limit_and_why() {
    let script =
        [Reply::Refuse(Reset { futile: false, unsent: false }), answer(500, []), answer(500, [chunk("on fire")])];
    let server = Server::new(script);
    let mut source = EventSource::subscribe(server.clone(), Policy::default().with_max_failures(3));
    let error = end(&mut source).await;
    assert_eq!(error.to_string(), "gave up (too many failures in a row)");
    assert_eq!(error.source().unwrap().to_string(), "the server answered with status 500");
    assert_eq!(error.limit(), Some(Limit::Failures));
    let Failure::Response { body, .. } = error.into_failure() else { panic!("no response") };
    assert_eq!(body, "on fire");
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_last_connection_allowed_is_an_error() {
    let server = Server::new([ok([chunk("data: a\n\n")])]);
    let mut source = EventSource::subscribe(server, Policy::default().with_max_reconnects(0));
    assert_eq!(source.next().await.unwrap().unwrap().data(), "a");
    let error = end(&mut source).await;
    assert!(matches!(error.failure(), Failure::Lost(Cause::EndOfStream)), "{error:?}");
    assert_eq!(error.limit(), Some(Limit::Reconnects));
}

#[tokio::test(start_paused = true)]
async fn like_browsers() {
    let server = Server::new([ok([chunk("data: a\n\n")]), answer(502, [])]);
    let policy = Policy::default().with_retried_statuses(RetriedStatuses::None);
    let mut source = EventSource::subscribe(server.clone(), policy);
    source.next().await.unwrap().unwrap();
    end(&mut source).await;
    assert_eq!(server.requests().len(), 2);
}
