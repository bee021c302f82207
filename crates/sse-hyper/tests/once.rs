//! One response and never a second request; and what may be repeated. On real sockets.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

mod support;

use std::io::ErrorKind;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use sse_hyper::{
    Cause, Connector, EventSource, Failure, HttpClient, HttpError, NoRequest, OneResponse, Policy, Session,
};
use support::{events, failure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const STREAM: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\nid: 1\ndata: a\n\n";

fn request(method: Method, url: &str) -> Request<Bytes> {
    Request::builder().method(method).uri(url).body(Bytes::from("{}")).unwrap()
}

fn quick() -> Policy {
    Policy::default().with_reconnection_time(Duration::from_millis(10)).with_max_backoff(Duration::from_millis(50))
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    (listener, url)
}

/// Answers one request and gives it, in lower case.
async fn answer(listener: &TcpListener, response: &str) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n{}") {
        assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0, "a whole request");
    }
    stream.write_all(response.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    String::from_utf8(request).unwrap().to_lowercase()
}

/// Nobody has connected since the last `answer`.
fn nobody_else(listener: TcpListener) {
    let listener = listener.into_std().unwrap();
    listener.set_nonblocking(true).unwrap();
    let waiting = listener.accept();
    assert_eq!(waiting.map(|_| "a connection").map_err(|error| error.kind()), Err(ErrorKind::WouldBlock));
}

#[tokio::test]
async fn what_must_not_be_repeated_is_refused_before_it_is_sent() {
    let (listener, url) = listen().await;
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD] {
        match Connector::new(request(method.clone(), &url)) {
            Err(HttpError::Method { method: refused, .. }) => assert_eq!(refused, method),
            other => panic!("{other:?}"),
        }
    }
    let error = Connector::new(request(Method::POST, &url)).unwrap_err().to_string();
    assert!(error.contains("POST") && error.contains("OneResponse") && error.contains("repeating"), "{error}");
    nobody_else(listener);
}

#[tokio::test]
async fn a_post_is_repeated_when_told_to() {
    let (listener, url) = listen().await;
    let source = Connector::repeating(request(Method::POST, &url)).unwrap().subscribe(quick());
    let server = async {
        let first = answer(&listener, STREAM).await;
        [first, answer(&listener, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await]
    };
    let (seen, requests) = tokio::join!(events(source), server);
    assert_eq!(seen, ["a"]);
    assert!(requests.iter().all(|request| request.starts_with("post / ")), "{requests:?}");
    assert!(requests[1].contains("last-event-id: 1\r\n"), "{requests:?}");
}

#[tokio::test]
async fn one_response_is_never_asked_for_again_whoever_drives_it() {
    for text in [STREAM, "HTTP/1.1 503 Later\r\nRetry-After: 0\r\nConnection: close\r\n\r\n", ""] {
        let (listener, url) = listen().await;
        // A session that reconnects, by mistake.
        let response = OneResponse::from(request(Method::POST, &url)).with_service(HttpClient::platform());
        let source = EventSource::new(response, Session::subscribe(quick(), 1));
        let ((seen, error), sent) = tokio::join!(failure(source), answer(&listener, text));
        assert_eq!(seen.len(), usize::from(text == STREAM));
        assert!(sent.contains("accept: text/event-stream\r\n"), "{sent}");
        match (error.limit(), error.into_failure()) {
            (None, Failure::Transport { cause: Cause::Futile, source: HttpError::Request(source), .. }) => {
                assert!(source.is::<NoRequest>() && source.to_string().contains("nothing is sent twice"), "{source}");
            }
            other => panic!("{other:?}"),
        }
        nobody_else(listener);
    }
}

#[tokio::test]
async fn a_request_that_is_none_is_the_error_of_the_first_item() {
    for uri in ["/no-host", "ftp://127.0.0.1/"] {
        let (seen, error) = failure(EventSource::once(OneResponse::from(request(Method::POST, uri)))).await;
        assert!(seen.is_empty());
        assert!(matches!(error.failure(), Failure::Transport { source: HttpError::Url { .. }, .. }), "{error:?}");
        assert_eq!(error.limit(), None);
    }
}
