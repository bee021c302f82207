//! The wire between client and server: it overhears the requests, and it can be cut.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use memchr::memmem;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::JoinSet;

use crate::{Result, list};

/// The path of the event stream, whoever serves it.
pub(crate) const PATH: &str = "/events";

/// Where a server listens.
#[derive(Clone, Debug)]
pub(crate) enum Address {
    Tcp(SocketAddr),
    /// A server that cannot say which free port it has taken.
    Unix(PathBuf),
}

/// Where a connection is cut: both sides see the other one close it, but for [`Cut::HalfIn`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// In the middle of the event with this number, where its text can be seen.
    In(usize),
    /// The same, when the client has had the time to read what came before: Chromium's `fetch` forgets what nobody has
    /// read when a connection fails.
    InOnceRead(usize),
    /// In the middle of an event for the client alone: the server takes the connection for open for a while.
    HalfIn(usize),
    /// Behind so many bytes of a connection.
    After(usize),
    /// By the server itself, behind the event with this number. Nothing is left to do for the wire.
    ByServer(usize),
}

/// For [`Cut::InOnceRead`]: much longer than a client takes, and not much for who waits.
const TIME_TO_READ: Duration = Duration::from_millis(500);

/// For [`Cut::HalfIn`]: longer than a client waits before it asks again for the first time.
const HALF_OPEN: Duration = Duration::from_millis(350);

/// What a request for the event stream asked to resume after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The field `Last-Event-ID`.
    pub(crate) last_event_id: Option<String>,
    /// What is behind the question mark in the URL.
    pub(crate) query: Option<String>,
}

impl Request {
    /// As browsers do it.
    pub(crate) fn get(last_event_id: Option<&str>) -> Self {
        Self { method: "GET".to_owned(), last_event_id: last_event_id.map(str::to_owned), query: None }
    }
}

/// A listener whose connections go on to a server, until this is dropped.
pub(crate) struct Wire {
    address: SocketAddr,
    state: Arc<State>,
    // Aborted when dropped, and with it every connection.
    _tasks: JoinSet<()>,
}

struct State {
    server: Address,
    cuts: Mutex<VecDeque<Cut>>,
    requests: Mutex<Vec<(Request, Instant)>>,
}

impl Wire {
    /// To this server, with these cuts, one after the other.
    pub(crate) async fn new(server: Address, cuts: &[Cut]) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let cuts = cuts.iter().filter(|cut| !matches!(cut, Cut::ByServer(_))).copied().collect();
        let state = Arc::new(State { server, cuts: Mutex::new(cuts), requests: Mutex::default() });
        let mut tasks = JoinSet::new();
        let accepting = Arc::clone(&state);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let state = Arc::clone(&accepting);
                // Its error is a connection that ended, which is what this is about.
                connections.spawn(async move { state.connect(client).await.unwrap_or_default() });
            }
        });
        Ok(Self { address, state, _tasks: tasks })
    }

    /// The address that clients are given.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests for the event stream so far, and when they came.
    pub(crate) fn requests(&self) -> Vec<(Request, Instant)> {
        lock(&self.state.requests).clone()
    }

    /// How many cuts have not been made.
    pub(crate) fn cuts_left(&self) -> usize {
        lock(&self.state.cuts).len()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    async fn connect(&self, client: TcpStream) -> std::io::Result<()> {
        client.set_nodelay(true)?;
        match &self.server {
            Address::Tcp(address) => {
                let server = TcpStream::connect(address).await?;
                server.set_nodelay(true)?;
                self.join(client, server).await
            }
            Address::Unix(path) => self.join(client, UnixStream::connect(path).await?).await,
        }
    }

    /// Carries bytes both ways until one side closes or the cut comes.
    async fn join(&self, client: TcpStream, server: impl AsyncRead + AsyncWrite) -> std::io::Result<()> {
        let (client_reader, client_writer) = client.into_split();
        let (server_reader, server_writer) = tokio::io::split(server);
        // A connection can carry other things first: only the event stream is cut.
        let (streaming, half_open) = (AtomicBool::new(false), AtomicBool::new(false));
        let overhear = async {
            self.overhear(client_reader, server_writer, &streaming).await?;
            if half_open.load(Relaxed) {
                // It is not told that the client is gone.
                std::future::pending::<()>().await;
            }
            Ok(())
        };
        tokio::select! {
            end = overhear => end,
            end = self.carry(server_reader, client_writer, &streaming, &half_open) => end,
        }
    }

    /// From client to server.
    async fn overhear(
        &self,
        mut client: impl AsyncRead + Unpin,
        mut server: impl AsyncWrite + Unpin,
        streaming: &AtomicBool,
    ) -> std::io::Result<()> {
        let mut heads = Vec::new();
        loop {
            let mut chunk = Vec::with_capacity(8192);
            if client.read_buf(&mut chunk).await? == 0 {
                return Ok(());
            }
            heads.extend_from_slice(&chunk);
            while let Some((request, len)) = parse(&heads) {
                heads.drain(..len);
                streaming.fetch_or(request.is_some(), Relaxed);
                lock(&self.requests).extend(request.map(|request| (request, Instant::now())));
            }
            server.write_all(&chunk).await?;
        }
    }

    /// From server to client.
    async fn carry(
        &self,
        mut server: impl AsyncRead + Unpin,
        mut client: impl AsyncWrite + Unpin,
        streaming: &AtomicBool,
        half_open: &AtomicBool,
    ) -> std::io::Result<()> {
        let mut carried = Vec::new();
        loop {
            let from = carried.len();
            if server.read_buf(&mut carried).await? == 0 {
                return client.shutdown().await;
            }
            let cut = if streaming.load(Relaxed) { self.take_cut(&carried, from) } else { None };
            let Some((cut, at)) = cut else {
                client.write_all(&carried[from..]).await?;
                continue;
            };
            client.write_all(&carried[from..at]).await?;
            if matches!(cut, Cut::InOnceRead(_)) {
                tokio::time::sleep(TIME_TO_READ).await;
            }
            half_open.store(matches!(cut, Cut::HalfIn(_)), Relaxed);
            client.shutdown().await?;
            if half_open.load(Relaxed) {
                tokio::time::sleep(HALF_OPEN).await;
            }
            return Ok(());
        }
    }

    /// The next cut and where it is, if it is behind `from`; it is then made.
    fn take_cut(&self, carried: &[u8], from: usize) -> Option<(Cut, usize)> {
        let mut cuts = lock(&self.cuts);
        let cut = *cuts.front()?;
        let at = match cut {
            Cut::In(number) | Cut::InOnceRead(number) | Cut::HalfIn(number) => {
                let text = list::scissors(number);
                // It may have begun in an earlier chunk.
                let start = from.saturating_sub(text.len());
                start + memmem::find(&carried[start..], text.as_bytes())? + text.len()
            }
            Cut::After(bytes) => (bytes <= carried.len()).then_some(bytes)?,
            Cut::ByServer(_) => return None,
        };
        cuts.pop_front();
        Some((cut, at))
    }
}

/// The first request, if it is whole: its head, if it is one for the event stream, and its length.
fn parse(bytes: &[u8]) -> Option<(Option<Request>, usize)> {
    let mut fields = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Request::new(&mut fields);
    let Ok(httparse::Status::Complete(head_len)) = head.parse(bytes) else { return None };
    let field = |name: &str| {
        let field = head.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name))?;
        Some(String::from_utf8_lossy(field.value).into_owned())
    };
    let len = head_len + field("content-length").and_then(|len| len.parse().ok()).unwrap_or(0);
    let (path, query) = match head.path?.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (head.path?, None),
    };
    let request = Request { method: head.method?.to_owned(), last_event_id: field("last-event-id"), query };
    (len <= bytes.len()).then_some(((path == PATH).then_some(request), len))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::{Address, Cut, Request, Wire};
    use crate::list::scissors;

    #[tokio::test]
    async fn overhears_requests_and_cuts_their_answers() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Address::Tcp(listener.local_addr().unwrap());
        let wire = Wire::new(server, &[Cut::In(399), Cut::ByServer(550), Cut::After(4)]).await.unwrap();

        // What arrives of an answer that is sent in two parts, and ends by a cut or by the server.
        let ask = async |request: &str, answer: [&str; 2]| {
            let mut client = TcpStream::connect(wire.address).await.unwrap();
            client.write_all(request.as_bytes()).await.unwrap();
            let (mut server, _) = listener.accept().await.unwrap();
            server.read_exact(&mut vec![0; request.len()]).await.unwrap();
            let mut got = vec![0; answer[0].len().min(4)];
            server.write_all(answer[0].as_bytes()).await.unwrap();
            client.read_exact(&mut got).await.unwrap();
            let _ = server.write_all(answer[1].as_bytes()).await;
            drop(server);
            client.read_to_end(&mut got).await.unwrap();
            String::from_utf8(got).unwrap()
        };
        let text = scissors(399);
        assert_eq!(ask("GET /page HTTP/1.1\r\n\r\n", [&text, "whole"]).await, format!("{text}whole"));
        let call = "POST /events HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(ask(call, [&text[..6], &format!("{} here", &text[6..])]).await, text);
        assert_eq!(ask("GET /events HTTP/1.1\r\nLast-Event-ID: 8\r\n\r\n", ["abcdef", ""]).await, "abcd");
        assert_eq!(ask("GET /events?a=b HTTP/1.1\r\nlast-event-id: 7\r\n\r\n", [&text, ""]).await, text);

        assert_eq!(wire.cuts_left(), 0);
        let requests: Vec<_> = wire.requests().into_iter().map(|(request, _)| request).collect();
        let post = Request { method: "POST".into(), ..Request::get(None) };
        let last = Request { query: Some("a=b".into()), ..Request::get(Some("7")) };
        assert_eq!(requests, [post, Request::get(Some("8")), last]);
    }
}
