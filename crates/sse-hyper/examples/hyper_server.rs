//! The smallest complete server on hyper: a counter, resumed by `Last-Event-ID`, ended cleanly by Ctrl-C.
//!
//! ```text
//! cargo run -p sse-hyper --example hyper_server
//! curl -N http://127.0.0.1:8080/
//! ```

use std::convert::Infallible;
use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, stream};
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use sse_hyper::{EventBlock, EventBody};
use tokio::net::TcpListener;
use tokio::sync::watch;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    let (stop, stopping) = watch::channel(false);
    let connections = GracefulShutdown::new();
    let mut ctrl_c = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        let (socket, _) = tokio::select! {
            accepted = listener.accept() => accepted?,
            _ = &mut ctrl_c => break,
        };
        socket.set_nodelay(true)?; // an event is a small packet that should leave at once
        let stopping = stopping.clone();
        let connection = http1::Builder::new().timer(TokioTimer::new()).serve_connection(
            TokioIo::new(socket),
            service_fn(move |request: Request<Incoming>| {
                let last = request.headers().get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
                let response = events(last.unwrap_or(0), stopping.clone()).into_response();
                async { Ok::<_, Infallible>(response) }
            }),
        );
        tokio::spawn(connections.watch(connection));
    }
    // No new connections, the streams end, and whoever does not read has a second.
    drop(listener);
    stop.send_replace(true);
    let _ = tokio::time::timeout(Duration::from_secs(1), connections.shutdown()).await;
    Ok(())
}

/// The body of one response: what comes behind the event that the client saw last, until the server stops.
fn events(
    last: u64,
    mut stopping: watch::Receiver<bool>,
) -> EventBody<impl Stream<Item = Bytes>, impl Future<Output = Bytes>> {
    EventBody::new(count(last)).retry(Duration::from_secs(2)).until(async move {
        let _ = stopping.wait_for(|stop| *stop).await;
        Bytes::new()
    })
}

/// One event a second, numbered from `last + 1`.
fn count(last: u64) -> impl Stream<Item = Bytes> {
    stream::unfold(last, async |last| {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let number = last.checked_add(1)?.to_string();
        let block = EventBlock::new().id(&number).ok()?.data(&number).to_bytes();
        Some((block, last + 1))
    })
}
