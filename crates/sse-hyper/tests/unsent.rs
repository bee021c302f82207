//! Which failures of TLS and of HTTP/2 leave a request undone, so that a `POST` may go again.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

#[path = "support/by_hand.rs"]
mod by_hand;
#[path = "support/secure.rs"]
mod secure;
mod support;

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use by_hand::serve_by_hand;
use bytes::Bytes;
use http::Request;
use rustls::version::{TLS12, TLS13};
use secure::serve;
use sse_hyper::{Connector, EventSource, Failure, HttpClient, HttpError, Policy, Retries, Session, Tls};
use support::{failure, next};

const ATTEMPTS: u32 = 3;

/// A `POST` that goes again as long as the server has not taken it on.
fn post(url: &str, client: HttpClient) -> EventSource<Connector> {
    let policy = Policy::default().with_reconnection_time(Duration::from_millis(10)).with_max_failures(ATTEMPTS);
    let request = Request::post(url).body(Bytes::from("{}")).unwrap();
    let connector = Connector::repeating(request).unwrap().with_service(client);
    connector.with_session(Session::once_with_retries(Retries::Refused, policy, 1))
}

#[tokio::test]
async fn a_failed_handshake_does() {
    for version in [&TLS12, &TLS13] {
        // Nobody vouches for it.
        let server = serve(&[version], &["http/1.1"]).await;
        let (_, error) = failure(post(&server.url, HttpClient::builder().build().unwrap())).await;
        assert!(matches!(error.failure(), Failure::Transport { source: HttpError::Tls(_), .. }), "{error:?}");
        assert!(error.limit().is_some());
        assert_eq!(server.accepted(), ATTEMPTS as usize, "{version:?}");
    }
}

#[tokio::test]
async fn a_stream_that_the_server_refuses_does() {
    let server = serve(&[&TLS13], &["h2"]).await;
    let url = |path| format!("{}{path}", server.url);
    let mut source = post(&url("refused"), server.client());
    assert_eq!(next(&mut source).await.data(), "hello");
    assert_eq!(server.accepted(), 2);

    for (path, accepted) in [("reset", 3), ("over", 4)] {
        let (_, error) = failure(post(&url(path), server.client())).await;
        assert!(matches!(error.failure(), Failure::Transport { source: HttpError::Lost(_), .. }), "{error:?}");
        assert_eq!((error.limit(), server.accepted()), (None, accepted), "{path}");
    }
}

#[tokio::test]
async fn what_breaks_behind_the_handshake_does_not() {
    for version in [&TLS12, &TLS13] {
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        let (url, pem) = serve_by_hand(version, move |mut stream| {
            count.fetch_add(1, Ordering::Relaxed);
            stream.read_exact(&mut [0; 4]).unwrap();
            // A record that nobody can decrypt.
            let mut record = vec![23, 3, 3, 0, 64];
            record.resize(5 + 64, 0);
            stream.sock.write_all(&record).unwrap();
        });
        let tls = Tls::new().with_ca_pem(pem.as_bytes()).unwrap();
        let (_, error) = failure(post(&url, HttpClient::builder().with_tls(tls).build().unwrap())).await;
        assert!(matches!(error.failure(), Failure::Transport { source: HttpError::Lost(_), .. }), "{error:?}");
        assert_eq!(error.limit(), None);
        assert_eq!(accepted.load(Ordering::Relaxed), 1, "{version:?}");
    }
}

/// Nothing was sent to where it leads. But to the first server, which may have carried it out.
#[tokio::test]
async fn what_is_behind_a_redirect_does_not() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            count.fetch_add(1, Ordering::Relaxed);
            let _ = stream.read(&mut [0; 4096]);
            let moved = "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(moved.as_bytes()).unwrap();
        }
    });
    let (_, error) = failure(post(&url, HttpClient::builder().build().unwrap())).await;
    assert!(matches!(error.failure(), Failure::Transport { source: HttpError::Connect(_), .. }), "{error:?}");
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}
