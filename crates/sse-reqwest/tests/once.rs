//! One response and never a second request; and what may be repeated.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

mod support;

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http_body_util::StreamBody;
use hyper::body::Frame;
use reqwest::{Body, Method, Response, StatusCode};
use serde_json::json;
use sse_reqwest::{
    Cause, CloseReason, Connector, Deadlines, EventSource, Failure, HttpError, NoRequest, OneResponse,
    RequestBuilderExt as _, RequestError, ResponseExt as _, Session, Timeout,
};
use support::{HEAD, NO_CONTENT, accept, answer, client, events, failure, listen, next, nobody_else, quick};
use tokio::io::AsyncWriteExt as _;

/// A body that is gone when it has been sent.
fn streamed() -> Body {
    Body::wrap(StreamBody::new(stream::iter([Ok::<_, Infallible>(frame(b"{}"))])))
}

fn frame(bytes: &'static [u8]) -> Frame<Bytes> {
    Frame::data(Bytes::from_static(bytes))
}

#[tokio::test]
async fn a_post_is_sent_once_whatever_comes_of_it() {
    for text in [
        format!("{HEAD}data: a\n\n"),
        format!("{HEAD}retry: 1\nid: 1\ndata: a\n\nda"),
        format!("{}data: a\n\n", HEAD.replace("Connection", "Content-Length: 99\r\nConnection")),
        "HTTP/1.1 503 Later\r\nRetry-After: 0\r\nConnection: close\r\n\r\n".to_owned(),
        "HTTP/1.1 429 Slow Down\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nConte".to_owned(),
        String::new(),
    ] {
        for short in [true, false] {
            let (listener, url) = listen().await;
            let request = client().post(&url).body("{}");
            let source = async {
                if short {
                    return Some(request.once_events());
                }
                // What is wrong below HTTP, `send` says itself.
                Some(request.send().await.ok()?.events())
            };
            let client = async {
                let mut source = source.await?;
                while let Some(item) = source.next().await {
                    if let Ok(event) = item {
                        assert_eq!(event.data(), "a");
                    }
                }
                assert!(source.next().await.is_none());
                Some(())
            };
            let (_, request) = tokio::join!(client, answer(&listener, &text));
            assert!(request.starts_with("post / http/1.1\r\n") && request.ends_with("\r\n\r\n{}"), "{request}");
            assert_eq!(request.contains("accept: text/event-stream\r\n"), short, "{request}");
            nobody_else(listener);
        }
    }
}

#[tokio::test]
async fn one_response_is_never_asked_for_again_whoever_drives_it() {
    let (listener, url) = listen().await;
    // A session that reconnects, by mistake.
    let source = EventSource::new(OneResponse::from(client().post(&url).body("{}")), Session::subscribe(quick(), 1));
    let (result, _) = tokio::join!(failure(source), answer(&listener, format!("{HEAD}data: a\n\n")));
    assert_eq!(result.0, ["a"]);
    let error = result.1;
    match (error.limit(), error.into_failure()) {
        (None, Failure::Transport { cause: Cause::Futile, source: HttpError::Request(source), .. }) => {
            assert!(source.is::<NoRequest>() && source.to_string().contains("nothing is sent twice"), "{source}");
        }
        other => panic!("{other:?}"),
    }
    nobody_else(listener);
}

#[tokio::test]
async fn what_must_not_be_repeated_is_refused_before_it_is_sent() {
    let (listener, url) = listen().await;
    let client = client();
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD] {
        match client.request(method.clone(), &url).body("{}").event_source() {
            Err(RequestError::Method { method: refused, .. }) => assert_eq!(refused, method),
            other => panic!("{other:?}"),
        }
    }
    let error = client.post(&url).event_source().unwrap_err().to_string();
    assert!(error.contains("POST") && error.contains("once_events"), "{error}");

    let error = client.get(&url).body(streamed()).event_source().unwrap_err();
    assert!(matches!(error, RequestError::Streamed) && error.to_string().contains("once_events"), "{error}");
    assert!(matches!(Connector::repeating(client.post(&url).body(streamed())), Err(RequestError::Streamed)));

    for request in [client.get("no URL"), client.get(&url).header("a\n", "b")] {
        assert!(matches!(request.event_source(), Err(RequestError::Invalid(_))));
    }
    nobody_else(listener);
}

#[tokio::test]
async fn a_streamed_body_is_sent_once() {
    let (listener, url) = listen().await;
    let source = client().post(&url).header("content-length", "2").body(streamed()).once_events();
    let (seen, request) = tokio::join!(events(source), answer(&listener, format!("{HEAD}data: a\n\n")));
    assert_eq!(seen, ["a"]);
    assert!(request.ends_with("\r\n\r\n{}"), "{request}");
}

#[tokio::test]
async fn a_post_is_repeated_when_told_to() {
    let (listener, url) = listen().await;
    let source = Connector::repeating(client().post(&url).json(&json!({}))).unwrap().subscribe(quick());
    let server = async {
        let first = answer(&listener, format!("{HEAD}id: 1\ndata: a\n\n")).await;
        [first, answer(&listener, NO_CONTENT).await]
    };
    let (seen, requests) = tokio::join!(events(source), server);
    assert_eq!(seen, ["a"]);
    assert!(
        requests.iter().all(|request| request.starts_with("post ") && request.ends_with("\r\n\r\n{}")),
        "{requests:?}"
    );
}

#[tokio::test]
async fn the_servers_explanation_can_be_read() {
    let (listener, url) = listen().await;
    let words = r#"{"error": {"message": "slow down"}}"#;
    let refusal = format!(
        "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nRetry-After: 7\r\nConnection: close\r\n\r\n{words}"
    );
    for short in [true, false] {
        let request = client().post(&url).body("{}");
        let source = async {
            match short {
                true => request.once_events(),
                false => request.send().await.unwrap().events(),
            }
        };
        let ((seen, error), _) = tokio::join!(async { failure(source.await).await }, answer(&listener, &refusal));
        let failure = error.failure();
        let Cause::Status { status: 429, retry_after, .. } = failure.cause() else { panic!("{failure:?}") };
        assert_eq!((seen.len(), *retry_after), (0, Some(Duration::from_secs(7))));
        assert_eq!(failure.head().unwrap().status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(failure.body().unwrap(), words);
    }
}

#[tokio::test]
async fn a_request_that_is_none_is_the_error_of_the_first_item() {
    let (seen, error) = failure(client().post("no URL").once_events()).await;
    assert!(seen.is_empty());
    assert!(matches!(error.failure(), Failure::Transport { source: HttpError::Invalid(_), .. }), "{error:?}");
    assert_eq!(error.limit(), None);
}

#[tokio::test]
async fn nothing_is_sent_before_the_first_poll() {
    let (listener, url) = listen().await;
    let source = client().post(&url).body("{}").once_events();
    tokio::task::yield_now().await;
    drop(source);
    nobody_else(listener);
}

#[tokio::test]
async fn a_response_gives_its_events_as_they_come() {
    let (listener, url) = listen().await;
    let (response, mut stream) = tokio::join!(client().get(&url).send(), async {
        let (mut stream, _) = accept(&listener).await;
        stream.write_all(HEAD.as_bytes()).await.unwrap();
        stream
    });
    let mut source = response.unwrap().events();
    for n in 0..3 {
        stream.write_all(format!("id: {n}\ndata: {n}\n\n: comment\n").as_bytes()).await.unwrap();
        let event = next(&mut source).await;
        assert_eq!((event.data(), event.last_event_id()), (&*n.to_string(), &*n.to_string()));
    }
    assert_eq!(source.head().unwrap().url.as_str(), url);
    stream.shutdown().await.unwrap();
    assert!(source.next().await.is_none());
    assert_eq!(source.close_reason(), Some(&CloseReason::EndOfStream));
}

/// A response in memory.
fn response(status: u16, content_types: &[&str], body: impl Into<Body>) -> Response {
    let mut response = http::Response::builder().status(status);
    for content_type in content_types {
        response = response.header("content-type", *content_type);
    }
    response.body(body.into()).unwrap().into()
}

#[tokio::test(start_paused = true)]
async fn statuses_and_types_are_the_sessions_rules() {
    const BODY: &str = "data: a\n\n";
    let stream = "text/event-stream";
    assert_eq!(events(response(200, &[stream], BODY).events()).await, ["a"]);
    assert_eq!(events(response(200, &["text/plain", stream], BODY).events()).await, ["a"], "the last one counts");
    assert!(events(response(204, &[], "").events()).await.is_empty());
    for (status, types) in
        [(201, &[stream][..]), (500, &[stream]), (404, &[]), (200, &[]), (200, &[stream, "text/plain"])]
    {
        let (seen, error) = failure(response(status, types, BODY).events()).await;
        assert!(seen.is_empty(), "{status} {types:?}");
        assert!(matches!(error.failure(), Failure::Response { .. }), "{error:?}");
        assert_eq!(error.failure().body().unwrap(), BODY);
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_model_is_given_up() {
    let first = Ok::<_, Infallible>(frame(b"data: a\n\n"));
    let comments = stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Some((Ok(frame(b": still here\n")), ()))
    });
    let endless = Body::wrap(StreamBody::new(Box::pin(stream::iter([first]).chain(comments))));
    let session = Session::once().with_deadlines(Deadlines::NONE.with_event_idle(Duration::from_secs(30)));
    let mut source = EventSource::new(OneResponse::from(response(200, &["text/event-stream"], endless)), session);
    let began = tokio::time::Instant::now();
    assert_eq!(source.next().await.unwrap().unwrap().data(), "a");
    let error = source.next().await.unwrap().unwrap_err();
    assert!(matches!(error.failure(), Failure::Lost(Cause::Timeout(Timeout::EventIdle))), "{error:?}");
    assert_eq!(error.limit(), None);
    assert_eq!(began.elapsed().as_secs(), 30);
}
