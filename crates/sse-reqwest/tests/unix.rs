//! The client's Unix socket.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

mod support;

use futures_util::StreamExt as _;
use sse_reqwest::{Cause, Connector, Failure, HttpError};
use support::{HEAD, NO_CONTENT, builder, failure, next, quick};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;

async fn answer(listener: &UnixListener, response: &str) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0, "a whole request");
    }
    stream.write_all(response.as_bytes()).await.unwrap();
    String::from_utf8(request).unwrap().to_lowercase()
}

#[tokio::test]
async fn events_come_over_a_unix_socket_and_are_resumed() {
    let path = std::env::temp_dir().join(format!("sse-reqwest-{}", std::process::id()));
    let _ = std::fs::remove_file(&path); // left by a run that failed, if there is one
    let connector = |path: &std::path::Path| {
        let client = builder().unix_socket(path.to_owned()).build().unwrap();
        Connector::new(client.get("http://example.org/events?a=b")).unwrap()
    };
    // Nobody is there: who misbehaved is known, and it is tried again.
    let (seen, error) = failure(connector(&path).subscribe(quick().with_max_failures(2))).await;
    assert!(seen.is_empty());
    match (error.limit(), error.into_failure()) {
        (Some(_), Failure::Transport { cause: Cause::Transport, source, .. }) => {
            assert!(matches!(source, HttpError::Connect(_)), "{source:?}");
        }
        other => panic!("{other:?}"),
    }

    let listener = UnixListener::bind(&path).unwrap();
    let mut source = connector(&path).subscribe(quick());
    let server = tokio::spawn(async move {
        let first = answer(&listener, &format!("{HEAD}id: 7\ndata: a\n\ndata: unfinished\n")).await;
        (first, answer(&listener, NO_CONTENT).await)
    });
    assert_eq!(next(&mut source).await.data(), "a");
    assert!(source.next().await.is_none());
    let (first, second) = server.await.unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(
        first.starts_with("get /events?a=b http/1.1\r\n") && first.contains("\r\nhost: example.org\r\n"),
        "{first}"
    );
    assert!(!first.contains("last-event-id") && second.contains("\r\nlast-event-id: 7\r\n"), "{second}");
}
