//! Drives a session: everything that happens, in order.

use std::error::Error as _;
use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use sse_client::{CloseReason, Deadlines, DelayStrategy, End, Ending, ErrorStrategy, Limit, ReadyState, Session, Step};
use sse_codec::{BytesInput, DecodeError, OwnedEvent, OwnedFrame};
use tokio::task::coop;
use tokio::time::Instant;
use tracing::Span;

use crate::connect::{Connect, Response};
use crate::error::{Error, Failure};
use crate::explanation::Explanation;
use crate::monitor::{Monitor, Reporter, State};
use crate::timer::Timer;
use crate::update::{Update, update_of};

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
    /// Of the attempt, and of the connection that comes of it.
    span: Span,
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
        input: BytesInput,
        /// When the input came.
        arrived: Duration,
        /// The input is used up.
        waiting: bool,
        /// How many chunks have come since the body had none to give.
        unbroken: usize,
    },
    /// The session is closed; the reason waits for the server's explanation.
    Explanation(Explanation<C::Head, C::Body>),
}

/// What an attempt or a connection left behind.
enum Left<C: Connect> {
    Response(C::Head, Pin<Box<C::Body>>),
    Error(C::Error),
    Nothing,
}

/// So many chunks in a row are a flood, in which there is no other moment for the deadlines. What has piled up while the
/// consumer was away is less, or there are events in it.
const FLOOD: usize = 8;

/// How many chunks in a row that say nothing are read without a pause.
const MAX_CHUNKS: usize = 64;

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
            span: Span::none(),
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
            self.hang_up();
        }
    }

    /// There is no connection any more, or there is nothing to be read from it.
    fn hang_up(&mut self) {
        self.phase = Phase::Idle;
        self.head = None;
        if let Step::Closed(reason) = self.session.step() {
            self.span.in_scope(|| tracing::debug!(name: "sse.closed", target: "sse", %reason, "closed"));
            self.reporter.closed(reason);
        }
        self.span = Span::none();
    }

    fn begin(&mut self) -> UpdateOf<C> {
        let last_event_id = match self.session.step() {
            Step::Connect { last_event_id } => last_event_id.map(str::to_owned),
            _ => None,
        };
        let unsendable_id = self.session.unsendable_last_event_id().map(str::to_owned);
        self.attempts += 1;
        self.span = tracing::debug_span!(target: "sse", "sse.connection", attempt = self.attempts);
        let _in_it = self.span.clone().entered();
        tracing::debug!(name: "sse.connecting", target: "sse", attempt = self.attempts, last_event_id, "connecting");
        self.reporter.connecting(self.attempts);
        if let Some(id) = &unsendable_id {
            let beginning: String = id.chars().take(100).collect();
            tracing::warn!(
                name: "sse.unsendable_id",
                target: "sse",
                ?beginning,
                bytes = id.len(),
                "the last event ID cannot be sent in a header: the server starts where it likes"
            );
        }
        self.phase = Phase::Attempt(Box::pin(self.connect.connect(last_event_id.as_deref())));
        self.session.handle_connecting(self.timer.now());
        Update::Connecting { attempt: self.attempts, last_event_id, unsendable_id }
    }

    /// The head is there: what the session makes of it decides what the body is.
    fn announce(&mut self, response: Response<C::Head, C::Body>) -> Option<ItemOf<C>> {
        let Response { head, body } = response;
        let body = Box::pin(body);
        self.session.handle_head(self.timer.now(), self.connect.response_head(&head));
        if !matches!(self.session.step(), Step::Read { .. }) {
            return self.settle(Left::Response(head, body));
        }
        tracing::debug!(name: "sse.open", target: "sse", attempt = self.attempts, "open");
        let head = Arc::new(head);
        self.reporter.open(&head);
        self.head = Some(Arc::clone(&head));
        self.phase =
            Phase::Body { body, input: BytesInput::default(), arrived: Duration::ZERO, waiting: true, unbroken: 0 };
        Some(Ok(Update::Open(head)))
    }

    /// The attempt or the body ended with an error.
    fn break_off(&mut self, end: End, error: C::Error) -> Option<ItemOf<C>> {
        self.session.handle_end(self.timer.now(), end);
        self.settle(Left::Error(error))
    }

    /// Time has passed.
    fn expire(&mut self) -> Option<ItemOf<C>> {
        self.session.handle_timeout(self.timer.now());
        self.settle(Left::Nothing)
    }

    /// Reports what the last input led to, if the connection is gone.
    fn settle(&mut self, left: Left<C>) -> Option<ItemOf<C>> {
        let (until, limit, cause) = match self.session.step() {
            Step::Connect { .. } | Step::AwaitHead { .. } | Step::Read { .. } => return None,
            Step::Wait { until, cause } => (Some(until), None, Some(cause.clone())),
            Step::Closed(CloseReason::GaveUp { limit, cause }) => (None, Some(*limit), Some(cause.clone())),
            Step::Closed(reason) => (None, None, reason.cause().cloned()),
        };
        self.hang_up();
        let cause = cause?;
        let failure = match left {
            Left::Response(head, body) if until.is_none() => {
                self.phase = Phase::Explanation(Explanation::new(limit, head, body, self.timer.now()));
                return None;
            }
            Left::Response(head, _) => Failure::Response { cause, head: Box::new(head), body: Bytes::new() },
            Left::Error(source) => Failure::Transport { cause, source },
            Left::Nothing => Failure::Lost(cause),
        };
        Some(match until {
            Some(until) => {
                let until = self.timer.instant(until);
                let wait = until.saturating_duration_since(Instant::now());
                let error = failure.source().map(tracing::field::display);
                tracing::debug!(name: "sse.waiting", target: "sse", %failure, error, ?wait, "waiting");
                self.reporter.waiting(until, failure.cause());
                Ok(Update::Waiting { until, failure })
            }
            None => Err(fail(limit, failure)),
        })
    }
}

/// The loop: what the session wants done, until there is something to report or nothing to do.
impl<C: Connect> Updates<C> {
    fn drive(&mut self, cx: &mut Context<'_>) -> Poll<Option<ItemOf<C>>> {
        let deadline = match self.session.step() {
            Step::Connect { .. } => return Poll::Ready(Some(Ok(self.begin()))),
            Step::AwaitHead { deadline } | Step::Read { deadline } => deadline,
            Step::Wait { until, .. } => Some(until),
            Step::Closed(_) => return self.poll_explanation(cx),
        };
        let _in_it = self.span.clone().entered();
        // Bytes before the timer: a consumer that was slow must not take what is already here for silence.
        let progress = match &mut self.phase {
            Phase::Attempt(attempt) => attempt.as_mut().poll(cx).map(|attempt| match attempt {
                Ok(response) => self.announce(response),
                Err(error) => {
                    let end = match &error {
                        error if self.connect.is_futile(error) => End::Futile,
                        error if self.connect.is_unsent(error) => End::Unsent,
                        _ => End::TransportError,
                    };
                    self.break_off(end, error)
                }
            }),
            Phase::Body { .. } => self.poll_body(cx),
            // The session comes from someone else, who has the connection that it thinks of.
            Phase::Idle if !matches!(self.session.step(), Step::Wait { .. }) => {
                self.session.handle_end(self.timer.now(), End::TransportError);
                Poll::Ready(self.settle(Left::Nothing))
            }
            Phase::Idle | Phase::Explanation(_) => Poll::Pending,
        };
        if progress.is_pending() {
            ready!(self.timer.poll(cx, deadline));
            return Poll::Ready(self.expire());
        }
        progress
    }

    /// An event of the chunk that is here already, which is where most events come from: by a way that is short.
    #[inline(always)]
    pub(crate) fn next_event(&mut self, cx: &mut Context<'_>) -> Option<OwnedEvent> {
        let Phase::Body { input, arrived, waiting: false, .. } = &mut self.phase else { return None };
        let Poll::Ready(budget) = coop::poll_proceed(cx) else { return None };
        let event = self.session.handle_whole_event(*arrived, input)?;
        budget.made_progress();
        self.reporter.event();
        Some(event)
    }

    /// The next event, by whatever way.
    #[inline(never)]
    pub(crate) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<EventOf<C>>> {
        loop {
            match ready!(Pin::new(&mut *self).poll_next(cx)) {
                Some(Ok(Update::Event(event))) => return Poll::Ready(Some(Ok(event))),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }

    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Option<ItemOf<C>>> {
        let Phase::Body { body, input, arrived, waiting, unbroken } = &mut self.phase else { return Poll::Pending };
        for _ in 0..MAX_CHUNKS {
            // Each event and each chunk costs one unit of the task's budget, so that endless ready input leaves room for
            // other tasks.
            let budget = ready!(coop::poll_proceed(cx));
            if !*waiting {
                // Also when the input is used up: the call behind an event gives back what a large one took.
                let frame = self.session.handle_bytes(*arrived, input);
                count(&self.reporter, &frame);
                let update = update_of(frame);
                let is_over = self.session.ready_state() == ReadyState::Closed;
                if update.is_some() || is_over {
                    budget.made_progress();
                    if is_over {
                        // That was the last event, or the mark behind it.
                        self.hang_up();
                    }
                    return Poll::Ready(update.map(Ok));
                }
                // An idle connection keeps no chunk in memory, which may be a share of something large.
                *input = BytesInput::default();
                *waiting = true;
                // What the consumer took its time over is no silence of the server.
                let now = self.timer.now();
                self.session.handle_waiting(now);
                if *unbroken >= FLOOD {
                    // The timer is looked at when there is nothing to read, and there always is.
                    self.session.handle_timeout(now);
                    if self.session.ready_state() != ReadyState::Open {
                        return Poll::Ready(self.settle(Left::Nothing));
                    }
                }
            }
            let Poll::Ready(chunk) = body.as_mut().poll_next(cx) else {
                *unbroken = 0;
                return Poll::Pending;
            };
            match chunk {
                Some(Ok(chunk)) => {
                    budget.made_progress();
                    *unbroken = unbroken.saturating_add(1);
                    self.reporter.bytes(chunk.len());
                    *input = BytesInput::new(chunk);
                    // The clock is read by the chunk: an event costs less than that.
                    *arrived = self.timer.now();
                    *waiting = false;
                }
                // An attempt that got as far as a body was not futile, and neither is the next one.
                Some(Err(error)) => return Poll::Ready(self.break_off(End::TransportError, error)),
                None => {
                    self.session.handle_end(self.timer.now(), End::Eof);
                    return Poll::Ready(self.settle(Left::Nothing));
                }
            }
        }
        // Not every task has a budget.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Reads what the server says of its refusal, and then reports it.
    fn poll_explanation(&mut self, cx: &mut Context<'_>) -> Poll<Option<ItemOf<C>>> {
        let Phase::Explanation(explanation) = &mut self.phase else { return Poll::Ready(None) };
        ready!(explanation.poll(cx, &mut self.timer));
        let Phase::Explanation(explanation) = mem::replace(&mut self.phase, Phase::Idle) else {
            return Poll::Ready(None);
        };
        let Explanation { limit, head, read, .. } = explanation;
        let cause = self.close_reason().and_then(CloseReason::cause).cloned();
        let failure = |cause| Failure::Response { cause, head: Box::new(head), body: read.freeze() };
        Poll::Ready(cause.map(|cause| Err(fail(limit, failure(cause)))))
    }
}

impl<C: Connect> Stream for Updates<C> {
    type Item = ItemOf<C>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if matches!((this.session.step(), &this.phase), (Step::Closed(_), Phase::Idle)) {
                return Poll::Ready(None);
            }
            if let Some(item) = ready!(this.drive(cx)) {
                return Poll::Ready(Some(item));
            }
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

fn fail<H, E>(limit: Option<Limit>, failure: Failure<H, E>) -> Error<H, E> {
    match limit {
        Some(limit) => Error::GaveUp { limit, failure },
        None => Error::Failed(failure),
    }
}

/// For the monitor.
#[inline]
fn count<H>(reporter: &Reporter<H>, frame: &Result<Option<OwnedFrame>, DecodeError>) {
    match frame {
        Ok(Some(OwnedFrame::Event(_))) => reporter.event(),
        Ok(_) => {}
        Err(_) => reporter.dropped(),
    }
}
