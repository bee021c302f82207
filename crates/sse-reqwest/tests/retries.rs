//! What is sent again, on real sockets.

#![allow(clippy::unwrap_used, clippy::panic)] // a test that fails is allowed to panic

use std::time::Duration;

use futures_util::StreamExt as _;
use sse_reqwest::{Connector, Limit, Policy, Retries, Session, Update};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// The redirect is the answer to an order that was placed: what refuses to show it says nothing of the order.
#[tokio::test]
async fn behind_a_redirect_no_post_is_sent_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/order", listener.local_addr().unwrap());
    let (log, mut seen) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let len = stream.read(&mut request).await.unwrap();
            let is_post = request[..len].starts_with(b"POST ");
            log.send(is_post).unwrap();
            let head = if is_post { "303 See Other\r\nLocation: /order/1" } else { "503 Service Unavailable" };
            let answer = format!("HTTP/1.1 {head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let policy = Policy::default().with_reconnection_time(Duration::from_millis(1)).with_max_failures(3);
    let session = Session::once_with_retries(Retries::Refused, policy, 1);
    let mut events = Connector::repeating(client.post(url).body("pay")).unwrap().with_session(session);
    assert!(events.next().await.unwrap().is_err());
    assert!(events.next().await.is_none());
    let seen: Vec<_> = std::iter::from_fn(|| seen.try_recv().ok()).collect();
    assert_eq!(seen, [true, false]);
}

/// In the mode of language models too, `Retry-After` is a floor, and not what a server may have the client wait for ever.
#[tokio::test]
async fn one_response_is_asked_for_again_when_the_server_says() {
    for (limit, waits) in [(300, true), (60, false)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1/chat", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            assert_ne!(stream.read(&mut request).await.unwrap(), 0);
            let answer =
                "HTTP/1.1 429 Slow Down\r\nRetry-After: 120\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlater";
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let policy = Policy::default().with_max_outage(Duration::from_secs(limit));
        let session = Session::once_with_retries(Retries::Refused, policy, 1);
        let began = Instant::now();
        let mut updates = Connector::repeating(client.post(url).body("{}")).unwrap().with_session(session).updates();
        assert!(matches!(updates.next().await, Some(Ok(Update::Connecting { attempt: 1, .. }))));
        match updates.next().await {
            Some(Ok(Update::Waiting { until, .. })) if waits => assert!(until >= began + Duration::from_secs(120)),
            Some(Err(error)) if !waits => {
                assert_eq!(error.limit(), Some(Limit::Outage), "{error:?}");
                assert_eq!(error.failure().body().map(|body| &**body), Some(&b"later"[..]));
            }
            other => panic!("{other:?}"),
        }
    }
}
