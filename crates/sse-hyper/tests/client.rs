//! The client against a server in memory, on a virtual clock.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

mod support;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::Request;
use http_body_util::Full;
use sse_hyper::{
    Cause, CloseReason, Connector, Deadlines, EventSource, Failure, HttpError, NoRequest, OneResponse, Policy,
    RedirectError, Retries, Session, Update,
};
use support::{
    Answer, ClientUpdate, Server, Source, events, failure, next, open_stream_of, redirect, response, stream_of,
};
use tokio::time::Instant;

const URL: &str = "http://a.test/stream";

fn subscribe(server: &Server) -> Source {
    Connector::get(URL).unwrap().with_service(server.clone()).subscribe(Policy::default())
}

fn once(server: &Server, request: Request<Bytes>) -> EventSource<OneResponse<Server>> {
    EventSource::once(OneResponse::from(request).with_service(server.clone()))
}

fn post(url: &str) -> Request<Bytes> {
    Request::post(url)
        .header("authorization", "Bearer t")
        .header("content-type", "application/json")
        .body(Bytes::from_static(b"{}"))
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_fields_of_a_request() {
    let server = Server::new([stream_of("id: 1\n\n")]);
    assert!(events(subscribe(&server)).await.is_empty());
    assert_eq!(server.field("accept"), [Some("text/event-stream".into()), Some("text/event-stream".into())]);
    assert_eq!(server.field("cache-control")[0].as_deref(), Some("no-cache"));
    let mut codings = vec!["gzip"];
    codings.extend(cfg!(feature = "brotli").then_some("br"));
    codings.extend(cfg!(feature = "zstd").then_some("zstd"));
    assert_eq!(server.field("accept-encoding")[0], Some(codings.join(", ")));
    assert_eq!(server.field("last-event-id"), [None, Some("1".into())]);
}

#[tokio::test(start_paused = true)]
async fn the_callers_fields_are_kept() {
    let server = Server::new([stream_of("id: 1\n\n")]);
    let request = Request::get(URL)
        .header("accept", "application/json, text/event-stream")
        .header("cache-control", "no-store")
        .header("accept-encoding", "identity")
        .header("last-event-id", "0")
        .body(Bytes::new())
        .unwrap();
    let source = Connector::new(request).unwrap().with_service(server.clone()).subscribe(Policy::default());
    assert!(events(source).await.is_empty());
    assert_eq!(server.field("accept")[1].as_deref(), Some("application/json, text/event-stream"));
    assert_eq!(server.field("cache-control")[1].as_deref(), Some("no-store"));
    assert_eq!(server.field("accept-encoding")[1].as_deref(), Some("identity"));
    // But the resume point is the stream's own as soon as there is one.
    assert_eq!(server.field("last-event-id"), [Some("0".into()), Some("1".into())]);
}

#[tokio::test(start_paused = true)]
async fn resumes_from_where_another_process_stopped() {
    let server = Server::new([]);
    let session = Session::subscribe(Policy::default(), 1).with_last_event_id("41").unwrap();
    let source = Connector::get(URL).unwrap().with_service(server.clone()).with_session(session);
    assert!(events(source).await.is_empty());
    assert_eq!(server.field("last-event-id"), [Some("41".into())]);
}

#[tokio::test(start_paused = true)]
async fn urls_as_browsers_read_them() {
    for (url, requested) in [
        ("http://a.test", "http://a.test/"),
        (" HTTP://A.test:80/a b?c d#e ", "http://a.test/a%20b?c%20d"),
        ("https://ü.test/€", "https://xn--tda.test/%E2%82%AC"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
    ] {
        let server = Server::new([]);
        let source = Connector::get(url).unwrap().with_service(server.clone()).subscribe(Policy::default());
        assert!(events(source).await.is_empty());
        assert_eq!(server.uris(), [requested], "{url}");
    }
    for url in ["", "/stream", "a.test/stream", "ftp://a.test/", "http://", "file:///x", "data:,x"] {
        assert!(matches!(Connector::get(url), Err(HttpError::Url { .. })), "{url}");
    }
    let secret = Connector::get("htp://user:secret@a.test/?token=secret").unwrap_err().to_string();
    assert!(!secret.contains("secret"), "{secret}");
}

#[tokio::test(start_paused = true)]
async fn user_and_password_of_the_url() {
    let server = Server::new([redirect(302, "http://b.test/")]);
    let source = Connector::get("http://us%C3%A9r:p%40ss@a.test/").unwrap().with_service(server.clone());
    assert!(events(source.subscribe(Policy::default())).await.is_empty());
    assert_eq!(server.uris(), ["http://a.test/", "http://b.test/"]);
    // printf 'usér:p@ss' | base64
    assert_eq!(server.field("authorization"), [Some("Basic dXPDqXI6cEBzcw==".into()), None]);
    assert!(server.requests()[0].headers()["authorization"].is_sensitive(), "for the logs of layers below");
}

#[tokio::test(start_paused = true)]
async fn a_fresh_token_on_each_attempt() {
    let server = Server::new([stream_of("id: 1\ndata: a\n\n"), response(503, &[], ""), stream_of("data: b\n\n")]);
    let made = Arc::new(AtomicU32::new(0));
    let connector = Connector::with_requests({
        let made = Arc::clone(&made);
        move |last_event_id| {
            let token = made.fetch_add(1, Ordering::Relaxed);
            let request = Request::get(format!("{URL}?after={}", last_event_id.unwrap_or("none")));
            async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok(request.header("authorization", format!("Bearer {token}")).body(Bytes::new())?)
            }
        }
    });
    let source = connector.with_service(server.clone()).subscribe(Policy::default());
    assert_eq!(events(source).await, ["a", "b"]);
    let tokens: Vec<_> = (0..4).map(|token| Some(format!("Bearer {token}"))).collect();
    assert_eq!(server.field("authorization"), tokens);
    assert_eq!(server.uris()[0], "http://a.test/stream?after=none");
    assert_eq!(server.uris()[3], "http://a.test/stream?after=1");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_cannot_be_had_is_retried() {
    let server = Server::new([stream_of("data: a\n\n")]);
    let made = Arc::new(AtomicU32::new(0));
    let connector = Connector::with_requests({
        let made = Arc::clone(&made);
        move |_| {
            let first = made.fetch_add(1, Ordering::Relaxed) == 0;
            async move {
                if first {
                    return Err("no token today".into());
                }
                Ok(Request::get(URL).body(Bytes::new())?)
            }
        }
    });
    let mut updates = connector.with_service(server.clone()).subscribe(Policy::default()).updates();
    let (_, waiting) = (updates.next().await, updates.next().await.unwrap().unwrap());
    match waiting {
        Update::Waiting { failure: Failure::Transport { source: HttpError::Request(error), .. }, .. } => {
            assert_eq!(error.to_string(), "no token today");
        }
        other => panic!("{other:?}"),
    }
    while let Some(update) = updates.next().await {
        update.unwrap();
    }
    assert_eq!((server.requests().len(), updates.close_reason()), (2, Some(&CloseReason::NoContent)));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_can_never_be_sent_is_not_retried() {
    let server = Server::new([]);
    let connector = Connector::with_requests(|_| async { Ok(Request::get("/relative").body(Bytes::new())?) });
    let (_, error) = failure(connector.with_service(server.clone()).subscribe(Policy::default())).await;
    assert!(
        matches!(error.failure(), Failure::Transport { cause: Cause::Futile, source: HttpError::Url { .. }, .. }),
        "{error:?}"
    );
    assert!(server.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn once_sends_once() {
    for answer in [
        stream_of("data: a\n\n"),
        stream_of(""),
        response(503, &[("retry-after", "1")], ""),
        Answer::Fail("broken".into()),
        redirect(302, ""),
    ] {
        let server = Server::new([answer, stream_of("data: again\n\n")]);
        let mut source = once(&server, post(URL));
        while let Some(item) = source.next().await {
            if let Ok(event) = item {
                assert_eq!(event.data(), "a");
            }
        }
        let requests = server.requests();
        assert_eq!(requests.len(), 1);
        assert_eq!((requests[0].method().as_str(), &requests[0].body()[..]), ("POST", &b"{}"[..]));
        assert_eq!(requests[0].headers()["content-type"], "application/json");
    }
}

#[tokio::test(start_paused = true)]
async fn once_goes_where_the_server_says() {
    let server = Server::new([redirect(308, "/b"), redirect(307, "http://b.test/c"), stream_of("data: a\n\n")]);
    assert_eq!(events(once(&server, post(URL))).await, ["a"]);
    let requests = server.requests();
    assert_eq!(server.uris(), [URL, "http://a.test/b", "http://b.test/c"]);
    for request in &requests {
        assert_eq!((request.method().as_str(), &request.body()[..]), ("POST", &b"{}"[..]));
    }
    assert_eq!(server.field("authorization"), [Some("Bearer t".into()), Some("Bearer t".into()), None]);

    let server = Server::new([response(421, &[], ""), stream_of("data: a\n\n")]);
    assert_eq!(events(once(&server, post(URL))).await, ["a"]);
    assert_eq!(&server.requests()[1].body()[..], b"{}");
}

#[tokio::test(start_paused = true)]
async fn a_redirected_post_is_remembered_as_the_get_it_became() {
    let server = Server::new([redirect(303, "http://b.test/answer"), stream_of("data: a\n\n")]);
    let source = Connector::repeating(post(URL)).unwrap().with_service(server.clone()).subscribe(Policy::default());
    assert_eq!(events(source).await, ["a"]);
    assert_eq!(server.uris(), [URL, "http://b.test/answer", "http://b.test/answer"]);
    let last = &server.requests()[2];
    assert_eq!((last.method().as_str(), last.body().len()), ("GET", 0));
    assert!(!last.headers().contains_key("authorization"), "nor are credentials sent there later");
}

#[tokio::test(start_paused = true)]
async fn a_redirected_address_that_is_gone_is_given_up_after_three_attempts() {
    let gone = || Answer::Fail(io::Error::from(io::ErrorKind::ConnectionRefused).into());
    let mut answers = vec![redirect(302, "http://b.test/"), stream_of("id: 1\ndata: a\n\n")];
    answers.extend([gone(), gone(), response(503, &[], "")]);
    answers.extend([redirect(302, "http://c.test/"), stream_of("data: b\n\n")]);
    let server = Server::new(answers);
    assert_eq!(events(subscribe(&server)).await, ["a", "b"]);
    let (b, c) = ("http://b.test/", "http://c.test/");
    assert_eq!(server.uris(), [URL, b, b, b, b, URL, c, c]);
}

#[tokio::test(start_paused = true)]
async fn a_redirect_is_remembered_for_the_address_that_it_was_for() {
    let server = Server::new([redirect(302, "http://b.test/"), stream_of("id: 1\ndata: a\n\n")]);
    let connector = Connector::with_requests(|last_event_id| {
        let url = format!("{URL}/{}", last_event_id.unwrap_or("0"));
        async { Ok(Request::get(url).body(Bytes::new())?) }
    });
    assert_eq!(events(connector.with_service(server.clone()).subscribe(Policy::default())).await, ["a"]);
    assert_eq!(server.uris(), ["http://a.test/stream/0", "http://b.test/", "http://a.test/stream/1"]);
}

/// The redirect may be the answer to what was done: an order that was placed.
#[tokio::test(start_paused = true)]
async fn behind_a_redirect_no_post_is_sent_again() {
    let refused = || Answer::Fail(io::Error::from(io::ErrorKind::ConnectionRefused).into());
    for last in [refused(), response(503, &[], "")] {
        let server = Server::new([redirect(303, "http://a.test/order/1"), last, stream_of("data: a\n\n")]);
        let post = Request::post(URL).body(Bytes::from("order")).unwrap();
        let session = Session::once_with_retries(Retries::Refused, Policy::default(), 1);
        let connector = Connector::repeating(post).unwrap().with_service(server.clone());
        assert!(connector.with_session(session).next().await.unwrap().is_err());
        let methods: Vec<_> = server.requests().iter().map(|request| request.method().clone()).collect();
        assert_eq!(methods, ["POST", "GET"]);
    }
    // Before it, it is.
    let server = Server::new([response(503, &[], ""), stream_of("data: a\n\n")]);
    let post = Request::post(URL).body(Bytes::from("order")).unwrap();
    let session = Session::once_with_retries(Retries::Refused, Policy::default(), 1);
    let connector = Connector::repeating(post).unwrap().with_service(server.clone());
    assert_eq!(events(connector.with_session(session)).await, ["a"]);
}

#[tokio::test(start_paused = true)]
async fn who_has_no_request_any_more_ends_it() {
    let server = Server::new([stream_of("data: a\n\n")]);
    let mut calls = 0;
    let connector = Connector::with_requests(move |_| {
        calls += 1;
        let is_first = calls == 1;
        async move {
            if is_first {
                Ok(Request::get(URL).body(Bytes::new())?)
            } else {
                Err(NoRequest::new("once is enough").into())
            }
        }
    });
    let mut source = connector.with_service(server.clone()).subscribe(Policy::default());
    assert_eq!(source.next().await.unwrap().unwrap().data(), "a");
    let error = source.next().await.unwrap().unwrap_err();
    assert!(matches!(error.failure().cause(), Cause::Futile), "{error:?}");
    assert!(format!("{:?}", error.failure()).contains("once is enough"));
    // Whatever is around it.
    let connector = Connector::with_requests(|_| {
        let wrapped = io::Error::other(NoRequest::new("the token was revoked"));
        std::future::ready(Err::<Request<Bytes>, _>(wrapped.into()))
    });
    let (_, error) = failure(connector.subscribe(Policy::default())).await;
    assert!(matches!(error.failure().cause(), Cause::Futile), "{error:?}");
    assert!(source.next().await.is_none());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_redirect_that_must_not_be_followed_is_the_end() {
    for (location, expected) in [
        ("ftp://a.test/", RedirectError::Scheme { scheme: "ftp".into() }),
        ("http://me:secret@b.test/", RedirectError::Credentials),
        ("http://", RedirectError::InvalidLocation { location: "http://".into() }),
    ] {
        let server = Server::new([redirect(302, location), stream_of("data: a\n\n")]);
        let (_, error) = failure(subscribe(&server)).await;
        match error.failure() {
            Failure::Transport { cause: Cause::Futile, source: HttpError::Redirect(error), .. } => {
                assert_eq!(error, &expected);
                assert!(!error.to_string().contains("secret"));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_response_head_can_be_read() {
    let headers = [("content-type", "text/event-stream"), ("x-model", "m-1")];
    let server = Server::new([response(200, &headers, "data: a\n\n")]);
    let mut source = subscribe(&server);
    assert!(source.head().is_none());
    source.next().await.unwrap().unwrap();
    assert_eq!(source.head().unwrap().headers["x-model"], "m-1");

    let server = Server::new([response(200, &headers, "data: a\n\n")]);
    let mut updates = subscribe(&server).updates();
    updates.next().await;
    match updates.next().await {
        Some(Ok(Update::Open(head))) => assert_eq!(head.headers["x-model"], "m-1"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn the_servers_explanation_can_be_read() {
    for length in [0, 5, 65_535, 65_536, 65_537, 1_000_000] {
        let body = "x".repeat(length);
        let server = Server::new([response(403, &[("x-reason", "quota")], &body)]);
        let (_, error) = failure(subscribe(&server)).await;
        let failure = error.failure();
        assert!(matches!(failure.cause(), Cause::Status { status: 403, .. }), "{failure:?}");
        assert_eq!(failure.head().unwrap().headers["x-reason"], "quota");
        assert_eq!(failure.body().unwrap(), &body.as_bytes()[..length.min(65_536)]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_explanation_that_never_ends_is_not_awaited() {
    let Answer::Response(mut endless) = open_stream_of("no, because") else { unreachable!() };
    *endless.status_mut() = http::StatusCode::FORBIDDEN;
    let server = Server::new([Answer::Response(endless)]);
    let began = Instant::now();
    let (_, error) = failure(subscribe(&server)).await;
    assert_eq!(error.failure().body().unwrap(), "no, because");
    assert!(began.elapsed() <= Duration::from_secs(3), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_slow_head_is_given_up_and_tried_again() {
    let server = Server::new([Answer::Silence, stream_of("data: a\n\n")]);
    let deadlines = Deadlines::NONE.with_head(Duration::from_secs(10));
    let session = Session::subscribe(Policy::default(), 1).with_deadlines(deadlines);
    let source = Connector::get(URL).unwrap().with_service(server.clone()).with_session(session);
    let began = Instant::now();
    assert_eq!(events(source).await, ["a"]);
    assert!(began.elapsed() >= Duration::from_secs(13), "ten, and the reconnection time");
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_is_given_up_and_resumed() {
    let server = Server::new([open_stream_of("id: 1\ndata: a\n\n"), stream_of("data: b\n\n")]);
    let deadlines = Deadlines::default().with_byte_idle(Duration::from_secs(30));
    let session = Session::subscribe(Policy::default(), 1).with_deadlines(deadlines);
    let source = Connector::get(URL).unwrap().with_service(server.clone()).with_session(session);
    assert_eq!(events(source).await, ["a", "b"]);
    assert_eq!(server.field("last-event-id")[1].as_deref(), Some("1"));
}

#[tokio::test(start_paused = true)]
async fn an_event_over_the_bound_is_dropped_alone() {
    let large = format!("data: {}\n\ndata: b\n\n", "x".repeat(2000));
    let server = Server::new([stream_of(&large)]);
    let session = Session::subscribe(Policy::default(), 1).with_max_event_bytes(1000);
    let source = Connector::get(URL).unwrap().with_service(server.clone()).with_session(session);
    let updates: Vec<ClientUpdate> = source.updates().map(Result::unwrap).collect().await;
    let kinds: Vec<_> = updates
        .iter()
        .filter_map(|update| match update {
            Update::Dropped(_) => Some("dropped"),
            Update::Event(event) => Some(event.data()),
            _ => None,
        })
        .collect();
    assert_eq!(kinds, ["dropped", "b"]);
}

#[tokio::test(start_paused = true)]
async fn a_router_in_the_same_process() {
    use axum::Router;
    use axum::http::HeaderMap;
    use axum::routing::get;

    let stream = |headers: HeaderMap| async move {
        match headers.get("last-event-id") {
            None => Ok(([("content-type", "text/event-stream")], "id: 1\ndata: a\n\n")),
            Some(_) => Err(axum::http::StatusCode::NO_CONTENT),
        }
    };
    let router: Router = Router::new().route("/stream", get(stream));
    let source = Connector::get(URL).unwrap().with_service(router).subscribe(Policy::default());
    assert_eq!(events(source).await, ["a"]);
}

#[tokio::test]
async fn events_of_any_body() {
    let body = http_body_util::Full::new(Bytes::from_static(b"data: a\n\ndata: b\n\ndata: unfinished"));
    let events: Vec<_> = sse_hyper::events(body).map(|event| event.unwrap().data().to_string()).collect().await;
    assert_eq!(events, ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn several_lines_of_a_content_type_are_one_list() {
    for (lines, is_event_stream) in [
        (["text/plain", "text/event-stream"], true),
        (["text/event-stream", "nonsense"], true),
        (["text/event-stream", "text/plain"], false),
        // The second inherits the charset of the first.
        (["text/event-stream;charset=latin1", "text/event-stream"], false),
    ] {
        let headers = lines.map(|line| ("content-type", line));
        let server = Server::new([response(200, &headers, "data: a\n\n")]);
        if is_event_stream {
            assert_eq!(events(subscribe(&server)).await, ["a"], "{lines:?}");
        } else {
            let (events, error) = failure(subscribe(&server)).await;
            assert!(
                events.is_empty() && matches!(error.failure().cause(), Cause::ContentType(_)),
                "{lines:?}: {error}"
            );
            assert!(error.to_string().contains(&lines.join(", ")), "{error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn goes_on_from_a_response_that_is_there() {
    let server = Server::new([
        stream_of("id: 1\nretry: 5000\ndata:\n\nid: 2\ndata: a\n\nid: 3\ndata: unfinished"),
        stream_of("id: 3\ndata: b\n\n"),
    ]);
    let call = Request::post(URL).body(Full::from("{}")).unwrap();
    let answer = tower::ServiceExt::oneshot(server.clone(), call).await.unwrap();
    let rest = Connector::get(URL).unwrap().with_service(server.clone());
    let mut source = rest.beginning_with(answer).subscribe(Policy::default());
    let began = Instant::now();
    assert_eq!(next(&mut source).await.data(), "", "a priming event");
    assert_eq!(source.head().unwrap().status, 200);
    assert_eq!(next(&mut source).await.data(), "a");
    assert_eq!(next(&mut source).await.data(), "b");
    assert!(began.elapsed() >= Duration::from_secs(5), "the first response has a say, too");
    assert!(source.next().await.is_none());
    let methods: Vec<_> = server.requests().iter().map(|request| request.method().to_string()).collect();
    assert_eq!(methods, ["POST", "GET", "GET"]);
    assert_eq!(server.field("last-event-id"), [None, Some("2".into()), Some("3".into())]);

    // One that is no event stream is the end of it, and can be read.
    let server = Server::new([response(404, &[("content-type", "text/plain")], "gone")]);
    let answer = tower::ServiceExt::oneshot(server.clone(), Request::post(URL).body(Full::default()).unwrap()).await;
    let rest = Connector::get(URL).unwrap().with_service(server.clone());
    let (_, error) = failure(rest.beginning_with(answer.unwrap()).subscribe(Policy::default())).await;
    assert_eq!(error.failure().body().unwrap(), "gone");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_may_say_by_a_date_when_to_come_back() {
    let (date, later) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:51:37 GMT");
    let never = "Fri, 31 Dec 9999 23:59:59 GMT";
    let year = 365 * 24 * 3600;
    // By the server's clock, or, where it does not say what that is, by ours.
    for (headers, seconds) in [
        (vec![("retry-after", later), ("date", date)], 120..121),
        (vec![("retry-after", never)], 100 * year..u64::MAX),
        (vec![("retry-after", later)], 0..1),
    ] {
        let server = Server::new([response(503, &headers, "")]);
        let policy = Policy::default().with_jitter_percent(0);
        let mut updates = Connector::get(URL).unwrap().with_service(server).subscribe(policy).updates();
        updates.next().await.unwrap().unwrap();
        match updates.next().await {
            Some(Ok(Update::Waiting { failure, .. })) => {
                let Cause::Status { retry_after, .. } = failure.cause() else { panic!("{failure:?}") };
                let asked = retry_after.unwrap().as_secs();
                assert!(seconds.contains(&asked), "{headers:?}: {asked}");
            }
            other => panic!("{other:?}"),
        }
    }
}
