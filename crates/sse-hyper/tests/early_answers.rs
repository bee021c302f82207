//! Servers that answer before they have read the request, and close. On real sockets, also over TLS.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

#[path = "support/by_hand.rs"]
mod by_hand;
mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

use by_hand::serve_by_hand;
use bytes::Bytes;
use http::Request;
use http_body::Body as _;
use http_body_util::{BodyExt as _, Full};
use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};
use sse_hyper::{EventSource, Failure, HttpClient, OneResponse, Tls};
use support::{failure, next};
use tower::ServiceExt as _;

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

/// More than any buffer on the way holds.
const LONG: usize = 32 * 1024 * 1024;

fn request(url: &str) -> Request<Bytes> {
    Request::post(url).body(Bytes::from(vec![b'u'; LONG])).unwrap()
}

/// Serves one connection by `serve`, which gives how much of the request it read. Its URL, and where it is told.
fn serve(serve: impl FnOnce(TcpStream) -> usize + Send + 'static) -> (String, mpsc::Receiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || tell.send(serve(listener.accept().unwrap().0)));
    (url, told)
}

/// The same, with the client's end of it.
fn upload(
    serve_one: impl FnOnce(TcpStream) -> usize + Send + 'static,
) -> (EventSource<OneResponse>, mpsc::Receiver<usize>) {
    let (url, told) = serve(serve_one);
    let client = HttpClient::builder().build().unwrap();
    (EventSource::once(OneResponse::from(request(&url)).with_service(client)), told)
}

/// Reads on behind what `begin` has read, up to the end of the connection or of the upload. Gives how much it was in all.
fn read_all(mut stream: impl Read) -> usize {
    let (mut read, mut buffer) = (1000, vec![0; 1 << 20]);
    while read < LONG {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(bytes) => read += bytes,
        }
    }
    read
}

/// What the server has been told, without a look at the source meanwhile.
async fn heard(told: mpsc::Receiver<usize>) -> usize {
    let heard = tokio::task::spawn_blocking(move || told.recv_timeout(Duration::from_secs(20)));
    heard.await.unwrap().expect("the server is done")
}

fn begin(stream: &mut (impl Read + Write), fields: &str) {
    stream.read_exact(&mut [0; 1000]).unwrap();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{fields}\r\ndata: a\n\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.flush().unwrap();
}

#[tokio::test]
async fn an_upload_goes_on_while_nobody_reads_its_answer() {
    let (mut source, told) = upload(|mut stream| {
        begin(&mut stream, "");
        read_all(stream)
    });
    assert_eq!(next(&mut source).await.data(), "a");
    assert!(heard(told).await >= LONG);
}

#[tokio::test]
async fn and_behind_an_answer_that_is_whole() {
    let (mut source, told) = upload(|mut stream| {
        begin(&mut stream, "Content-Length: 9\r\n");
        read_all(stream)
    });
    assert_eq!(next(&mut source).await.data(), "a");
    assert!(futures_util::StreamExt::next(&mut source).await.is_none());
    drop(source);
    assert!(heard(told).await >= LONG);
}

#[tokio::test]
async fn but_not_for_who_has_gone() {
    let (gone, is_gone) = mpsc::channel();
    let (mut source, told) = upload(move |mut stream| {
        begin(&mut stream, "");
        is_gone.recv_timeout(Duration::from_secs(20)).unwrap();
        read_all(stream)
    });
    assert_eq!(next(&mut source).await.data(), "a");
    drop(source);
    // What drops the connection is a task.
    tokio::task::yield_now().await;
    gone.send(()).unwrap();
    assert!(heard(told).await < LONG);
}

/// Who looks at the response itself need not ask for an end that it has seen.
#[tokio::test]
async fn and_behind_a_response_that_says_where_it_ends() {
    for body in ["", "data: a\n\n"] {
        let (url, told) = serve(move |mut stream| {
            stream.read_exact(&mut [0; 1000]).unwrap();
            let head = format!("HTTP/1.1 202 Accepted\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            stream.write_all(head.as_bytes()).unwrap();
            read_all(stream)
        });
        let client = HttpClient::builder().build().unwrap();
        let mut response = client.oneshot(request(&url).map(Full::new)).await.unwrap();
        while !response.body().is_end_stream() {
            response.frame().await.unwrap().unwrap();
        }
        drop(response);
        assert!(heard(told).await >= LONG, "{body:?}");
    }
}

/// Nobody waits for it any more: a server that takes nothing does not hold what is to be sent, and the connection, for ever.
#[tokio::test]
async fn but_not_without_end_behind_it() {
    let (gone, is_gone) = mpsc::channel();
    let (mut source, told) = upload(move |mut stream| {
        begin(&mut stream, "Content-Length: 9\r\n");
        is_gone.recv_timeout(Duration::from_secs(20)).unwrap();
        read_all(stream)
    });
    assert_eq!(next(&mut source).await.data(), "a");
    assert!(futures_util::StreamExt::next(&mut source).await.is_none());
    tokio::time::pause();
    tokio::time::sleep(Duration::from_secs(600)).await;
    let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    assert_eq!(tasks, 0);
    gone.send(()).unwrap();
    assert!(heard(told).await < LONG);
}

/// By `close_notify`, as behind any other request.
#[tokio::test]
async fn who_is_dropped_behind_an_upload_says_goodbye() {
    let (tell, told) = mpsc::channel();
    let (url, pem) = serve_by_hand(&TLS13, move |mut stream| {
        begin(&mut stream, "");
        assert!(read_all(&mut stream) >= LONG);
        tell.send(0).unwrap();
        // Without it, this is an error.
        let rest = std::io::copy(&mut stream, &mut std::io::sink());
        tell.send(rest.map_or(0, |_| 1)).unwrap();
    });
    let tls = Tls::new().with_ca_pem(pem.as_bytes()).unwrap();
    let client = HttpClient::builder().with_tls(tls).build().unwrap();
    let mut source = EventSource::once(OneResponse::from(request(&url)).with_service(client));
    assert_eq!(next(&mut source).await.data(), "a");
    let (whole, told) =
        tokio::task::spawn_blocking(move || (told.recv_timeout(Duration::from_secs(20)), told)).await.unwrap();
    whole.expect("all of it has come");
    drop(source);
    assert_eq!(heard(told).await, 1);
}
