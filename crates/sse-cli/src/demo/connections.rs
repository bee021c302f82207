//! The open event streams: how many, whose, and how they end.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use sse_codec::EventBlock;
use tokio_util::sync::CancellationToken;

/// The register of open event streams, bounded.
pub(super) struct Connections {
    limit: usize,
    shutdown: CancellationToken,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    last_number: u64,
    by_number: HashMap<u64, Entry>,
}

struct Entry {
    client: Option<String>,
    end: CancellationToken,
}

/// The place of one open stream in the register. Lives as long as the response's body does.
pub(super) struct Connection {
    number: u64,
    end: CancellationToken,
    connections: Arc<Connections>,
}

impl Connections {
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, shutdown: CancellationToken::new(), open: Mutex::default() })
    }

    /// A place for one more, of `client` if it gave a name; `None` when all are taken.
    pub(super) fn open(self: &Arc<Self>, client: Option<String>) -> Option<Connection> {
        let mut open = self.register();
        if open.by_number.len() >= self.limit {
            return None;
        }
        open.last_number += 1;
        let number = open.last_number;
        let end = self.shutdown.child_token();
        open.by_number.insert(number, Entry { client, end: end.clone() });
        Some(Connection { number, end, connections: Arc::clone(self) })
    }

    pub(super) fn count(&self) -> usize {
        self.register().by_number.len()
    }

    /// Ends the streams of `client`, or all of them, and says how many that were.
    pub(super) fn drop_streams(&self, client: Option<&str>) -> usize {
        let open = self.register();
        let meant = open.by_number.values().filter(|entry| client.is_none() || entry.client.as_deref() == client);
        meant.filter(|entry| !entry.end.is_cancelled()).map(|entry| entry.end.cancel()).count()
    }

    /// Ends all streams, now and later.
    pub(super) fn shut_down(&self) {
        self.shutdown.cancel();
    }

    fn register(&self) -> MutexGuard<'_, Open> {
        // No panic can happen while it is held.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// Resolves when the stream must end, to the block to send last.
    ///
    /// When the server goes away, that is a reconnection time that differs from client to client, so that they do not
    /// all return in the first moment of the server that comes after it (which sends its own `retry` first).
    pub(super) fn end(&self) -> impl Future<Output = Bytes> + Send + use<> {
        let end = self.end.clone();
        let shutdown = self.connections.shutdown.clone();
        async move {
            end.cancelled().await;
            if shutdown.is_cancelled() {
                let retry = Duration::from_millis(fastrand::u64(1000..3000));
                EventBlock::new().retry(retry).to_bytes()
            } else {
                Bytes::new()
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.connections.register().by_number.remove(&self.number);
    }
}
