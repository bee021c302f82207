//! Hosts of several addresses, not all of which answer.
#![cfg(all(feature = "client", target_os = "linux"))] // that a full backlog swallows connections is Linux's way
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

mod support;

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};
use sse_hyper::{Connector, Failure, HttpClient, HttpError, Policy};
use support::{failure, next};

const DEAD: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
const ALIVE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// An event stream on 127.0.0.1, and its port.
fn serve() -> u16 {
    let listener = TcpListener::bind((ALIVE, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: hello\n\n");
            std::thread::spawn(move || stream.read(&mut [0]));
        }
    });
    port
}

/// Takes connections at `address` and never answers one more: its backlog is full.
struct BlackHole {
    _sockets: Vec<Socket>,
}

impl BlackHole {
    fn open(address: SocketAddr) -> Self {
        let listener = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
        listener.bind(&address.into()).unwrap();
        listener.listen(0).unwrap();
        let mut sockets = vec![listener];
        loop {
            let filler = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
            match filler.connect_timeout(&address.into(), Duration::from_millis(200)) {
                Ok(()) => sockets.push(filler),
                Err(error) if error.kind() == io::ErrorKind::TimedOut => return Self { _sockets: sockets },
                Err(error) => panic!("{error}"),
            }
            assert!(sockets.len() < 100, "the backlog fills");
        }
    }
}

/// How long it takes until there is an event.
async fn first_event(port: u16, addresses: &[IpAddr]) -> Duration {
    let client = HttpClient::builder().with_addresses("Server.test", addresses.iter().copied()).build().unwrap();
    let url = format!("http://server.test:{port}/");
    let began = Instant::now();
    let mut source = Connector::get(&url).unwrap().with_service(client).subscribe(Policy::default());
    assert_eq!(next(&mut source).await.data(), "hello");
    began.elapsed()
}

/// Whether it takes less than the 300 ms after which the other family gets its turn. A busy machine may be slow once.
async fn at_once(port: u16, addresses: &[IpAddr]) -> bool {
    for _ in 0..5 {
        if first_event(port, addresses).await < Duration::from_millis(250) {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn an_address_that_refuses_costs_nothing() {
    let port = serve();
    for addresses in [[DEAD, ALIVE], [ALIVE, DEAD]] {
        assert!(at_once(port, &addresses).await, "{addresses:?}");
    }
}

#[tokio::test]
async fn an_address_that_swallows_connections_costs_a_moment() {
    let port = serve();
    let _hole = BlackHole::open(SocketAddr::new(DEAD, port));
    let took = first_event(port, &[DEAD, ALIVE]).await;
    // Beside it after 300 ms, where the system alone would wait for minutes.
    assert!((Duration::from_millis(250)..Duration::from_secs(15)).contains(&took), "{took:?}");
    assert!(at_once(port, &[ALIVE, DEAD]).await);
}

#[tokio::test]
async fn a_connection_that_never_comes_is_given_up() {
    let hole = SocketAddr::new(ALIVE, TcpListener::bind((ALIVE, 0)).unwrap().local_addr().unwrap().port());
    let _hole = BlackHole::open(hole);
    let client = HttpClient::builder().with_connect_timeout(Duration::from_millis(300)).build().unwrap();
    let policy = Policy::default().with_max_failures(1);
    let began = Instant::now();
    let (_, error) =
        failure(Connector::get(&format!("http://{hole}/")).unwrap().with_service(client).subscribe(policy)).await;
    assert!((Duration::from_millis(250)..Duration::from_secs(15)).contains(&began.elapsed()), "{:?}", began.elapsed());
    match error.failure() {
        Failure::Transport { source: HttpError::Connect(error), .. } => {
            let text = format!("{error:?}");
            assert!(text.contains("TimedOut"), "{text}");
        }
        other => panic!("{other:?}"),
    }
}
