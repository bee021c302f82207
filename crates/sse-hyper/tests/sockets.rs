//! The client against servers behind real sockets: what only the network can show.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

mod support;

use std::net::SocketAddr;
use std::time::Duration;

use async_compression::tokio::write::GzipEncoder;
use futures_util::StreamExt as _;
use http::Request;
use sse_hyper::{
    Cause, Connect, Connector, Deadlines, Ending, EventSource, Failure, HttpError, OneResponse, Policy, Retries,
    Session, Update,
};
use support::{failure, next};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
const NO_CONTENT: &str = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

/// Longer than anything here takes on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn quick() -> Policy {
    Policy::default().with_reconnection_time(Duration::from_millis(10)).with_max_backoff(Duration::from_millis(50))
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    (listener, url)
}

/// Accepts a connection and reads its request, in lower case.
async fn accept(listener: &TcpListener) -> (TcpStream, String) {
    let (mut stream, _) = timeout(PATIENCE, listener.accept()).await.expect("a connection").unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        assert_ne!(stream.read_buf(&mut head).await.unwrap(), 0, "a whole request");
    }
    (stream, String::from_utf8(head).unwrap().to_lowercase())
}

async fn answer(listener: &TcpListener, response: &str) -> String {
    let (mut stream, request) = accept(listener).await;
    stream.write_all(response.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    request
}

/// Everything up to the end, which must be a proper one and come.
async fn events<C>(source: EventSource<C>) -> Vec<String>
where
    C: Connect<Head = support::Head, Error = HttpError>,
{
    timeout(PATIENCE, support::events(source)).await.expect("an end")
}

/// Waits until the client has closed the connection.
async fn hung_up(stream: &mut TcpStream) {
    let closed = timeout(PATIENCE, stream.read(&mut [0; 64])).await.expect("the client closes the connection");
    assert!(matches!(closed, Ok(0) | Err(_)), "{closed:?}");
}

#[tokio::test]
async fn credentials_are_not_sent_to_another_port() {
    let (first, url) = listen().await;
    let (second, elsewhere) = listen().await;
    let moved = format!("HTTP/1.1 302 Found\r\nLocation: {elsewhere}\r\nConnection: close\r\n\r\n");
    let server = tokio::spawn(async move {
        let to_first = answer(&first, &moved).await;
        let to_second = answer(&second, &format!("{HEAD}id: 1\ndata: a\n\n")).await;
        (to_first, to_second, answer(&second, NO_CONTENT).await)
    });
    let request = Request::get(url)
        .header("authorization", "Bearer secret")
        .header("cookie", "secret=1")
        .header("x-other", "kept")
        .body(bytes::Bytes::new())
        .unwrap();
    assert_eq!(events(Connector::new(request).unwrap().subscribe(quick())).await, ["a"]);
    let (to_first, to_second, reconnection) = server.await.unwrap();
    assert!(to_first.contains("authorization: bearer secret") && to_first.contains("cookie: secret=1"));
    for request in [to_second, reconnection] {
        assert!(!request.contains("secret") && request.contains("x-other: kept"), "{request}");
    }
}

#[tokio::test]
async fn dropping_it_closes_the_connection_at_once() {
    let (listener, url) = listen().await;
    // While it is reading.
    let mut source = Connector::get(&url).unwrap().subscribe(quick());
    let (event, mut stream) = tokio::join!(next(&mut source), async {
        let (mut stream, _) = accept(&listener).await;
        stream.write_all(format!("{HEAD}data: a\n\n").as_bytes()).await.unwrap();
        stream
    });
    assert_eq!(event.data(), "a");
    drop(source);
    hung_up(&mut stream).await;

    // While it waits for the head.
    let mut source = Connector::get(&url).unwrap().subscribe(quick());
    let mut stream = tokio::select! {
        _ = source.next() => panic!("there was no answer"),
        (stream, _) = accept(&listener) => stream,
    };
    drop(source);
    hung_up(&mut stream).await;

    // By `close`, which needs no drop.
    let mut source = Connector::get(&url).unwrap().subscribe(quick());
    let (_, mut stream) = tokio::join!(next(&mut source), async {
        let (mut stream, _) = accept(&listener).await;
        stream.write_all(format!("{HEAD}data: a\n\n").as_bytes()).await.unwrap();
        stream
    });
    source.close();
    hung_up(&mut stream).await;
    assert!(source.next().await.is_none());
}

/// Who reads the response drives its connection: there is no task behind it.
#[tokio::test]
async fn nothing_is_spawned_over_http_1() {
    let (listener, url) = listen().await;
    let mut source = Connector::get(&url).unwrap().subscribe(quick());
    let (event, _stream) = tokio::join!(next(&mut source), async {
        let (mut stream, _) = accept(&listener).await;
        stream.write_all(format!("{HEAD}data: a\n\n").as_bytes()).await.unwrap();
        stream
    });
    assert_eq!(event.data(), "a");
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
}

#[tokio::test]
async fn an_attempt_that_timed_out_is_hung_up() {
    let (listener, url) = listen().await;
    let deadlines = Deadlines::NONE.with_head(Duration::from_millis(100));
    let session = Session::subscribe(quick(), 1).with_deadlines(deadlines);
    let source = Connector::get(&url).unwrap().with_session(session);
    let server = async {
        let (mut silent, _) = accept(&listener).await;
        hung_up(&mut silent).await;
        answer(&listener, &format!("{HEAD}data: a\n\n")).await;
        answer(&listener, NO_CONTENT).await;
    };
    assert_eq!(tokio::join!(events(source), server).0, ["a"]);
}

#[tokio::test]
async fn an_answer_that_takes_too_long_in_all_is_hung_up() {
    let (listener, url) = listen().await;
    let deadlines = Deadlines::default().with_byte_idle(PATIENCE).with_total(Duration::from_millis(300));
    let mut source = Connector::get(&url).unwrap().with_session(Session::once().with_deadlines(deadlines));
    let server = async {
        let (mut stream, _) = accept(&listener).await;
        stream.write_all(HEAD.as_bytes()).await.unwrap();
        // Never silent, and never at an end.
        while stream.write_all(b"data: more\n\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let client = async {
        loop {
            if let Err(error) = source.next().await.unwrap() {
                break error;
            }
        }
    };
    let (error, ()) = timeout(PATIENCE, async { tokio::join!(client, server) }).await.expect("an end on both sides");
    assert!(error.to_string().contains("no end of the stream"), "{error}");
}

#[tokio::test]
async fn a_refused_response_is_not_held_on_to() {
    let (listener, url) = listen().await;
    let source = Connector::get(&url).unwrap().subscribe(quick());
    let server = async {
        let (mut stream, _) = accept(&listener).await;
        stream.write_all(b"HTTP/1.1 503 Later\r\nContent-Length: 1000\r\n\r\nsorry").await.unwrap();
        hung_up(&mut stream).await;
        answer(&listener, NO_CONTENT).await;
    };
    assert!(tokio::join!(events(source), server).0.is_empty());
}

#[tokio::test]
async fn a_flushed_gzip_block_is_an_event_at_once() {
    let (listener, url) = listen().await;
    let mut source = Connector::get(&url).unwrap().subscribe(quick());
    let (seen, mut next_block) = tokio::sync::mpsc::channel::<()>(1);
    let server = tokio::spawn(async move {
        let (mut stream, request) = accept(&listener).await;
        assert!(request.contains("accept-encoding: gzip"), "{request}");
        let head = HEAD.replace("Connection", "Content-Encoding: gzip\r\nConnection");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut gzip = GzipEncoder::new(stream);
        for n in 0..20 {
            // Small ones, and ones that fill the decoder's buffers more than once.
            let filler = "0123456789abcdef".repeat(if n % 2 == 0 { 0 } else { 4000 });
            gzip.write_all(format!("id: {n}\ndata: {n} {filler}\n\n").as_bytes()).await.unwrap();
            gzip.flush().await.unwrap();
            // The next one is sent only when this one has been seen: whoever holds an event back waits for ever.
            next_block.recv().await.unwrap();
        }
        gzip.shutdown().await.unwrap();
        answer(&listener, NO_CONTENT).await
    });
    for n in 0..20 {
        let event = next(&mut source).await;
        assert_eq!(event.data().split(' ').next(), Some(&*n.to_string()));
        assert_eq!(event.data().len(), n.to_string().len() + 1 + 64000 * (n % 2));
        seen.send(()).await.unwrap();
    }
    assert!(source.next().await.is_none());
    assert!(server.await.unwrap().contains("last-event-id: 19"));
}

/// Events from the one asked for on, some each time; the last one is cut in the middle and the server dies.
async fn dying_server(listener: TcpListener, requests: &mut Vec<String>) {
    let (mut stream, request) = accept(&listener).await;
    let last = request.split("last-event-id: ").nth(1).and_then(|rest| rest.split("\r\n").next());
    let first = last.map_or(0, |last| last.parse::<u32>().unwrap() + 1);
    requests.push(request);
    let mut text = HEAD.to_owned();
    for id in first..first + 7 {
        text.push_str(&format!("id: {id}\nevent: tick\ndata: {id}\n\n"));
    }
    text.push_str(&format!("id: {}\nevent: tick\ndata: cut", first + 7));
    stream.write_all(text.as_bytes()).await.unwrap();
    // Dead: no connection and nobody listening.
}

#[tokio::test]
async fn a_server_that_dies_and_comes_back_loses_and_doubles_nothing() {
    let (listener, url) = listen().await;
    let address: SocketAddr = listener.local_addr().unwrap();
    let mut source = Connector::get(&url).unwrap().subscribe(quick());
    let mut requests = Vec::new();
    let (done, mut finished) = oneshot::channel();
    let server = async {
        dying_server(listener, &mut requests).await;
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let listener = TcpListener::bind(address).await.unwrap();
            dying_server(listener, &mut requests).await;
        }
        let _ = (&mut finished).await;
    };
    let client = async {
        for id in 0..35 {
            assert_eq!(next(&mut source).await.data(), id.to_string());
        }
        done.send(()).unwrap();
    };
    tokio::join!(client, server);
    let resumed: Vec<_> = requests.iter().map(|request| request.contains("last-event-id: ")).collect();
    assert_eq!(resumed, [false, true, true, true, true]);
}

/// The first thing that goes wrong, and what is said of it.
async fn first_failure(url: &str) -> HttpError {
    let source = Connector::get(url).unwrap().subscribe(quick().with_max_failures(1));
    let (_, error) = timeout(PATIENCE, failure(source)).await.expect("an end");
    match error.into_failure() {
        Failure::Transport { source, .. } => source,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn errors_say_who_is_at_fault() {
    let (listener, url) = listen().await;
    let error = {
        let (error, _) = tokio::join!(first_failure(&url), answer(&listener, "What do you mean?\r\n\r\n"));
        error
    };
    assert!(matches!(error, HttpError::Protocol(_)), "{error:?}");

    let (error, _) = tokio::join!(first_failure(&url), answer(&listener, ""));
    assert!(matches!(error, HttpError::Lost(_)), "{error:?}");

    let (error, _) = tokio::join!(first_failure(&url), answer(&listener, "HTTP/1.1 200 OK\r\nContent-Ty"));
    assert!(matches!(error, HttpError::Lost(_)), "{error:?}");

    let cut = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 99\r\n\r\ndata: a";
    let (error, _) = tokio::join!(first_failure(&url), answer(&listener, cut));
    assert!(matches!(error, HttpError::Lost(_)), "{error:?}");

    // Not gzip at all.
    let wrong = HEAD.replace("Connection", "Content-Encoding: gzip\r\nConnection") + "data: a\n\n";
    let (error, _) = tokio::join!(first_failure(&url), answer(&listener, &wrong));
    assert!(matches!(error, HttpError::Coding { coding: "gzip", .. }), "{error:?}");

    // A server without TLS, asked for TLS.
    let secure = url.replace("http:", "https:");
    let (error, ()) = tokio::join!(first_failure(&secure), async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 8]).await;
        stream.write_all(b"HTTP/1.1 400 This is not TLS\r\n\r\n").await.unwrap();
    });
    assert!(matches!(error, HttpError::Tls(_)), "{error:?}");

    drop(listener);
    let error = first_failure(&url).await;
    assert!(matches!(error, HttpError::Connect(_)), "{error:?}");
    let refused = std::iter::successors(std::error::Error::source(&error), |error| error.source()).any(|error| {
        error.downcast_ref().is_some_and(|error: &std::io::Error| error.kind() == std::io::ErrorKind::ConnectionRefused)
    });
    assert!(refused, "the sources go down to the system's own error: {error:?}");

    match first_failure("http://does-not-exist.invalid/").await {
        HttpError::Resolve { host, .. } => assert_eq!(host, "does-not-exist.invalid"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_default_client_works_where_updates_are_read() {
    let (listener, url) = listen().await;
    let mut updates = Connector::get(&url).unwrap().subscribe(quick()).updates();
    let server = async {
        answer(&listener, &format!("{HEAD}: hello\nretry: 20\ndata: a\n\n")).await;
        answer(&listener, NO_CONTENT).await;
    };
    let client = async {
        let mut kinds = Vec::new();
        while let Some(update) = updates.next().await {
            kinds.push(match update.unwrap() {
                Update::Connecting { attempt, .. } => format!("connecting {attempt}"),
                Update::Open(head) => format!("open {}", head.status.as_u16()),
                Update::Event(event) => event.data().to_owned(),
                Update::Comment(comment) => format!("comment {comment}"),
                Update::Retry(time) => format!("retry {}", time.as_millis()),
                Update::Waiting { failure, .. } => failure.to_string(),
                other => panic!("{other:?}"),
            });
        }
        kinds
    };
    let (kinds, ()) = tokio::join!(client, server);
    assert_eq!(
        kinds,
        ["connecting 1", "open 200", "comment hello", "retry 20", "a", "the server ended the stream", "connecting 2"]
    );
}

#[tokio::test]
async fn a_stream_ends_with_its_last_event_and_is_incomplete_without() {
    let (listener, url) = listen().await;
    let post = || EventSource::once(OneResponse::from(Request::post(&url).body("".into()).unwrap()));
    let server = async {
        let (mut stream, _) = accept(&listener).await;
        stream.write_all(format!("{HEAD}data: a\n\ndata: [DONE]\n\ndata: b\n\n").as_bytes()).await.unwrap();
        // The server does not end it.
        hung_up(&mut stream).await;
        answer(&listener, &format!("{HEAD}data: a\n\ndata: [DONE]")).await;
    };
    let client = async {
        assert_eq!(events(post().with_ending(Ending::done())).await, ["a"]);
        failure(post().with_ending(Ending::done())).await
    };
    let ((seen, error), ()) = tokio::join!(client, server);
    assert_eq!(seen, ["a"]);
    assert!(matches!(error.failure(), Failure::Lost(Cause::UnexpectedEnd)), "{error:?}");
}

#[tokio::test]
async fn what_was_not_sent_may_be_sent_again_and_what_was_sent_may_not() {
    let retrying = |url: &str| {
        let request = Request::post(url).body("".into()).unwrap();
        let session = Session::once_with_retries(Retries::Refused, quick().with_max_failures(100), 1);
        Connector::repeating(request).unwrap().with_session(session)
    };
    let (listener, url) = listen().await;
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut updates = retrying(&url).updates();
    // Nobody listens: at least one attempt is refused before somebody does.
    let listener = loop {
        match updates.next().await.unwrap().unwrap() {
            Update::Waiting { failure, .. } => {
                assert!(matches!(failure, Failure::Transport { source: HttpError::Connect(_), .. }), "{failure:?}");
                break TcpListener::bind(address).await.unwrap();
            }
            _ => continue,
        }
    };
    let rest = async {
        while let Some(update) = updates.next().await {
            if let Update::Event(event) = update.unwrap() {
                return event.data().to_owned();
            }
        }
        panic!("no event");
    };
    let server = async {
        let (mut stream, _) = accept(&listener).await;
        stream.write_all(format!("{HEAD}data: a\n\n").as_bytes()).await.unwrap();
        stream
    };
    assert_eq!(tokio::join!(rest, server).0, "a");

    // Taken, and never answered.
    let server = async { drop(accept(&listener).await) };
    let ((seen, error), ()) = tokio::join!(failure(retrying(&url)), server);
    assert!(seen.is_empty());
    assert!(matches!(error.failure(), Failure::Transport { source: HttpError::Lost(_), .. }), "{error:?}");
}
