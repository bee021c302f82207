//! Content codings, undone as they stream: gzip always, brotli and zstd by their features.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::mpsc;
use std::time::Duration;

use async_compression::Level;
use async_compression::tokio::write::GzipEncoder;
use futures_util::StreamExt as _;
use sse_hyper::{Cause, Connector, EventSource, Failure, HttpError, Policy, Session, Update};
use support::{failure, next};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

const CODINGS: &[&str] = &[
    "gzip",
    #[cfg(feature = "brotli")]
    "br",
    #[cfg(feature = "zstd")]
    "zstd",
];

fn encoder<'a>(coding: &str, to: impl AsyncWrite + Unpin + 'a) -> Pin<Box<dyn AsyncWrite + 'a>> {
    match coding {
        #[cfg(feature = "brotli")]
        "br" => Box::pin(async_compression::tokio::write::BrotliEncoder::with_quality(to, Level::Fastest)),
        #[cfg(feature = "zstd")]
        "zstd" => Box::pin(async_compression::tokio::write::ZstdEncoder::with_quality(to, Level::Fastest)),
        "gzip" => Box::pin(GzipEncoder::with_quality(to, Level::Fastest)),
        other => panic!("{other}"),
    }
}

/// Pieces of text as the compressor gives them away when it is flushed behind each, and its ending.
async fn flushed(coding: &str, texts: &[&str]) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    let mut compressed = Vec::new();
    let mut before = 0;
    // The encoder borrows the vector: measured on a copy that is made anew for each number of texts.
    for count in 1..=texts.len() {
        compressed.clear();
        let mut encoder = encoder(coding, &mut compressed);
        for text in &texts[..count] {
            encoder.write_all(text.as_bytes()).await.unwrap();
            encoder.flush().await.unwrap();
        }
        drop(encoder);
        pieces.push(compressed[before..].to_vec());
        before = compressed.len();
    }
    compressed.clear();
    let mut encoder = encoder(coding, &mut compressed);
    for text in texts {
        encoder.write_all(text.as_bytes()).await.unwrap();
        encoder.flush().await.unwrap();
    }
    encoder.shutdown().await.unwrap();
    drop(encoder);
    pieces.push(compressed.split_off(before));
    pieces
}

async fn compressed(coding: &str, text: &str) -> Vec<u8> {
    let mut compressed = Vec::new();
    let mut encoder = encoder(coding, &mut compressed);
    encoder.write_all(text.as_bytes()).await.unwrap();
    encoder.shutdown().await.unwrap();
    drop(encoder);
    compressed
}

/// Sends a response of these pieces in a coding that it was asked for.
fn serve(coding: &'static str, pieces: Vec<Vec<u8>>) -> (String, mpsc::Sender<()>) {
    assert!(CODINGS.contains(&coding));
    respond(coding, pieces)
}

/// Sends a response of these pieces, each when it is asked for, and closes the connection. In a thread of its own, so
/// that what it allocates is not the client's.
fn respond(coding: &'static str, pieces: Vec<Vec<u8>>) -> (String, mpsc::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (more, wanted) = mpsc::channel();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        assert!(head.contains(&format!("\r\naccept-encoding: {}\r\n", CODINGS.join(", "))), "{head}");
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: {coding}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        for piece in pieces {
            // The client may have had enough.
            if wanted.recv().is_err() || stream.write_all(&piece).is_err() {
                return;
            }
        }
    });
    (url, more)
}

fn once(url: &str) -> EventSource<Connector> {
    EventSource::once(Connector::get(url).unwrap())
}

/// What was read of a body, and how it failed.
async fn broken(coding: &'static str, body: Vec<u8>) -> (Vec<String>, HttpError) {
    let (url, more) = serve(coding, vec![body]);
    more.send(()).unwrap();
    let (events, error) = tokio::time::timeout(Duration::from_secs(20), failure(once(&url))).await.unwrap();
    match (error.limit(), error.into_failure()) {
        (None, Failure::Transport { source, .. }) => (events, source),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_flushed_block_is_an_event_at_once() {
    for coding in CODINGS {
        // Small ones, and ones that fill the decoder's buffers more than once.
        let texts: Vec<_> =
            (0..8).map(|n| format!("data: {n} {}\n\n", "0123456789abcdef".repeat(4000 * (n % 2)))).collect();
        let texts: Vec<_> = texts.iter().map(String::as_str).collect();
        let (url, more) = serve(coding, flushed(coding, &texts).await);
        let mut source = once(&url);
        for n in 0..8 {
            // Nothing more comes before this event has been seen: whoever holds it back waits for ever.
            more.send(()).unwrap();
            let event = next(&mut source).await;
            assert_eq!(event.data().len(), 2 + 64000 * (n % 2), "{coding}");
            assert_eq!(event.data().split(' ').next(), Some(&*n.to_string()), "{coding}");
        }
        more.send(()).unwrap();
        let end = source.next().await;
        assert!(end.is_none(), "{coding}: {end:?}");
    }
}

#[tokio::test]
async fn several_members_are_one_body() {
    // A brotli stream has an end and nothing may follow it.
    for coding in CODINGS.iter().filter(|coding| **coding != "br") {
        let mut pieces = Vec::new();
        for n in 0..3 {
            pieces.push(compressed(coding, &format!("data: {n}\n\n")).await);
        }
        let (url, more) = serve(coding, pieces);
        let mut source = once(&url);
        for n in 0..3 {
            more.send(()).unwrap();
            assert_eq!(next(&mut source).await.data(), n.to_string(), "{coding}");
        }
        drop(more);
        assert!(source.next().await.is_none(), "{coding}");
    }
}

#[tokio::test]
async fn a_body_that_is_cut_short_is_lost_and_what_came_before_is_not() {
    for coding in CODINGS {
        let mut pieces = flushed(coding, &["data: 1\n\n", "data: 2\n\n"]).await;
        // Without the ending, which is where a server dies that has just sent an event.
        pieces.pop();
        let (events, error) = broken(coding, pieces.concat()).await;
        assert_eq!(events, ["1", "2"], "{coding}");
        assert!(matches!(error, HttpError::Lost(_)) && format!("{error:?}").contains(coding), "{error:?}");
    }
}

#[tokio::test]
async fn a_body_that_is_something_else_is_the_servers_error() {
    for coding in CODINGS {
        for wrong in ["data: plain\n\n".repeat(100).into_bytes(), vec![0xff; 1000]] {
            let (_, error) = broken(coding, wrong).await;
            match &error {
                HttpError::Coding { coding: named, .. } => assert_eq!(named, coding),
                other => panic!("{coding}: {other:?}"),
            }
            assert!(error.to_string().contains(coding), "{error}");
        }
    }
    // One byte of an otherwise proper body.
    for coding in CODINGS {
        let mut body = compressed(coding, &"data: some text to be compressed, with numbers 123\n\n".repeat(50)).await;
        let middle = body.len() / 2;
        body[middle] ^= 0x55;
        let (url, more) = serve(coding, vec![body]);
        more.send(()).unwrap();
        drop(more);
        let mut source = once(&url);
        // Brotli has no checksum: what comes of it may be another text, but never a panic.
        while let Ok(Some(_)) = tokio::time::timeout(Duration::from_secs(20), source.next()).await {}
    }
}

#[tokio::test]
async fn a_coding_that_was_not_asked_for_is_an_error_that_names_it() {
    let unasked = [
        "compress",
        "gzip, br",
        "identity\r\nContent-Encoding: gzip",
        #[cfg(not(feature = "brotli"))]
        "br",
        #[cfg(not(feature = "zstd"))]
        "zstd",
    ];
    for coding in unasked {
        let (url, more) = respond(coding, vec![b"\x1f\x9d\x90d\xc2\xd1".to_vec()]);
        more.send(()).unwrap();
        drop(more);
        // A source that reconnects: it would do so for ever.
        let source = Connector::get(&url).unwrap().subscribe(Policy::default());
        let (events, error) = tokio::time::timeout(Duration::from_secs(20), failure(source)).await.unwrap();
        assert!(events.is_empty());
        let Failure::Response { cause: Cause::ContentCoding(named), head, .. } = error.failure() else {
            panic!("{coding}: {error:?}");
        };
        assert_eq!(named.value(), coding.replace("\r\nContent-Encoding:", ","));
        assert_eq!(head.headers["content-encoding"], named.value());
        assert!(error.to_string().contains(named.value()) && error.to_string().contains("feature"), "{error}");
    }
    // What names no coding says nothing.
    for none in ["identity", "none", "utf-8"] {
        let (url, more) = respond(none, vec![b"data: a\n\n".to_vec()]);
        more.send(()).unwrap();
        assert_eq!(next(&mut once(&url)).await.data(), "a", "{none}");
    }
}

#[test]
fn what_grows_without_end_is_held_by_its_window_alone() {
    const GROWN: usize = 32 << 20;
    for coding in CODINGS {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let body = runtime.block_on(compressed(coding, &format!("data: {}\n\ndata: small\n\n", "x".repeat(GROWN))));
        assert!(body.len() < GROWN / 100, "{} bytes", body.len());
        let (url, more) = serve(coding, vec![body]);
        more.send(()).unwrap();
        let mut dropped = 0;
        let used = allocation_counter::measure(|| {
            runtime.block_on(async {
                let session = Session::once().with_max_event_bytes(64 * 1024);
                let mut updates = Connector::get(&url).unwrap().with_session(session).updates();
                while let Some(update) = updates.next().await {
                    match update.unwrap() {
                        Update::Dropped(_) => dropped += 1,
                        Update::Event(event) => assert_eq!(event.data(), "small"),
                        _ => {}
                    }
                }
            });
        });
        assert_eq!(dropped, 1, "{coding}");
        assert!(used.bytes_max < 8 << 20, "{coding}: {} bytes at a time", used.bytes_max);
    }
}

#[cfg(feature = "zstd")]
#[tokio::test]
async fn a_zstd_window_over_8_mib_is_refused() {
    use async_compression::tokio::write::ZstdEncoder;
    use async_compression::zstd::CParameter;
    for (log, accepted) in [(23, true), (24, false), (27, false)] {
        let mut body = Vec::new();
        let mut encoder =
            ZstdEncoder::with_quality_and_params(&mut body, Level::Fastest, &[CParameter::window_log(log)]);
        encoder.write_all(b"data: 1\n\n").await.unwrap();
        encoder.flush().await.unwrap();
        let (_, error) = broken("zstd", body).await;
        match error {
            HttpError::Lost(_) => assert!(accepted, "{log}"),
            HttpError::Coding { coding: "zstd", .. } => assert!(!accepted, "{log}: {error:?}"),
            other => panic!("{log}: {other:?}"),
        }
    }
}
