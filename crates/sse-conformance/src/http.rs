//! The player of whole HTTP exchanges: a scripted server on one side, the real client on the other.
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

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::case::CorpusError;
use crate::report::{Difference, Report};
use exchange::{Exchange, Seen};

/// Longer than any exchange takes, by far.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// How long to watch a client that is expected never to come to an end.
const WATCH: Duration = Duration::from_secs(2);

/// Plays every exchange of a file to the client over a socket on 127.0.0.1; `path` is for the errors.
///
/// # Errors
/// A line is not an exchange, or this machine gives no runtime to play in.
pub fn play(path: &Path, text: &str) -> Result<Report, CorpusError> {
    let exchanges = exchange::parse(path, text)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| CorpusError::Unreadable { path: path.to_owned(), source })?;
    Ok(runtime.block_on(play_all(exchanges)))
}

/// All at once: each has its own server, and they spend their time waiting.
async fn play_all(exchanges: Vec<Exchange>) -> Report {
    let mut playing = JoinSet::new();
    for (index, exchange) in exchanges.into_iter().enumerate() {
        playing.spawn(async move { (index, check(&exchange).await) });
    }
    let mut results = playing.join_all().await;
    results.sort_by_key(|(index, _)| *index);
    let cases = results.len();
    let differences = results.into_iter().filter_map(|(_, difference)| difference).collect();
    Report { cases, runs: cases, differences }
}

async fn check(exchange: &Exchange) -> Option<Difference> {
    let expected = exchange.expected();
    let what = match play_one(exchange, &expected).await {
        Ok(seen) if seen == expected => return None,
        Ok(seen) => format!("expected:\n{expected}actual:\n{seen}"),
        Err(problem) => problem,
    };
    Some(Difference { case: exchange.name.clone(), run: "over a socket".to_owned(), what })
}

async fn play_one(exchange: &Exchange, expected: &Seen) -> Result<Seen, String> {
    let broken = |error: std::io::Error| format!("the scripted server has no socket: {error}");
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(broken)?;
    let start = format!("http://{}/start", listener.local_addr().map_err(broken)?);
    let mut seen = Seen::default();
    let (log, requests) = (&mut seen.log, &mut seen.requests);
    let limit = if expected.closed { TIME_LIMIT } else { WATCH };
    let closed = timeout(limit, async {
        tokio::select! {
            closed = client::run(&start, log) => closed,
            error = server::run(&listener, &exchange.connections, requests) => Err(broken(error)),
        }
    });
    seen.closed = match closed.await {
        Ok(result) => result.map(|()| true)?,
        Err(_) => false,
    };
    Ok(seen)
}
