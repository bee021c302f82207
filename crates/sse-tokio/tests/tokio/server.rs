//! A server in memory: what it answers, attempt by attempt.

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use sse_tokio::{Connect, Response, ResponseHead};
use tokio::time::{Instant, sleep};

pub(crate) const S: Duration = Duration::from_secs(1);
pub(crate) const MS: Duration = Duration::from_millis(1);

/// When it came, and the last event ID that it sent.
pub(crate) type Request = (Duration, Option<String>);

/// What an attempt meets.
#[derive(Clone)]
pub(crate) enum Reply {
    /// No connection.
    Refuse(Reset),
    /// No answer, ever.
    Hang,
    Answer(Head, Vec<Piece>),
}

/// A part of a body.
#[derive(Clone)]
pub(crate) enum Piece {
    Chunk(Bytes),
    Pause(Duration),
    Fail,
    Hang,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) retry_after: Option<&'static str>,
}

impl Default for Head {
    fn default() -> Self {
        Self { status: 200, content_type: "text/event-stream", retry_after: None }
    }
}

/// The HTTP library's error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reset {
    pub(crate) futile: bool,
    pub(crate) unsent: bool,
}

impl fmt::Display for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connection reset by peer")
    }
}

impl Error for Reset {}

pub(crate) fn ok(pieces: impl IntoIterator<Item = Piece>) -> Reply {
    answer(200, pieces)
}

pub(crate) fn answer(status: u16, pieces: impl IntoIterator<Item = Piece>) -> Reply {
    Reply::Answer(Head { status, ..Head::default() }, pieces.into_iter().collect())
}

pub(crate) fn chunk(text: &'static str) -> Piece {
    Piece::Chunk(Bytes::from_static(text.as_bytes()))
}

/// Answers by its script, and 204 after it. Clones are the same server.
#[derive(Clone)]
pub(crate) struct Server {
    script: Arc<Mutex<VecDeque<Reply>>>,
    requests: Arc<Mutex<Vec<Request>>>,
    open: Arc<AtomicUsize>,
    started: Instant,
}

impl Server {
    pub(crate) fn new(script: impl IntoIterator<Item = Reply>) -> Self {
        Self {
            script: Arc::new(Mutex::new(script.into_iter().collect())),
            requests: Arc::default(),
            open: Arc::default(),
            started: Instant::now(),
        }
    }

    /// What has come so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The last event ID of each request; "-" for none.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.requests().into_iter().map(|(_, id)| id.unwrap_or_else(|| "-".into())).collect()
    }

    /// How many attempts and bodies there are.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }
}

/// Counts as open until dropped.
struct Guard(Arc<AtomicUsize>);

impl Guard {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connect for Server {
    type Head = Head;
    type Error = Reset;
    type Body = BoxStream<'static, Result<Bytes, Reset>>;
    type Attempt = BoxFuture<'static, Result<Response<Head, Self::Body>, Reset>>;

    fn connect(&mut self, last_event_id: Option<&str>) -> Self::Attempt {
        self.requests.lock().unwrap().push((self.started.elapsed(), last_event_id.map(str::to_owned)));
        let reply = self.script.lock().unwrap().pop_front().unwrap_or_else(|| answer(204, []));
        let guard = Guard::new(&self.open);
        Box::pin(async move {
            match reply {
                Reply::Refuse(error) => Err(error),
                Reply::Hang => std::future::pending().await,
                Reply::Answer(head, pieces) => Ok(Response { head, body: body(pieces, guard) }),
            }
        })
    }

    fn response_head<'h>(&mut self, head: &'h Head) -> ResponseHead<'h> {
        ResponseHead::new(head.status)
            .with_content_type(Some(head.content_type.as_bytes()))
            .with_retry_after(head.retry_after.map(str::as_bytes))
    }

    fn is_futile(&self, error: &Reset) -> bool {
        error.futile
    }

    fn is_unsent(&self, error: &Reset) -> bool {
        error.unsent
    }
}

fn body(pieces: Vec<Piece>, guard: Guard) -> BoxStream<'static, Result<Bytes, Reset>> {
    Box::pin(stream::unfold((pieces.into_iter(), guard), |(mut pieces, guard)| async {
        let item = loop {
            match pieces.next()? {
                Piece::Chunk(chunk) => break Ok(chunk),
                Piece::Pause(time) => sleep(time).await,
                // The same error that makes an attempt futile, or harmless.
                Piece::Fail => break Err(Reset { futile: true, unsent: true }),
                Piece::Hang => std::future::pending().await,
            }
        };
        Some((item, (pieces, guard)))
    }))
}
