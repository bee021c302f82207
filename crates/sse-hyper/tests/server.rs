//! The body under real servers: what arrives on the wire, and that it is the same body everywhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails is allowed to panic")]

use std::convert::Infallible;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use sse_codec::{Decoder, EventBlock, Frame, Input};
use sse_hyper::EventBody;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex};
use tokio::sync::{mpsc, oneshot};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: test\r\n\r\n";

/// Blocks sent through the channel.
fn channel() -> (mpsc::UnboundedSender<Bytes>, impl Stream<Item = Bytes> + Send) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (sender, stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver))))
}

/// One HTTP/1.1 connection on `socket` whose first request is answered with `body`.
fn serve_on<IO, B>(socket: IO, body: B)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: std::error::Error + Send + Sync,
{
    let body = Mutex::new(Some(Response::new(body)));
    let service = service_fn(move |_| {
        let response = body.lock().unwrap().take().expect("one request");
        async { Ok::<_, Infallible>(response) }
    });
    tokio::spawn(http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(socket), service));
}

/// The client's side of a connection that has asked for `body`.
async fn serve<B>(body: B) -> DuplexStream
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: std::error::Error + Send + Sync,
{
    let (mut client, socket) = duplex(64 * 1024);
    serve_on(socket, body);
    client.write_all(REQUEST).await.unwrap();
    client
}

/// Reads until the text ends so.
async fn read_until(client: &mut DuplexStream, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        let mut buffer = [0; 1024];
        let n = client.read(&mut buffer).await.unwrap();
        assert_ne!(n, 0, "the connection ended behind {text:?}");
        text.push_str(std::str::from_utf8(&buffer[..n]).unwrap());
    }
    text
}

#[tokio::test(start_paused = true)]
async fn each_block_leaves_at_once_as_one_chunk() {
    let (sender, blocks) = channel();
    let mut client = serve(EventBody::new(blocks).retry(Duration::from_secs(10))).await;
    assert!(read_until(&mut client, "retry: 10000\n\n\r\n").await.ends_with("\r\n\r\nE\r\nretry: 10000\n\n\r\n"));
    sender.send(EventBlock::new().data("a").to_bytes()).unwrap();
    assert_eq!(read_until(&mut client, "data: a\n\n\r\n").await, "9\r\ndata: a\n\n\r\n");
    // Idle: a comment, by virtual time.
    assert_eq!(read_until(&mut client, ": \n\n\r\n").await, "4\r\n: \n\n\r\n");
    drop(sender);
    assert_eq!(read_until(&mut client, "0\r\n\r\n").await, "0\r\n\r\n");
}

#[tokio::test(start_paused = true)]
async fn shutdown_ends_with_the_last_block_and_the_terminator() {
    let (shut_down, shutting_down) = oneshot::channel::<()>();
    let body = EventBody::new(stream::pending::<Bytes>()).until(async {
        let _ = shutting_down.await;
        EventBlock::new().retry(Duration::from_millis(1234)).to_bytes()
    });
    let mut client = serve(body).await;
    read_until(&mut client, "\r\n\r\n").await;
    shut_down.send(()).unwrap();
    assert_eq!(read_until(&mut client, "0\r\n\r\n").await, "D\r\nretry: 1234\n\n\r\n0\r\n\r\n");
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_stream_cuts_the_body_short() {
    let blocks = stream::iter([Ok(Bytes::from("data: a\n\n")), Err(io::Error::other("the database is gone"))]);
    let mut client = serve(EventBody::new(blocks)).await;
    let mut all = String::new();
    client.read_to_string(&mut all).await.unwrap();
    assert!(!all.ends_with("0\r\n\r\n"), "the client must not take it for a proper end: {all:?}");
    // What came before is not lost with it.
    assert!(all.starts_with("HTTP/1.1 200 OK\r\n") && all.contains("data: a\n\n"), "{all:?}");
}

/// A stream that would never stop: what is asked for is bounded by what the connection takes.
#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_stops_the_stream() {
    let (report, mut produced) = mpsc::unbounded_channel();
    let block = Bytes::from(vec![b'\n'; 8192]);
    let blocks = stream::repeat_with(move || {
        let _ = report.send(());
        block.clone()
    });
    let client = serve(EventBody::new(blocks)).await;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let produced = std::iter::from_fn(|| produced.try_recv().ok()).count();
    // The pipe of 64 KiB and hyper's own buffers of 16 frames or some 400 KiB.
    assert!((8..=80).contains(&produced), "{produced} blocks of 8 KiB");
    drop(client);
}

#[tokio::test]
async fn the_same_body_over_http2() {
    let (client, server) = duplex(64 * 1024);
    let service = service_fn(async |_: Request<hyper::body::Incoming>| {
        let body = EventBody::new(stream::iter([Bytes::from("data: a\n\n"), Bytes::from("data: b\n\n")]));
        Ok::<_, Infallible>(body.into_response())
    });
    tokio::spawn(http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(server), service));
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(client)).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get("http://test/").body(Empty::<Bytes>::new()).unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "data: a\n\ndata: b\n\n");
}

/// axum takes the response as it is; tower's `Service` is how it is called.
#[tokio::test]
async fn the_same_body_in_axum() {
    use axum::routing::get;
    use hyper::service::Service;
    use hyper_util::service::TowerToHyperService;

    async fn events() -> impl axum::response::IntoResponse {
        EventBody::new(stream::iter([Bytes::from("data: a\n\n")])).retry(Duration::from_secs(1)).into_response()
    }
    let router = TowerToHyperService::new(axum::Router::new().route("/events", get(events)));
    let request = Request::get("/events").body(Empty::<Bytes>::new()).unwrap();
    let response = router.call(request).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "retry: 1000\n\ndata: a\n\n");
}

/// What a decoder makes of what the body sends.
async fn received(blocks: Vec<Bytes>) -> Vec<(String, String, String)> {
    let sent = EventBody::new(stream::iter(blocks)).collect().await.unwrap().to_bytes();
    let mut decoder = Decoder::new();
    let mut input = Input::new(&sent);
    let mut events = Vec::new();
    while let Some(frame) = decoder.decode(&mut input).unwrap() {
        if let Frame::Event(event) = frame {
            events.push((event.event_type.to_owned(), event.data.to_owned(), event.last_event_id.to_owned()));
        }
    }
    events
}

/// axum 0.8 sends `"a\r\nb"` as `"a\n\nb"`, cannot send empty data, and warp and poem inject through CR.
#[tokio::test]
async fn any_data_arrives_as_one_event_with_its_lines() {
    for (data, expected) in [
        ("a\r\nb", "a\nb"),
        ("a\rb", "a\nb"),
        ("a\n\nb", "a\n\nb"),
        ("", ""),
        ("\n", "\n"),
        ("a\n", "a\n"),
        (" a", " a"),
        (":a", ":a"),
        ("a\revent: b\rid: 1\r\rdata: c", "a\nevent: b\nid: 1\n\ndata: c"),
        ("\u{feff}a\0b", "\u{feff}a\0b"),
    ] {
        let events = received(vec![EventBlock::new().data(data).to_bytes()]).await;
        assert_eq!(events, [("message".into(), expected.into(), String::new())], "{data:?}");
    }
}

/// axum 0.8 panics on these, warp and poem let them through.
#[test]
fn line_ends_in_type_and_id_are_errors() {
    for bad in ["a\nb", "a\rb", "a\r\nb", "\n", "x\ndata: injected\n\n"] {
        assert!(EventBlock::new().event_type(bad).is_err(), "{bad:?}");
        assert!(EventBlock::new().id(bad).is_err(), "{bad:?}");
    }
    assert!(EventBlock::new().id("a\0b").is_err());
}

/// A comment cannot inject either, nor end the event that follows it.
#[tokio::test]
async fn comments_are_no_events() {
    let comment = EventBlock::new().comment("a\rdata: injected\r\n\n\rid: 1").to_bytes();
    let event = EventBlock::new().data("b").to_bytes();
    assert_eq!(received(vec![comment, event]).await, [("message".into(), "b".into(), String::new())]);
}

/// A socket that counts how often it is written to, and takes several pieces at once as sockets do.
struct Counted {
    socket: DuplexStream,
    writes: Arc<AtomicUsize>,
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let all: Vec<u8> = pieces.iter().flat_map(|piece| &**piece).copied().collect();
        self.poll_write(cx, &all)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buffer)
    }
}

/// Blocks that are ready together leave together, in order.
#[tokio::test(start_paused = true)]
async fn ready_blocks_are_written_together() {
    let blocks = stream::iter(0..1000).map(|n| EventBlock::new().data(&n.to_string()).to_bytes());
    let writes = Arc::new(AtomicUsize::new(0));
    let (mut client, socket) = duplex(64 * 1024);
    serve_on(Counted { socket, writes: Arc::clone(&writes) }, EventBody::new(blocks));
    client.write_all(REQUEST).await.unwrap();
    let all = read_until(&mut client, "0\r\n\r\n").await;
    let numbers = all.lines().filter_map(|line| line.strip_prefix("data: "));
    assert!(numbers.eq((0..1000).map(|n| n.to_string())));
    let writes = writes.load(Ordering::Relaxed);
    // 16 in each, and the head and the end.
    assert!((60..70).contains(&writes), "{writes} writes");
}
