//! The player of whole HTTP exchanges: a scripted server on one side, a real client on the other.
//!
//! One exchange a line:
//!
//! | key | meaning |
//! | --- | --- |
//! | `name` | `category/what` |
//! | `connections` | what the server does on the first, second, … request: a list of `{"send": text}`, `{"send_b64": base64}`, `{"wait_ms": n}`, `{"reset": true}` (TCP reset); after the last step it closes. To any further request it answers 204 |
//! | `log` | what the client's user sees, in order: `{"open": true}`, an event `{"type","data","id"}`, `{"error": true, "readyState": n}` with 0: will reconnect, 2: closed for good |
//! | `end` | `closed` or `still reconnecting` |
//! | `requests` | what the server sees, in order: `{"path", "last_event_id"}`; paths without the first slash, null: no such header. The first one is for `start` |
//!
//! Keys that are not in the table are ignored. The client runs with the policy that comes closest to a browser's, no
//! status retried, and with a short reconnection time where the server sets none.

mod client;
mod exchange;
mod server;

use std::path::Path;
use std::time::Duration;

use futures_util::future::join_all;
use sse_hyper::Connector;
use sse_tokio::{Connect, EventSource, Policy};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::case::CorpusError;
use crate::report::{Difference, Report};
use exchange::{Exchange, Seen};

/// Longer than any exchange takes, by far.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// How long to watch a client that is expected never to come to an end.
const WATCH: Duration = Duration::from_secs(2);

/// Plays every exchange of a file to `sse-hyper`'s client over a socket on 127.0.0.1; `path` is for the errors.
///
/// # Errors
/// A line is not an exchange, or this machine gives no runtime to play in.
pub fn play(path: &Path, text: &str) -> Result<Report, CorpusError> {
    play_to(path, text, |url, policy| match Connector::get(url) {
        Ok(connector) => Ok(connector.subscribe(policy)),
        Err(error) => Err(error.to_string()),
    })
}

/// The same to any client: `subscribe` makes one of a URL and a policy.
///
/// # Errors
/// As [`play`].
pub fn play_to<C: Connect>(
    path: &Path,
    text: &str,
    subscribe: impl Fn(&str, Policy) -> Result<EventSource<C>, String>,
) -> Result<Report, CorpusError> {
    let exchanges = exchange::parse(path, text)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| CorpusError::Unreadable { path: path.to_owned(), source })?;
    // All at once: each has its own server, and they spend their time waiting.
    let results = runtime.block_on(join_all(exchanges.iter().map(|exchange| check(exchange, &subscribe))));
    let cases = results.len();
    Ok(Report { cases, runs: cases, differences: results.into_iter().flatten().collect() })
}

async fn check<C: Connect>(
    exchange: &Exchange,
    subscribe: impl Fn(&str, Policy) -> Result<EventSource<C>, String>,
) -> Option<Difference> {
    let expected = exchange.expected();
    let what = match play_one(exchange, &expected, subscribe).await {
        Ok(seen) if seen == expected => return None,
        Ok(seen) => format!("expected:\n{expected}actual:\n{seen}"),
        Err(problem) => problem,
    };
    Some(Difference { case: exchange.name.clone(), run: "over a socket".to_owned(), what })
}

async fn play_one<C: Connect>(
    exchange: &Exchange,
    expected: &Seen,
    subscribe: impl Fn(&str, Policy) -> Result<EventSource<C>, String>,
) -> Result<Seen, String> {
    let broken = |error: std::io::Error| format!("the scripted server has no socket: {error}");
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(broken)?;
    let start = format!("http://{}/start", listener.local_addr().map_err(broken)?);
    let mut seen = Seen::default();
    let (log, requests) = (&mut seen.log, &mut seen.requests);
    let limit = if expected.closed { TIME_LIMIT } else { WATCH };
    let source = subscribe(&start, client::policy())?;
    let closed = timeout(limit, async {
        tokio::select! {
            closed = client::run(source, log) => closed,
            error = server::run(&listener, &exchange.connections, requests) => Err(broken(error)),
        }
    });
    seen.closed = match closed.await {
        Ok(result) => result.map(|()| true)?,
        Err(_) => false,
    };
    Ok(seen)
}
