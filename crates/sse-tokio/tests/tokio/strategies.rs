//! Decisions that the user has taken over.

use futures_util::StreamExt as _;
use sse_tokio::{Cause, CloseReason, Decision, EventSource, Lost, Policy, Session, Wait};

use crate::server::{S, Server, answer, chunk, ok};

#[tokio::test(start_paused = true)]
async fn what_follows_a_failure_and_how_long_to_wait() {
    let server = Server::new([answer(401, []), ok([chunk("data: a\n\n")]), answer(401, [])]);
    let policy = Policy::default().with_jitter_percent(0);
    let mut source = EventSource::new(server.clone(), Session::subscribe(policy, 1))
        .with_error_strategy(|lost: &Lost<'_>| match (lost.cause, lost.failures) {
            (Cause::Status { status: 401, .. }, 0) => Decision::Retry,
            _ => lost.default,
        })
        .with_delay_strategy(|wait: &Wait| wait.floor + S);
    assert_eq!(source.next().await.unwrap().unwrap().data(), "a");
    // 204 behind the script.
    assert!(source.next().await.is_none());
    assert_eq!(source.close_reason(), Some(&CloseReason::NoContent));
    let times: Vec<_> = server.requests().iter().map(|(time, _)| time.as_secs()).collect();
    assert_eq!(times, [0, 4, 8, 12]);
}
