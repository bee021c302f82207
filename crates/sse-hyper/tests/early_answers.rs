//! Servers that answer before they have read the request, and close. On real sockets, also over TLS.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

#[path = "support/by_hand.rs"]
mod by_hand;
mod support;

use std::io::{Read, Write};
use std::net::TcpListener;

use by_hand::serve_by_hand;
use bytes::Bytes;
use http::Request;
use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};
use sse_hyper::{EventSource, Failure, HttpClient, OneResponse, Tls};
use support::failure;

const REFUSAL: &str = r#"{"error": "too much"}"#;

/// Reads a little, answers, and leaves the rest unread, so that closing resets the connection.
fn refuse(stream: &mut (impl Read + Write)) {
    stream.read_exact(&mut [0; 1000]).unwrap();
    let length = REFUSAL.len();
    let head = format!("HTTP/1.1 413 Content Too Large\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all((head + REFUSAL).as_bytes()).unwrap();
    stream.flush().unwrap();
}

/// Uploads more than any buffer on the way holds, again and again: who is first, the answer or the reset, differs.
async fn upload_to(url: &str, client: HttpClient) {
    let upload = Bytes::from(vec![b'u'; 16 * 1024 * 1024]);
    for round in 0..30 {
        let request = Request::post(url).body(upload.clone()).unwrap();
        let source = EventSource::once(OneResponse::from(request).with_service(client.clone()));
        let (_, error) = failure(source).await;
        match (error.limit(), error.into_failure()) {
            (None, Failure::Response { head, body, .. }) => {
                assert_eq!(head.status, 413);
                assert_eq!(body, REFUSAL, "round {round}");
            }
            other => panic!("round {round}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn the_answer_to_an_upload_that_is_refused_is_read() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            refuse(&mut stream.unwrap());
        }
    });
    upload_to(&url, HttpClient::builder().build().unwrap()).await;
}

async fn over_tls(version: &'static SupportedProtocolVersion) {
    let (url, pem) = serve_by_hand(version, |mut stream| {
        // What waits to be sent is lost by a reset: no fault of the client's.
        stream.sock.set_nodelay(true).unwrap();
        refuse(&mut stream);
        stream.conn.send_close_notify();
        stream.flush().unwrap();
    });
    let tls = Tls::new().with_ca_pem(pem.as_bytes()).unwrap();
    upload_to(&url, HttpClient::builder().with_tls(tls).build().unwrap()).await;
}

#[tokio::test]
async fn so_it_is_over_tls_1_3() {
    over_tls(&TLS13).await;
}

#[tokio::test]
async fn so_it_is_over_tls_1_2() {
    over_tls(&TLS12).await;
}
