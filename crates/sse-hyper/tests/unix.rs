//! Servers behind Unix sockets.
#![cfg(all(feature = "client", unix))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

mod support;

use std::convert::Infallible;
use std::path::PathBuf;

use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sse_hyper::{Connector, EventBlock, EventBody, Failure, HttpClient, HttpError, Policy, Proxy};
use support::{failure, next};
use tokio::net::UnixListener;

/// A path that is removed again.
struct Socket(PathBuf);

impl Socket {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("sse-{name}-{}.sock", std::process::id())))
    }

    fn client(&self) -> HttpClient {
        // No proxy leads to a socket of this machine.
        let proxy = Proxy::new("http://127.0.0.1:1").unwrap();
        HttpClient::builder().with_unix_socket(&self.0).with_proxy(proxy).build().unwrap()
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Says which URL it was asked for, and resumes.
async fn respond(
    request: Request<Incoming>,
) -> Result<Response<EventBody<stream::Iter<std::vec::IntoIter<Result<Bytes, Infallible>>>>>, Infallible> {
    let host = request.headers()["host"].to_str().unwrap();
    let after = request.headers().get("last-event-id").map_or("none", |id| id.to_str().unwrap());
    let data = format!("{host}{} after {after}", request.uri());
    let block = EventBlock::new().id("7").unwrap().data(&data).to_bytes();
    Ok(EventBody::new(stream::iter(vec![Ok(block)])).into_response())
}

fn serve(socket: &Socket) {
    let listener = UnixListener::bind(&socket.0).unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(respond)),
            );
        }
    });
}

#[tokio::test]
async fn events_over_a_unix_socket() {
    let socket = Socket::new("events");
    serve(&socket);
    let url = "http://does-not-exist.invalid/events?since=1";
    let policy = Policy::default().with_reconnection_time(std::time::Duration::from_millis(10));
    let mut source = Connector::get(url).unwrap().with_service(socket.client()).subscribe(policy);
    assert_eq!(next(&mut source).await.data(), "does-not-exist.invalid/events?since=1 after none");
    assert_eq!(next(&mut source).await.data(), "does-not-exist.invalid/events?since=1 after 7");
}

#[tokio::test]
async fn a_socket_that_nobody_listens_on_is_named() {
    let socket = Socket::new("nobody");
    let policy = Policy::default().with_max_failures(1);
    let source = Connector::get("http://localhost/").unwrap().with_service(socket.client()).subscribe(policy);
    let (_, error) = failure(source).await;
    match error.failure() {
        Failure::Transport { source: HttpError::Connect(error), .. } => {
            assert!(error.to_string().contains(&*socket.0.to_string_lossy()), "{error}");
            assert!(error.source().is_some_and(|error| error.is::<std::io::Error>()), "{error:?}");
        }
        other => panic!("{other:?}"),
    }
}

/// What a service takes, for those who call the client by themselves.
#[tokio::test]
async fn the_client_alone_is_a_service() {
    use http_body_util::BodyExt as _;
    use tower_service::Service as _;
    let socket = Socket::new("alone");
    serve(&socket);
    let request = Request::get("http://localhost/x").body(Full::default()).unwrap();
    let body = socket.client().call(request).await.unwrap().into_body();
    let text = body.collect().await.unwrap().to_bytes();
    assert!(text.starts_with(b"id: 7\n") && text.ends_with(b"data: localhost/x after none\n\n"), "{text:?}");
}
