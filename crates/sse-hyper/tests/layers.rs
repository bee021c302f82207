//! Layers around the client: a cookie jar, and a stack of somebody else's.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

mod support;

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{HeaderValue, Request};
use http_body_util::Full;
use sse_hyper::{Connector, HttpClient, Policy};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::ServiceBuilder;

const NO_CONTENT: &str = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

fn stream(fields: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{fields}Connection: close\r\n\r\n{body}")
}

fn quick() -> Policy {
    Policy::default().with_reconnection_time(Duration::from_millis(10)).with_max_backoff(Duration::from_millis(50))
}

/// Gives these answers in order, one on each connection, and then what it was asked, in lower case.
async fn serve(answers: impl FnOnce(u16) -> Vec<String>) -> (u16, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let answers = answers(port);
    let served = tokio::spawn(async move {
        let mut requests = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                assert_ne!(stream.read_buf(&mut head).await.unwrap(), 0, "a whole request");
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
            requests.push(String::from_utf8(head).unwrap().to_lowercase());
        }
        requests
    });
    (port, served)
}

#[tokio::test]
async fn a_stack_of_layers() {
    let (port, served) = serve(|_| vec![stream("", "id: 1\ndata: a\n\n"), NO_CONTENT.into()]).await;
    let client = ServiceBuilder::new()
        .concurrency_limit(1)
        .map_request(|mut request: Request<Full<Bytes>>| {
            request.headers_mut().insert("x-asked-by", HeaderValue::from_static("test"));
            request
        })
        .service(HttpClient::platform());
    let url = format!("http://127.0.0.1:{port}/");
    let mut source = Connector::get(&url).unwrap().with_service(client).subscribe(quick());
    assert_eq!(support::next(&mut source).await.data(), "a");
    assert!(source.next().await.is_none());
    let requests = served.await.unwrap();
    assert!(requests.iter().all(|request| request.contains("x-asked-by: test")), "{requests:?}");
    assert!(requests[1].contains("last-event-id: 1"), "{requests:?}");
}

#[cfg(feature = "cookies")]
mod cookies {
    use super::*;
    use sse_hyper::Cookies;

    fn cookie(request: &str) -> Option<&str> {
        request.lines().find_map(|line| line.strip_prefix("cookie: "))
    }

    #[tokio::test]
    async fn are_sent_at_reconnections() {
        let (port, served) = serve(|_| {
            vec![
                stream(
                    "Set-Cookie: session=1; HttpOnly\r\nSet-Cookie: b=2; Path=/events\r\nSet-Cookie: c=3; Path=/other\r\n\
                     Set-Cookie: nonsense\r\nSet-Cookie: e=5; Domain=example.org\r\n",
                    "data: a\n\n",
                ),
                stream("Set-Cookie: session=; Max-Age=0\r\n", "data: b\n\n"),
                NO_CONTENT.into(),
            ]
        })
        .await;
        let client = Cookies::new(HttpClient::platform());
        let url = format!("http://127.0.0.1:{port}/events/now");
        let source = Connector::get(&url).unwrap().with_service(client).subscribe(quick());
        assert_eq!(support::events(source).await, ["a", "b"]);
        let requests = served.await.unwrap();
        assert_eq!(cookie(&requests[0]), None);
        let mut second: Vec<_> = cookie(&requests[1]).unwrap().split("; ").collect();
        second.sort_unstable();
        assert_eq!(second, ["b=2", "session=1"]);
        assert_eq!(cookie(&requests[2]), Some("b=2"));
    }

    #[tokio::test]
    async fn follow_redirects_and_stay_at_home() {
        let (other_port, other) = serve(|_| vec![NO_CONTENT.into()]).await;
        let (port, served) = serve(|port| {
            let moved = |to: String| {
                format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nSet-Cookie: login=1\r\nConnection: close\r\n\r\n")
            };
            vec![moved(format!("http://127.0.0.1:{port}/next")), moved(format!("http://localhost:{other_port}/"))]
        })
        .await;
        let url = format!("http://127.0.0.1:{port}/");
        let client = Cookies::new(HttpClient::platform());
        let source = Connector::get(&url).unwrap().with_service(client).subscribe(quick());
        assert!(support::events(source).await.is_empty());
        let requests = served.await.unwrap();
        assert_eq!((cookie(&requests[0]), cookie(&requests[1])), (None, Some("login=1")));
        assert_eq!(cookie(&other.await.unwrap()[0]), None);
    }

    #[tokio::test]
    async fn the_callers_own_field_counts() {
        let (port, served) = serve(|_| vec![stream("Set-Cookie: a=1\r\n", ""), NO_CONTENT.into()]).await;
        let request = Request::get(format!("http://127.0.0.1:{port}/")).header("cookie", "mine=1");
        let connector = Connector::new(request.body(Bytes::new()).unwrap()).unwrap();
        let client = Cookies::new(HttpClient::platform());
        assert!(!format!("{client:?}").contains("mine"));
        assert!(support::events(connector.with_service(client).subscribe(quick())).await.is_empty());
        for request in served.await.unwrap() {
            assert_eq!(cookie(&request), Some("mine=1"));
        }
    }
}
