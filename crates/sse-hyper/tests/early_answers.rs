//! Servers that answer before they have read the request, and close. On real sockets, also over TLS.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

mod support;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::ring;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};
use sse_hyper::{Error, EventSource, Failure, HttpClient, OneResponse, Tls};
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
        match failure(source).await.1 {
            Error::Failed(Failure::Response { head, body, .. }) => {
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
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".into()]).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], PrivatePkcs8KeyDer::from(signing_key.serialize_der()).into())
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            // What waits to be sent is lost by a reset: no fault of the client's.
            stream.set_nodelay(true).unwrap();
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            refuse(&mut stream);
            stream.conn.send_close_notify();
            stream.flush().unwrap();
        }
    });
    let tls = Tls::new().with_ca_pem(cert.pem().as_bytes()).unwrap();
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
