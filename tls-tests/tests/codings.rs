//! The content codings that reqwest undoes, each as a server flushes it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

#[path = "../../crates/sse-reqwest/tests/support/mod.rs"]
mod support;
mod trust;

use std::pin::Pin;

use async_compression::tokio::write::{BrotliEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
use futures_util::StreamExt as _;
use sse_reqwest::RequestBuilderExt as _;
use support::{HEAD, NO_CONTENT, accept, answer, listen, next, quick};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use trust::with_cryptography;

const CODINGS: [&str; 4] = ["gzip", "br", "zstd", "deflate"];

fn encoder(coding: &str, stream: TcpStream) -> Pin<Box<dyn AsyncWrite + Send>> {
    match coding {
        "gzip" => Box::pin(GzipEncoder::new(stream)),
        "br" => Box::pin(BrotliEncoder::new(stream)),
        "zstd" => Box::pin(ZstdEncoder::new(stream)),
        // By its name the format of zlib: what is called so in HTTP is no bare deflate.
        "deflate" => Box::pin(ZlibEncoder::new(stream)),
        other => panic!("{other}"),
    }
}

/// The next block is sent only when the one before has been seen: whoever holds an event back waits for ever. In the
/// middle of one the connection breaks.
#[tokio::test]
async fn a_flushed_block_is_an_event_at_once_and_what_breaks_off_is_resumed() {
    let client = with_cryptography().build().unwrap();
    for coding in CODINGS {
        let (listener, url) = listen().await;
        let (seen, mut wanted) = mpsc::channel::<()>(1);
        let server = tokio::spawn(async move {
            let mut requests = Vec::new();
            for first in [0, 10] {
                let (mut stream, request) = accept(&listener).await;
                requests.push(request);
                let head = HEAD.replace("Connection", &format!("Content-Encoding: {coding}\r\nConnection"));
                stream.write_all(head.as_bytes()).await.unwrap();
                let mut encoder = encoder(coding, stream);
                for n in first..first + 10 {
                    // Small ones, and ones that fill the decoder's buffers more than once.
                    let filler = "0123456789abcdef".repeat(if n % 2 == 0 { 0 } else { 4000 });
                    encoder.write_all(format!("id: {n}\ndata: {n} {filler}\n\n").as_bytes()).await.unwrap();
                    encoder.flush().await.unwrap();
                    wanted.recv().await.unwrap();
                }
                encoder.write_all(b"id: unfinished\ndata: unfinished\n").await.unwrap();
                encoder.flush().await.unwrap();
            }
            requests.push(answer(&listener, NO_CONTENT).await);
            requests
        });
        let mut source = sse_reqwest::Connector::new(client.get(&url)).unwrap().subscribe(quick());
        for n in 0..20 {
            let event = next(&mut source).await;
            assert_eq!(event.data().split(' ').next(), Some(&*n.to_string()), "{coding}");
            assert_eq!(event.data().len(), n.to_string().len() + 1 + 64000 * (n % 2), "{coding}");
            seen.send(()).await.unwrap();
        }
        assert!(source.next().await.is_none(), "{coding}");
        let requests = server.await.unwrap();
        for request in &requests {
            let asked = request.lines().find_map(|line| line.strip_prefix("accept-encoding: ")).expect("it asks");
            assert!(asked.split(',').any(|asked| asked.trim() == coding), "{asked}");
        }
        let id = |request| str::lines(request).find_map(|line| line.strip_prefix("last-event-id: "));
        let ids: Vec<_> = requests.iter().map(|request| id(request)).collect();
        assert_eq!(ids, [None, Some("9"), Some("19")], "{coding}");
    }
}

/// A coding that a server chose on its own, and bytes that are none.
#[tokio::test]
async fn what_is_in_no_coding_is_a_lost_connection() {
    let client = with_cryptography().build().unwrap();
    for coding in CODINGS {
        let (listener, url) = listen().await;
        let head = HEAD.replace("Connection", &format!("Content-Encoding: {coding}\r\nConnection"));
        let source = client.get(&url).once_events();
        let ((seen, error), _) =
            tokio::join!(support::failure(source), answer(&listener, format!("{head}data: in no coding\n\n")));
        assert!(seen.is_empty(), "{coding}: {seen:?}");
        let sse_reqwest::Failure::Transport { source, .. } = error.failure() else { panic!("{coding}: {error:?}") };
        assert!(std::error::Error::source(source).is_some(), "{coding}: {source:?}");
    }
}
