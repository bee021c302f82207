//! Faults that published clients have, each with the test that would have found it.
//!
//! Against a server in memory, on a virtual clock: hours pass in a moment, and a wait is exact.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

mod support;

use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use sse_hyper::{
    Cause, CloseReason, Connector, Deadlines, EventSource, Failure, Limit, OneResponse, Policy, Session, Update,
};
use support::{Answer, Server, Source, events, failure, open_stream_of, redirect, response, stream_of};
use tokio::time::Instant;

const URL: &str = "http://a.test/stream";

fn subscribe_by(server: &Server, policy: Policy) -> Source {
    Connector::get(URL).unwrap().with_service(server.clone()).subscribe(policy)
}

fn subscribe(server: &Server) -> Source {
    subscribe_by(server, Policy::default())
}

fn refused() -> Answer {
    Answer::Fail(std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into())
}

/// The waits between attempts.
async fn waits(source: Source) -> Vec<Duration> {
    let mut updates = source.updates();
    let mut waits = Vec::new();
    while let Some(update) = updates.next().await {
        if let Ok(Update::Waiting { until, .. }) = update {
            waits.push(until - Instant::now());
        }
    }
    waits
}

#[tokio::test(start_paused = true)]
async fn polling_after_an_http_error_does_not_panic() {
    for status in [400, 404] {
        let mut source = subscribe(&Server::new([response(status, &[], "no")]));
        assert!(source.next().await.unwrap().is_err());
        for _ in 0..3 {
            assert!(source.next().await.is_none());
        }
        assert!(matches!(source.close_reason(), Some(CloseReason::Failed(_))));
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_event_id_lives_on_over_connections_without_one() {
    let server = Server::new([
        stream_of("id: 7\ndata: a\n\n"),
        stream_of("data: b\n\n"),
        refused(),
        stream_of(""),
        response(503, &[], ""),
        stream_of("data: c\n\n"),
    ]);
    assert_eq!(events(subscribe(&server)).await, ["a", "b", "c"]);
    let seven = || Some("7".to_owned());
    assert_eq!(server.field("last-event-id"), [None, seven(), seven(), seven(), seven(), seven(), seven()]);
}

#[tokio::test(start_paused = true)]
async fn an_id_without_data_is_resumed_from() {
    let server = Server::new([stream_of("data: a\n\nid: 8\n\n")]);
    assert_eq!(events(subscribe(&server)).await, ["a"]);
    assert_eq!(server.field("last-event-id"), [None, Some("8".into())]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_without_data_counts() {
    let server = Server::new([stream_of("retry: 40000\n\n")]);
    let policy = Policy::default().with_jitter_percent(0);
    assert_eq!(waits(subscribe_by(&server, policy)).await, [Duration::from_secs(40)]);
}

#[tokio::test(start_paused = true)]
async fn the_id_of_an_unfinished_event_is_not_taken() {
    let server = Server::new([stream_of("id: 1\ndata: a\n\nid: 2\ndata: half"), stream_of("id: 2\ndata: whole\n\n")]);
    assert_eq!(events(subscribe(&server)).await, ["a", "whole"]);
    assert_eq!(server.field("last-event-id"), [None, Some("1".into()), Some("2".into())]);
}

#[tokio::test(start_paused = true)]
async fn no_empty_last_event_id_is_sent() {
    let server = Server::new([stream_of("data: a\n\n"), stream_of("id: 1\n\nid\ndata: b\n\n")]);
    assert_eq!(events(subscribe(&server)).await, ["a", "b"]);
    assert_eq!(server.field("last-event-id"), [None, None, None]);
}

#[tokio::test(start_paused = true)]
async fn an_id_with_a_control_character_does_not_stop_the_client() {
    for id in ["a\u{1}b", "\u{7f}", "\u{1b}[2J"] {
        let server = Server::new([stream_of(&format!("id: {id}\ndata: a\n\n")), stream_of("id: 2\ndata: b\n\n")]);
        let mut unsendable = Vec::new();
        let mut data = Vec::new();
        let mut updates = subscribe(&server).updates();
        while let Some(update) = updates.next().await {
            match update.unwrap() {
                Update::Connecting { unsendable_id, .. } => unsendable.push(unsendable_id),
                Update::Event(event) => data.push(event.data().to_owned()),
                _ => {}
            }
        }
        assert_eq!(data, ["a", "b"]);
        assert_eq!(unsendable, [None, Some(id.to_owned()), None], "it is reported");
        assert_eq!(server.field("last-event-id"), [None, None, Some("2".into())]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_outside_ascii_is_sent_as_utf_8() {
    let server = Server::new([stream_of("id: 前\u{a0}é\ndata: a\n\n")]);
    assert_eq!(events(subscribe(&server)).await, ["a"]);
    assert_eq!(server.field("last-event-id"), [None, Some("前\u{a0}é".into())]);
}

#[tokio::test(start_paused = true)]
async fn no_content_is_the_end() {
    let server = Server::new([stream_of("data: a\n\n"), response(204, &[], ""), stream_of("data: never\n\n")]);
    let mut source = subscribe(&server);
    assert_eq!(source.next().await.unwrap().unwrap().data(), "a");
    assert!(source.next().await.is_none());
    assert_eq!(source.close_reason(), Some(&CloseReason::NoContent));
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn another_content_type_is_refused() {
    for headers in [&[("content-type", "text/html")][..], &[("content-type", "application/json")], &[]] {
        let server = Server::new([response(200, headers, "data: a\n\n"), stream_of("data: b\n\n")]);
        let (data, error) = failure(subscribe(&server)).await;
        assert!(data.is_empty());
        assert!(matches!(error.failure().cause(), Cause::ContentType(_)), "{error:?}");
        assert_eq!(error.failure().body().unwrap(), "data: a\n\n", "the page that came instead");
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn relative_redirects_are_followed() {
    let server = Server::new([redirect(307, "other?x=1"), redirect(302, "/root"), stream_of("data: a\n\n")]);
    assert_eq!(events(subscribe(&server)).await, ["a"]);
    assert_eq!(server.uris()[1..3], ["http://a.test/other?x=1", "http://a.test/root"]);
}

#[tokio::test(start_paused = true)]
async fn a_limit_on_failures_is_kept() {
    let server = Server::new((0..10).map(|_| refused()));
    let (_, error) = failure(subscribe_by(&server, Policy::default().with_max_failures(3))).await;
    assert_eq!(error.limit(), Some(Limit::Failures), "{error:?}");
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_limit_on_reconnections_is_kept() {
    let server = Server::new((0..10).map(|n| stream_of(&format!("data: {n}\n\n"))));
    let (data, error) = failure(subscribe_by(&server, Policy::default().with_max_reconnects(2))).await;
    assert_eq!(data, ["0", "1", "2"]);
    assert_eq!(error.limit(), Some(Limit::Reconnects), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn success_resets_the_count_of_failures() {
    let cycle = |n: u32| [refused(), refused(), stream_of(&format!("data: {n}\n\n"))];
    let server = Server::new((0..4).flat_map(cycle));
    let source = subscribe_by(&server, Policy::default().with_max_failures(3));
    assert_eq!(events(source).await, ["0", "1", "2", "3"]);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_delivered_nothing_resets_nothing() {
    let server = Server::new((0..10).map(|_| stream_of("")));
    let (_, error) = failure(subscribe_by(&server, Policy::default().with_max_failures(4))).await;
    assert_eq!(error.limit(), Some(Limit::Failures), "{error:?}");
    assert_eq!(server.requests().len(), 4);

    let server = Server::new((0..6).map(|_| stream_of(": hello\n\n")));
    let waits = waits(subscribe_by(&server, Policy::default().with_jitter_percent(0))).await;
    assert!(waits.windows(2).all(|pair| pair[0] <= pair[1]) && waits[5] > waits[0] * 8, "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn retry_zero_is_no_busy_loop() {
    let server = Server::new((0..100).map(|_| stream_of("retry: 0\ndata: a\n\n")));
    let began = Instant::now();
    assert_eq!(events(subscribe(&server)).await.len(), 100);
    assert!(began.elapsed() >= Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_absurd_retry_does_not_overflow() {
    for retry in ["18446744073709551615", "99999999999999999999999999"] {
        let server = Server::new([stream_of(&format!("retry: {retry}\ndata: a\n\n"))]);
        let mut source = subscribe(&server);
        assert_eq!(source.next().await.unwrap().unwrap().data(), "a");
        assert!(source.next().now_or_never().is_none(), "it waits");
        assert!(server.requests().len() == 1);
    }
}

#[tokio::test(start_paused = true)]
async fn jitter_spreads_even_the_first_reconnection_and_is_never_early() {
    let mut firsts = Vec::new();
    for _ in 0..50 {
        let server = Server::new([open_and_cut(), refused()]);
        let waits = waits(subscribe(&server)).await;
        assert!(waits.iter().all(|&wait| wait >= Duration::from_secs(3)), "{waits:?}");
        firsts.push(waits[0]);
    }
    firsts.sort();
    assert!(firsts[49] - firsts[0] > Duration::from_millis(500), "{:?}..{:?}", firsts[0], firsts[49]);
}

fn open_and_cut() -> Answer {
    stream_of("id: 1\ndata: a\n\n")
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_heeded() {
    for status in [429, 503] {
        let server = Server::new([response(status, &[("retry-after", "30")], ""), stream_of("data: a\n\n")]);
        let waits = waits(subscribe(&server)).await;
        assert!(waits[0] >= Duration::from_secs(30) && waits[0] <= Duration::from_secs(45), "{waits:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_post_is_not_sent_again() {
    let request = http::Request::post(URL).body("{}".into()).unwrap();
    let server = Server::new([stream_of("data: a\n\n"), stream_of("data: billed twice\n\n")]);
    let source = EventSource::once(OneResponse::from(request).with_service(server.clone()));
    assert_eq!(events(source).await, ["a"]);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn comments_are_signs_of_life() {
    let comments = || {
        let frames = futures_util::stream::unfold(0, |n| async move {
            tokio::time::sleep(Duration::from_secs(10)).await;
            let block = if n < 30 { ": still here\n\n" } else { "data: a\n\n" };
            Some((Ok(http_body::Frame::data(bytes::Bytes::from(block))), n + 1))
        });
        use http_body_util::BodyExt as _;
        support::answer(
            200,
            &[("content-type", "text/event-stream")],
            http_body_util::StreamBody::new(frames).boxed_unsync(),
        )
    };
    let connect = |server: &Server, deadlines| {
        let session = Session::subscribe(Policy::default(), 1).with_deadlines(deadlines);
        Connector::get(URL).unwrap().with_service(server.clone()).with_session(session)
    };
    let twenty = Duration::from_secs(20);
    // For the deadline on bytes they are …
    let server = Server::new([comments()]);
    let mut source = connect(&server, Deadlines::NONE.with_byte_idle(twenty));
    assert_eq!(source.next().await.unwrap().unwrap().data(), "a");
    assert_eq!(server.requests().len(), 1);
    // … and for the one on events they are not.
    let server = Server::new([comments(), stream_of("data: b\n\n")]);
    let mut source = connect(&server, Deadlines::NONE.with_event_idle(twenty));
    assert_eq!(source.next().await.unwrap().unwrap().data(), "b");
}

#[tokio::test(start_paused = true)]
async fn events_of_several_mib_pass() {
    let data = "x".repeat(15 << 20);
    let server = Server::new([stream_of(&format!("data: {data}\n\n"))]);
    let mut source = subscribe(&server);
    assert_eq!(source.next().await.unwrap().unwrap().data().len(), 15 << 20);
}

#[tokio::test(start_paused = true)]
async fn an_endless_event_is_bounded() {
    let server = Server::new([stream_of(&format!("data: {}", "x".repeat(20 << 20))), stream_of("data: a\n\n")]);
    assert_eq!(events(subscribe(&server)).await, ["a"]);
}

#[tokio::test(start_paused = true)]
async fn invalid_utf_8_ends_nothing() {
    let frames = [Ok::<_, sse_hyper::BoxError>(http_body::Frame::data(bytes::Bytes::from_static(
        b"data: \xff\xe2\x82\n\ndata: b\n\n",
    )))];
    use http_body_util::BodyExt as _;
    let body = http_body_util::StreamBody::new(futures_util::stream::iter(frames)).boxed_unsync();
    let server = Server::new([support::answer(200, &[("content-type", "text/event-stream")], body)]);
    assert_eq!(events(subscribe(&server)).await, ["\u{fffd}\u{fffd}", "b"]);
}

#[tokio::test(start_paused = true)]
async fn a_bom_neither_panics_nor_hides_the_first_event() {
    let server = Server::new([stream_of("\u{feff}data: a\n\n"), stream_of("\u{feff}data: b\n\n")]);
    assert_eq!(events(subscribe(&server)).await, ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_a_state_while_it_is_retried() {
    let server = Server::new([refused(), response(500, &[], "oops"), stream_of("data: a\n\n")]);
    let mut updates = subscribe(&server).updates();
    let mut failures = Vec::new();
    while let Some(update) = updates.next().await {
        if let Update::Waiting { failure, .. } = update.unwrap() {
            failures.push(failure);
        }
    }
    assert!(matches!(failures[0], Failure::Transport { .. }));
    assert_eq!(failures[1].head().unwrap().status, 500);
    assert!(matches!(failures[2], Failure::Lost(Cause::EndOfStream)));
}

#[tokio::test(start_paused = true)]
async fn an_open_stream_is_not_given_up_without_a_deadline() {
    let server = Server::new([open_stream_of("data: a\n\n")]);
    let mut source = subscribe(&server);
    source.next().await.unwrap().unwrap();
    let hours = Duration::from_secs(48 * 3600);
    assert!(tokio::time::timeout(hours, source.next()).await.is_err(), "silence is no error");
    assert_eq!(server.requests().len(), 1);
}
