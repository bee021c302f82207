//! Drives a session: everything that happens, in order.

mod chunk;
mod drive;
mod outcome;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use sse_client::{CloseReason, Deadlines, DelayStrategy, Ending, ErrorStrategy, Session, Step};
use sse_codec::OwnedEvent;
use tracing::Span;
use tracing::span::EnteredSpan;

use crate::connect::Connect;
use crate::error::Error;
use crate::explanation::Explanation;
use crate::monitor::{Monitor, Reporter, State};
use crate::timer::Timer;
use crate::update::Update;
use chunk::Chunk;

/// Everything that happens to an [`EventSource`](crate::EventSource), in order.
///
/// From [`EventSource::updates`](crate::EventSource::updates): a `Stream` of [`Update`]s. An `Err` is the last item; after a proper end there is none, and
/// [`close_reason`](Self::close_reason) says which it was. Dropping it closes the connection at once.
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
/// #         ready(Ok(Response { head: 200, body: stream::iter(vec![Ok("data: hello\n\n: bye\n".into())]) }))
/// #     }
/// #     fn response_head<'h>(&mut self, status: &'h u16) -> ResponseHead<'h> {
/// #         ResponseHead::new(*status).with_content_type(Some(b"text/event-stream"))
/// #     }
/// # }
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use futures_util::StreamExt as _;
/// use sse_tokio::{CloseReason, EventSource, Update};
///
/// // `Hello` is the server in memory of `Connect`'s example.
/// let mut updates = EventSource::once(Hello).updates();
/// let mut seen = Vec::new();
/// while let Some(update) = updates.next().await {
///     seen.push(match update {
///         Ok(Update::Connecting { attempt, .. }) => format!("attempt {attempt}"),
///         Ok(Update::Open(head)) => format!("open: {head}"),
///         Ok(Update::Event(event)) => format!("event: {}", event.data()),
///         Ok(Update::Comment(comment)) => format!("comment: {comment}"),
///         Ok(Update::Waiting { failure, .. }) => format!("lost, to be retried: {failure}"),
///         Ok(_) => continue,
///         Err(error) => format!("lost for good: {error}"),
///     });
/// }
/// assert_eq!(seen, ["attempt 1", "open: 200", "event: hello", "comment: bye"]);
/// assert_eq!(updates.close_reason(), Some(&CloseReason::EndOfStream));
/// # }
/// ```
pub struct Updates<C: Connect> {
    connect: C,
    session: Session,
    timer: Timer,
    phase: Phase<C>,
    head: Option<Arc<C::Head>>,
    attempts: u64,
    reporter: Reporter<C::Head>,
    /// Of the attempt, and of the connection that comes of it, if somebody wants it. Boxed: mostly nobody does.
    span: Option<Box<Span>>,
}

type UpdateOf<C> = Update<<C as Connect>::Head, <C as Connect>::Error>;
type EventOf<C> = Result<OwnedEvent, Error<<C as Connect>::Head, <C as Connect>::Error>>;
type ItemOf<C> = Result<UpdateOf<C>, Error<<C as Connect>::Head, <C as Connect>::Error>>;

/// What is held for the session's step. Dropping it cancels it.
enum Phase<C: Connect> {
    /// No connection.
    Idle,
    /// For [`Step::AwaitHead`].
    Attempt(Pin<Box<C::Attempt>>),
    /// For [`Step::Read`].
    Body {
        body: Pin<Box<C::Body>>,
        /// What is being decoded.
        chunk: Chunk,
        /// How many chunks have come since the body had none to give.
        unbroken: usize,
    },
    /// The session is closed; the reason waits for the server's explanation. Boxed: large, and seldom there.
    Explanation(Box<Explanation<C::Head, C::Body>>),
}

impl<C: Connect> Updates<C> {
    pub(crate) fn new(connect: C, session: Session) -> Self {
        let timer = Timer::new(session.now());
        Self {
            connect,
            session,
            timer,
            phase: Phase::Idle,
            head: None,
            attempts: 0,
            reporter: Reporter::NONE,
            span: None,
        }
    }

    pub(crate) fn with_comments(mut self) -> Self {
        self.session = self.session.with_comments(true);
        self
    }

    pub(crate) fn with_ending(mut self, ending: Ending) -> Self {
        self.session = self.session.with_ending(ending);
        self
    }

    pub(crate) fn with_error_strategy(mut self, strategy: impl ErrorStrategy + 'static) -> Self {
        self.session = self.session.with_error_strategy(strategy);
        self
    }

    pub(crate) fn with_delay_strategy(mut self, strategy: impl DelayStrategy + 'static) -> Self {
        self.session = self.session.with_delay_strategy(strategy);
        self
    }

    pub(crate) fn with_deadlines(mut self, deadlines: Deadlines) -> Self {
        self.session = self.session.with_deadlines(deadlines);
        self
    }

    /// The session being driven: ready state, last event ID, reconnection time.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The head of the response that is being read.
    pub fn head(&self) -> Option<&C::Head> {
        self.head.as_deref()
    }

    /// Why it is closed. `None`: it is not.
    pub fn close_reason(&self) -> Option<&CloseReason> {
        match self.session.step() {
            Step::Closed(reason) => Some(reason),
            _ => None,
        }
    }

    /// Lets others see its state, and what it counts from here on. See [`Monitor`].
    pub fn monitor(&mut self) -> Monitor<C::Head> {
        let state = match (self.session.step(), &self.head) {
            (Step::Wait { until, cause }, _) => {
                State::Waiting { until: self.timer.instant(until), cause: cause.clone() }
            }
            (Step::Closed(reason), _) => State::Closed { reason: reason.clone() },
            (Step::Read { .. }, Some(head)) => State::Open { head: Arc::clone(head) },
            _ => State::Connecting { attempt: self.attempts },
        };
        self.reporter.monitor(state)
    }

    /// Closes the connection at once; the next item is the end. If it has failed already, and the server's explanation
    /// was being read, that is the error, with what has been read so far.
    pub fn close(&mut self) {
        if let Phase::Explanation(explanation) = &mut self.phase {
            explanation.body = None;
        } else if self.close_reason().is_none() {
            self.session.close();
            self.hang_up(None);
        }
    }

    /// There is no connection any more, or there is nothing to be read from it: because of this error, if it was one.
    fn hang_up(&mut self, error: Option<&C::Error>) {
        self.phase = Phase::Idle;
        self.head = None;
        if let Step::Closed(reason) = self.session.step() {
            let _in_it = enter(&self.span);
            let error = error.map(tracing::field::display);
            tracing::debug!(name: "sse.closed", target: "sse", %reason, error, "closed");
            self.reporter.closed(reason);
        }
        self.span = None;
    }
}

/// Until it is dropped.
fn enter(span: &Option<Box<Span>>) -> Option<EnteredSpan> {
    span.as_deref().map(|span| span.clone().entered())
}

impl<C: Connect> Stream for Updates<C> {
    type Item = ItemOf<C>;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.next_event(cx) {
            Some(event) => Poll::Ready(Some(Ok(Update::Event(event)))),
            None => self.poll_update(cx),
        }
    }
}

// What needs pinning is boxed.
impl<C: Connect> Unpin for Updates<C> {}

impl<C: Connect> fmt::Debug for Updates<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Updates").field("step", &self.session.step()).field("attempts", &self.attempts).finish()
    }
}
