//! What is sent again, on real sockets.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::time::Duration;

use futures_util::StreamExt as _;
use sse_reqwest::{Connector, Policy, Retries, Session};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

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
