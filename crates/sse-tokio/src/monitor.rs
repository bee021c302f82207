//! What others may see of an event source while its stream is being polled: its state, and what it has counted.

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use sse_client::{Cause, CloseReason};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_stream::wrappers::WatchStream;

/// The state of an [`EventSource`](crate::EventSource). The standard's ready states, of which CONNECTING is two here.
#[derive(Debug)]
#[non_exhaustive]
pub enum State<H> {
    /// An attempt has begun, or is about to: it waits for nothing but to be polled.
    #[non_exhaustive]
    Connecting {
        /// Which attempt this is, from 1, of all that were made. 0: none was.
        attempt: u64,
    },
    /// The server has answered with an event stream.
    #[non_exhaustive]
    Open {
        /// The head of its response.
        head: Arc<H>,
    },
    /// There will be another attempt.
    #[non_exhaustive]
    Waiting {
        /// When.
        until: Instant,
        /// Why.
        cause: Cause,
    },
    /// The end.
    #[non_exhaustive]
    Closed {
        /// Why. [`CloseReason::Requested`] also if the event source was dropped.
        reason: CloseReason,
    },
}

// Not derived: no head is cloned.
impl<H> Clone for State<H> {
    fn clone(&self) -> Self {
        match self {
            Self::Connecting { attempt } => Self::Connecting { attempt: *attempt },
            Self::Open { head } => Self::Open { head: Arc::clone(head) },
            Self::Waiting { until, cause } => Self::Waiting { until: *until, cause: cause.clone() },
            Self::Closed { reason } => Self::Closed { reason: reason.clone() },
        }
    }
}

/// Shows an [`EventSource`](crate::EventSource) to others: a line of status, a probe of health, a layer of metrics.
///
/// From [`EventSource::monitor`](crate::EventSource::monitor) or [`Updates::monitor`](crate::Updates::monitor). It holds
/// nothing up and keeps nothing alive: the event source does not wait for who looks, and may be dropped. Clones show the
/// same.
///
/// Cost: an allocation or two for each event source that has one, and one addition per event. Without one, nothing.
///
/// ```
/// # use std::{future::{Ready, ready}, io};
/// # use bytes::Bytes;
/// # use futures_util::stream;
/// # use sse_tokio::{Connect, Response, ResponseHead};
/// # struct Hello;
/// # impl Connect for Hello {
/// #     type Head = u16;
/// #     type Error = io::Error;
/// #     type Body = stream::Iter<std::vec::IntoIter<io::Result<Bytes>>>;
/// #     type Attempt = Ready<io::Result<Response<u16, Self::Body>>>;
/// #     fn connect(&mut self, _last_event_id: Option<&str>) -> Self::Attempt {
/// #         ready(Ok(Response { head: 200, body: stream::iter(vec![Ok("data: a\n\ndata: b\n\n".into())]) }))
/// #     }
/// #     fn response_head<'h>(&mut self, status: &'h u16) -> ResponseHead<'h> {
/// #         ResponseHead::new(*status).with_content_type(Some(b"text/event-stream"))
/// #     }
/// # }
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use futures_util::StreamExt as _;
/// use sse_tokio::{EventSource, State};
///
/// // `Hello` is the server in memory of `Connect`'s example.
/// let mut source = EventSource::once(Hello);
/// let monitor = source.monitor();
/// let mut states = monitor.states();
/// tokio::spawn(async move {
///     while let Some(state) = states.next().await {
///         println!("{state:?}");
///     }
/// });
/// while let Some(event) = source.next().await {
///     assert!(matches!(monitor.state(), State::Open { .. }));
///     println!("{}", event.unwrap().data());
/// }
/// assert!(matches!(monitor.state(), State::Closed { .. }));
/// assert_eq!(monitor.counters().events, 2);
/// # }
/// ```
#[derive(Debug)]
pub struct Monitor<H> {
    state: watch::Receiver<State<H>>,
    counts: Arc<Counts>,
}

impl<H> Clone for Monitor<H> {
    fn clone(&self) -> Self {
        Self { state: self.state.clone(), counts: Arc::clone(&self.counts) }
    }
}

impl<H: Send + Sync + 'static> Monitor<H> {
    /// The state now.
    pub fn state(&self) -> State<H> {
        self.state.borrow().clone()
    }

    /// The state now, and each change of it from here on, until it is closed.
    ///
    /// Who is slow sees the latest, not all: states in between are skipped, and nothing piles up. Who must miss none
    /// takes them from [`EventSource::updates`](crate::EventSource::updates).
    pub fn states(&self) -> States<H> {
        States(Some(WatchStream::new(self.state.clone())))
    }

    /// What has been counted.
    pub fn counters(&self) -> Counters {
        self.counts.read()
    }
}

/// The states of an event source. From [`Monitor::states`].
#[derive(Debug)]
pub struct States<H>(Option<WatchStream<State<H>>>);

impl<H: Send + Sync + 'static> Stream for States<H> {
    type Item = State<H>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<State<H>>> {
        let Some(states) = &mut self.0 else { return Poll::Ready(None) };
        let state = ready!(Pin::new(states).poll_next(cx));
        // It is the last one, although whoever it is about may still be there.
        if matches!(state, None | Some(State::Closed { .. })) {
            self.0 = None;
        }
        Poll::Ready(state)
    }
}

/// What an event source has counted since its [`Monitor`] was asked for. All of them only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Counters {
    /// Attempts that have begun.
    pub attempts: u64,
    /// Attempts that the server answered with an event stream.
    pub opened: u64,
    /// Attempts that failed, and connections that were lost, with another attempt to follow or an error. Not those behind which
    /// an error strategy closed it.
    pub lost: u64,
    /// Events.
    pub events: u64,
    /// Events that were dropped, since they were too large.
    pub dropped: u64,
    /// Bytes of event streams, as they are without content coding.
    pub bytes: u64,
}

/// The same while it is being counted.
#[derive(Debug, Default)]
struct Counts {
    attempts: AtomicU64,
    opened: AtomicU64,
    lost: AtomicU64,
    events: AtomicU64,
    dropped: AtomicU64,
    bytes: AtomicU64,
}

impl Counts {
    fn read(&self) -> Counters {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counters {
            attempts: read(&self.attempts),
            opened: read(&self.opened),
            lost: read(&self.lost),
            events: read(&self.events),
            dropped: read(&self.dropped),
            bytes: read(&self.bytes),
        }
    }
}

/// The event source's end of a [`Monitor`], if there is one.
#[derive(Debug)]
pub(crate) struct Reporter<H>(Option<Reports<H>>);

#[derive(Debug)]
struct Reports<H> {
    state: watch::Sender<State<H>>,
    counts: Arc<Counts>,
}

/// Adds to a counter that only one writes to, which needs no locked instruction.
fn add(count: &AtomicU64, more: u64) {
    count.store(count.load(Ordering::Relaxed).wrapping_add(more), Ordering::Relaxed);
}

impl<H> Reporter<H> {
    pub(crate) const NONE: Self = Self(None);

    /// Somebody wants to look, and this is what there is to see at first.
    pub(crate) fn monitor(&mut self, state: State<H>) -> Monitor<H> {
        let reports =
            self.0.get_or_insert_with(|| Reports { state: watch::Sender::new(state), counts: Arc::default() });
        Monitor { state: reports.state.subscribe(), counts: Arc::clone(&reports.counts) }
    }

    pub(crate) fn connecting(&self, attempt: u64) {
        self.report(|counts| &counts.attempts, || State::Connecting { attempt });
    }

    pub(crate) fn open(&self, head: &Arc<H>) {
        self.report(|counts| &counts.opened, || State::Open { head: Arc::clone(head) });
    }

    pub(crate) fn waiting(&self, until: Instant, cause: &Cause) {
        self.report(|counts| &counts.lost, || State::Waiting { until, cause: cause.clone() });
    }

    /// Closed, for this reason: at the first call.
    pub(crate) fn closed(&self, reason: &CloseReason) {
        let Some(reports) = &self.0 else { return };
        let is_first = reports.state.send_if_modified(|state| {
            let is_first = !matches!(state, State::Closed { .. });
            if is_first {
                *state = State::Closed { reason: reason.clone() };
            }
            is_first
        });
        if is_first && reason.cause().is_some() {
            add(&reports.counts.lost, 1);
        }
    }

    #[inline]
    pub(crate) fn event(&self) {
        if let Some(reports) = &self.0 {
            add(&reports.counts.events, 1);
        }
    }

    pub(crate) fn dropped(&self) {
        if let Some(reports) = &self.0 {
            add(&reports.counts.dropped, 1);
        }
    }

    pub(crate) fn bytes(&self, len: usize) {
        if let Some(reports) = &self.0 {
            add(&reports.counts.bytes, len as u64);
        }
    }

    fn report(&self, count: impl FnOnce(&Counts) -> &AtomicU64, state: impl FnOnce() -> State<H>) {
        if let Some(reports) = &self.0 {
            add(count(&reports.counts), 1);
            reports.state.send_replace(state());
        }
    }
}

/// To drop an event source is to close it.
impl<H> Drop for Reporter<H> {
    fn drop(&mut self) {
        self.closed(&CloseReason::Requested);
    }
}
