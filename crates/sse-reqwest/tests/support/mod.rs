//! A server by hand: one socket, and what is said over it.
#![allow(dead_code)] // each test file uses its part
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

use std::time::Duration;

use futures_util::{Stream, StreamExt as _};
use reqwest::{Client, ClientBuilder};
use sse_reqwest::{Error, Head, HttpError, OwnedEvent, Policy, Update};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

pub(crate) const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
pub(crate) const NO_CONTENT: &str = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

/// Longer than anything here takes on the slowest machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) type ClientError = Error<Head, HttpError>;
pub(crate) type ClientUpdate = Update<Head, HttpError>;

pub(crate) fn quick() -> Policy {
    Policy::default().with_reconnection_time(Duration::from_millis(10)).with_max_backoff(Duration::from_millis(50))
}

/// A client that the environment does not send through a proxy.
pub(crate) fn builder() -> ClientBuilder {
    Client::builder().no_proxy()
}

pub(crate) fn client() -> Client {
    builder().build().unwrap()
}

pub(crate) async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    (listener, url)
}

/// Accepts a connection and reads the head of its request, in lower case, and with it its body if that is `{}`.
pub(crate) async fn accept(listener: &TcpListener) -> (TcpStream, String) {
    let (mut stream, _) = timeout(PATIENCE, listener.accept()).await.expect("a connection").unwrap();
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") && !request.ends_with(b"\r\n\r\n{}") {
        assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0, "a whole request");
    }
    (stream, String::from_utf8(request).unwrap().to_lowercase())
}

pub(crate) async fn answer(listener: &TcpListener, response: impl AsRef<str>) -> String {
    let (mut stream, request) = accept(listener).await;
    stream.write_all(response.as_ref().as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    request
}

/// Answers with a stream that stays open.
pub(crate) async fn begin(listener: &TcpListener, events: &str) -> TcpStream {
    let (mut stream, _) = accept(listener).await;
    stream.write_all(format!("{HEAD}{events}").as_bytes()).await.unwrap();
    stream
}

/// Waits until the client has closed the connection.
pub(crate) async fn hung_up(stream: &mut TcpStream) {
    let closed = timeout(PATIENCE, stream.read(&mut [0; 64])).await.expect("the client closes the connection");
    assert!(matches!(closed, Ok(0) | Err(_)), "{closed:?}");
}

/// Nobody has connected since the last `accept`.
pub(crate) fn nobody_else(listener: TcpListener) {
    let listener = listener.into_std().unwrap();
    listener.set_nonblocking(true).unwrap();
    let waiting = listener.accept();
    assert_eq!(waiting.map(|_| "a connection").map_err(|error| error.kind()), Err(std::io::ErrorKind::WouldBlock));
}

/// Everything up to the end, which must be a proper one and come.
pub(crate) async fn events(source: impl Stream<Item = Result<OwnedEvent, ClientError>> + Unpin) -> Vec<String> {
    let (events, error) = everything(source).await;
    assert!(error.is_none(), "{error:?}");
    events
}

/// The error that it must end with, and what came before.
pub(crate) async fn failure(
    source: impl Stream<Item = Result<OwnedEvent, ClientError>> + Unpin,
) -> (Vec<String>, ClientError) {
    let (events, error) = everything(source).await;
    (events, error.expect("an error"))
}

async fn everything(
    mut source: impl Stream<Item = Result<OwnedEvent, ClientError>> + Unpin,
) -> (Vec<String>, Option<ClientError>) {
    let mut data = Vec::new();
    let mut failed = None;
    while let Some(item) = timeout(PATIENCE, source.next()).await.expect("an end") {
        assert!(failed.is_none(), "an error is the last item");
        match item {
            Ok(event) => data.push(event.data().to_owned()),
            Err(error) => failed = Some(error),
        }
    }
    (data, failed)
}

/// The next event within a time that no test machine needs.
pub(crate) async fn next(source: &mut (impl Stream<Item = Result<OwnedEvent, ClientError>> + Unpin)) -> OwnedEvent {
    timeout(PATIENCE, source.next()).await.expect("an event in time").expect("not the end").unwrap()
}
