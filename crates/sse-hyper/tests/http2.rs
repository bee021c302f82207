//! Many event sources on one HTTP/2 connection.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

#[path = "support/secure.rs"]
mod secure;
mod support;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{FutureExt as _, StreamExt as _};
use http::{Request, StatusCode, Version};
use http_body_util::Full;
use rustls::version::TLS13;
use secure::{Server, Settings, serve, serve_as};
use sse_hyper::{Connector, Deadlines, EventSource, Failure, HttpClient, HttpError, Policy, Session, Update};
use support::next;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tower::ServiceExt as _;

async fn http2() -> Server {
    serve(&[&TLS13], &["h2", "http/1.1"]).await
}

fn subscribe(client: &HttpClient, server: &Server, path: &str) -> EventSource<Connector> {
    let policy = Policy::default().with_reconnection_time(Duration::from_millis(10));
    let url = format!("{}{path}", server.url);
    Connector::get(&url).unwrap().with_service(client.clone()).subscribe(policy)
}

/// The number of the connection that a source's event came over.
async fn connection(source: &mut EventSource<Connector>) -> String {
    next(source).await.event_type().to_owned()
}

/// RFC 9113, 8.3.1: `:authority` must not include them.
#[tokio::test]
async fn a_user_and_a_password_are_not_sent() {
    let server = http2().await;
    let url = server.url.replace("localhost", "user:secret@localhost");
    let request = Request::get(url).body(Full::default()).unwrap();
    let response = server.client().oneshot(request).await.unwrap();
    assert_eq!((response.version(), response.status()), (Version::HTTP_2, StatusCode::OK));
}

#[tokio::test]
async fn many_sources_share_one_connection() {
    let mut server = http2().await;
    let client = server.client();
    // All at once, before there is any connection.
    let mut sources: Vec<_> = (0..50).map(|_| subscribe(&client, &server, "")).collect();
    for seen in join_all(sources.iter_mut().map(connection)).await {
        assert_eq!(seen, "1");
    }
    assert_eq!(server.accepted(), 1);
    for _ in 0..50 {
        assert!(server.seen().await.is_some());
    }
    // The others go on when one is dropped, and one that comes later joins them.
    sources.truncate(1);
    let mut late = subscribe(&client, &server, "");
    assert_eq!(connection(&mut late).await, "1");
    assert!(server.seen().await.is_some());
    // The last one closes the connection.
    drop((sources, late));
    assert_eq!(server.seen().await, None);
    let mut again = subscribe(&client, &server, "");
    assert_eq!(connection(&mut again).await, "2");
}

#[tokio::test]
async fn a_redirect_is_followed_over_the_same_connection() {
    let server = http2().await;
    let mut source = subscribe(&server.client(), &server, "moved");
    assert_eq!(connection(&mut source).await, "1");
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn a_full_connection_gets_a_neighbour() {
    let server = http2().await;
    let client = server.client();
    let mut sources: Vec<_> = (0..250).map(|_| subscribe(&client, &server, "")).collect();
    let seen = join_all(sources.iter_mut().map(connection)).await;
    let on = |number: &str| seen.iter().filter(|seen| *seen == number).count();
    assert_eq!([on("1"), on("2"), on("3")], [100, 100, 50]);
    assert_eq!(server.accepted(), 3);
}

#[tokio::test]
async fn a_connection_takes_no_more_than_its_server_allows() {
    let server =
        serve_as(Settings { versions: &[&TLS13], alpn: &["h2"], max_streams: 10, ..Settings::default() }).await;
    let client = server.client();
    let mut sources = Vec::new();
    for number in 0..25 {
        let mut source = subscribe(&client, &server, "");
        assert_eq!(connection(&mut source).await, (number / 10 + 1).to_string());
        sources.push(source);
    }
    assert_eq!(server.accepted(), 3);
}

#[tokio::test]
async fn clients_share_nothing_with_each_other_but_with_their_clones() {
    let server = http2().await;
    let (one, other) = (server.client(), server.client());
    let mut sources = [&one, &other, &one.clone()].map(|client| subscribe(client, &server, ""));
    let seen = join_all(sources.iter_mut().map(connection)).await;
    assert_eq!(seen[0], seen[2]);
    assert_ne!(seen[0], seen[1]);
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn a_server_of_http_1_1_is_asked_by_many_at_once() {
    let server = serve(&[&TLS13], &["http/1.1"]).await;
    let client = server.client();
    let mut sources: Vec<_> = (0..20).map(|_| subscribe(&client, &server, "")).collect();
    join_all(sources.iter_mut().map(connection)).await;
    assert_eq!(server.accepted(), 20);
}

#[tokio::test]
async fn a_source_that_is_not_read_holds_up_no_other() {
    let server = http2().await;
    let client = server.client();
    let mut unread: Vec<_> = (0..20).map(|_| subscribe(&client, &server, "flood")).collect();
    join_all(unread.iter_mut().map(connection)).await;
    // Whatever windows there are, they are full by now or soon.
    let mut read = subscribe(&client, &server, "flood");
    for _ in 0..2000 {
        next(&mut read).await;
    }
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn a_misdirected_request_goes_over_another_connection() {
    let server = http2().await;
    let client = server.client();
    let mut first = subscribe(&client, &server, "");
    assert_eq!(connection(&mut first).await, "1");
    let mut misdirected = subscribe(&client, &server, "misdirected");
    assert_eq!(connection(&mut misdirected).await, "2");
    // And so does all that comes behind it, by the same one.
    let mut next = subscribe(&client, &server, "");
    assert_eq!(connection(&mut next).await, "2");
}

#[tokio::test]
async fn a_connection_on_which_a_request_was_given_up_is_left_to_those_on_it() {
    let mut server = http2().await;
    let client = server.client();
    let mut first = subscribe(&client, &server, "");
    assert_eq!(connection(&mut first).await, "1");
    assert!(server.seen().await.is_some());
    let mut impatient = subscribe(&client, &server, "silent");
    tokio::select! {
        event = next(&mut impatient) => panic!("{event:?}"),
        seen = server.seen() => assert!(seen.is_some()),
    }
    assert_eq!(server.accepted(), 1);
    drop(impatient);
    let mut second = subscribe(&client, &server, "silent");
    assert_eq!(connection(&mut second).await, "2");
    assert_eq!(connection(&mut subscribe(&client, &server, "")).await, "2");
    assert!(first.next().now_or_never().is_none(), "still open");
}

/// A network on the way to `server`, which loses the connections that there are at a word: they stay open, and nothing
/// comes through any more.
async fn network_to(server: &Server) -> (String, Arc<Notify>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    let (lose, address) = (Arc::new(Notify::new()), server.address);
    let lost = Arc::clone(&lose);
    tokio::spawn(async move {
        loop {
            let (mut here, _) = listener.accept().await.unwrap();
            let lost = Arc::clone(&lost);
            tokio::spawn(async move {
                let mut there = TcpStream::connect(address).await.unwrap();
                tokio::select! {
                    _ = copy_bidirectional(&mut here, &mut there) => {}
                    () = lost.notified() => std::future::pending().await,
                }
            });
        }
    });
    (url, lose)
}

#[tokio::test]
async fn a_source_that_met_a_deadline_goes_on_over_another_connection() {
    let server = http2().await;
    let (url, lose) = network_to(&server).await;
    let client = server.client();
    let subscribe = || {
        let policy = Policy::default().with_reconnection_time(Duration::from_millis(10));
        Connector::get(&url).unwrap().with_service(client.clone()).subscribe(policy)
    };
    let mut patient = subscribe();
    assert_eq!(connection(&mut patient).await, "1");
    let deadlines = Deadlines::default().with_byte_idle(Duration::from_millis(200));
    let mut watchful = subscribe().with_deadlines(deadlines);
    assert_eq!(connection(&mut watchful).await, "1");
    lose.notify_waiters();
    assert_eq!(connection(&mut watchful).await, "2");
    assert_eq!(connection(&mut subscribe()).await, "2");
    assert!(patient.next().now_or_never().is_none(), "still on the first, which may be alive for all it knows");
}

#[tokio::test]
async fn a_connection_that_the_server_retires_takes_no_more_requests() {
    let mut server = http2().await;
    let client = server.client();
    let mut first = subscribe(&client, &server, "");
    assert_eq!(connection(&mut first).await, "1");
    assert!(server.seen().await.is_some());
    server.retire.notify_waiters();
    let mut second = loop {
        // Until the word has arrived.
        let mut second = subscribe(&client, &server, "");
        if connection(&mut second).await == "2" {
            break second;
        }
    };
    assert!(first.next().now_or_never().is_none(), "still open");
    assert!(second.next().now_or_never().is_none(), "open");
}

#[test]
fn a_connection_whose_runtime_has_ended_takes_no_more_requests() {
    let runtimes = [(); 3].map(|()| tokio::runtime::Runtime::new().unwrap());
    let [servers, first, second] = runtimes;
    let server = servers.block_on(http2());
    let client = server.client();
    let mut on_first = subscribe(&client, &server, "");
    assert_eq!(first.block_on(connection(&mut on_first)), "1");
    drop(first);
    assert_eq!(second.block_on(connection(&mut subscribe(&client, &server, ""))), "2");
    drop(on_first);
}

#[tokio::test]
async fn a_dead_connection_is_noticed_without_any_deadline() {
    // The server lives in a thread of its own, so that it can be stopped in the middle.
    let (tell, told) = std::sync::mpsc::channel();
    let (freeze, frozen) = tokio::sync::oneshot::channel::<()>();
    let (stopped, has_stopped) = std::sync::mpsc::channel();
    let (done, until_done) = std::sync::mpsc::channel::<()>();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let server = http2().await;
            tell.send((server.url.clone(), server.client())).unwrap();
            let _ = frozen.await;
            stopped.send(()).unwrap();
            // Blocks every task of the runtime: nothing is answered any more.
            let _ = until_done.recv();
        });
    });
    let (url, client) = told.recv().unwrap();
    let session = Session::subscribe(Policy::default(), 1).with_deadlines(Deadlines::NONE);
    let mut updates = Connector::get(&url).unwrap().with_service(client).with_session(session).updates();
    while !matches!(updates.next().await.unwrap().unwrap(), Update::Event(_)) {}
    freeze.send(()).unwrap();
    has_stopped.recv().unwrap();
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    match updates.next().await.unwrap().unwrap() {
        Update::Waiting { failure, .. } => {
            assert!(matches!(failure, Failure::Transport { source: HttpError::Lost(_), .. }), "{failure:?}");
        }
        other => panic!("{other:?}"),
    }
    let took = began.elapsed();
    assert!((Duration::from_secs(40)..Duration::from_secs(90)).contains(&took), "{took:?}");
    drop(done);
}
