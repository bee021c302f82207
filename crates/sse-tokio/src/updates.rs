//! Drives a session: everything that happens, in order.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use futures_core::Stream;
use sse_client::{CloseReason, Deadlines, End, Ending, Limit, ReadyState, Session, Step};
use sse_codec::{BytesInput, DecodeError, OwnedEvent, OwnedFrame};
use tokio::task::coop;
use tokio::time::Instant;

use crate::connect::{Connect, Response};
use crate::error::{Error, Failure};
use crate::timer::Timer;

/// One thing that happened to an [`EventSource`](crate::EventSource).
#[derive(Debug)]
#[non_exhaustive]
pub enum Update<H, E> {
    /// An attempt begins.
    #[non_exhaustive]
    Connecting {
        /// Which attempt this is, from 1, of all that were made.
        attempt: u64,
        /// The last event ID that it asks the server to resume after.
        last_event_id: Option<String>,
        /// A last event ID that cannot be sent, since HTTP cannot carry its control characters or servers would not
        /// take its length ([`MAX_SENT_ID_BYTES`](crate::MAX_SENT_ID_BYTES)). The server starts where it likes.
        unsendable_id: Option<String>,
    },
    /// The server answered with an event stream: this is the head of its response.
    Open(Arc<H>),
    /// An event.
    Event(OwnedEvent),
    /// A comment: a sign of life.
    Comment(ByteString),
    /// The server set the reconnection time.
    Retry(Duration),
    /// One event was dropped, since it is too large.
    Dropped(DecodeError),
    /// The attempt failed or the connection was lost, and there will be another attempt.
    #[non_exhaustive]
    Waiting {
        /// When.
        until: Instant,
        /// Why.
        failure: Failure<H, E>,
    },
}

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
}

type UpdateOf<C> = Update<<C as Connect>::Head, <C as Connect>::Error>;
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
    },
    /// The session is closed; the reason waits for the server's explanation.
    Explanation {
        limit: Option<Limit>,
        head: C::Head,
        body: Option<Pin<Box<C::Body>>>,
        read: BytesMut,
        deadline: Duration,
    },
}

/// What an attempt or a connection left behind.
enum Left<C: Connect> {
    Response(C::Head, Pin<Box<C::Body>>),
    Error(C::Error),
    Nothing,
}

/// How much of an error response is read, and how long it may take.
const EXPLANATION_BYTES: usize = 8 * 1024;
const EXPLANATION_TIME: Duration = Duration::from_secs(2);

impl<C: Connect> Updates<C> {
    pub(crate) fn new(connect: C, session: Session) -> Self {
        let timer = Timer::new(session.now());
        Self { connect, session, timer, phase: Phase::Idle, head: None, attempts: 0 }
    }

    pub(crate) fn with_comments(mut self) -> Self {
        self.session = self.session.with_comments(true);
        self
    }

    pub(crate) fn with_ending(mut self, ending: Ending) -> Self {
        self.session = self.session.with_ending(ending);
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

    /// Closes the connection at once; the next item is the end. If it has failed already, and the server's explanation
    /// was being read, that is the error, with what has been read so far.
    pub fn close(&mut self) {
        self.session.close();
        match &mut self.phase {
            Phase::Explanation { body, .. } => *body = None,
            _ => self.hang_up(),
        }
    }

    fn hang_up(&mut self) {
        self.phase = Phase::Idle;
        self.head = None;
    }

    fn begin(&mut self) -> UpdateOf<C> {
        let last_event_id = match self.session.step() {
            Step::Connect { last_event_id } => last_event_id.map(str::to_owned),
            _ => None,
        };
        let unsendable_id = self.session.unsendable_last_event_id().map(str::to_owned);
        self.attempts += 1;
        tracing::debug!(attempt = self.attempts, last_event_id, "connecting");
        if let Some(id) = &unsendable_id {
            let beginning: String = id.chars().take(100).collect();
            tracing::warn!(
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
        tracing::debug!(attempt = self.attempts, "open");
        let head = Arc::new(head);
        self.head = Some(Arc::clone(&head));
        self.phase = Phase::Body { body, input: BytesInput::default(), arrived: Duration::ZERO, waiting: true };
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
                let deadline = self.timer.now().saturating_add(EXPLANATION_TIME);
                self.phase = Phase::Explanation { limit, head, body: Some(body), read: BytesMut::new(), deadline };
                return None;
            }
            Left::Response(head, _) => Failure::Response { cause, head: Box::new(head), body: Bytes::new() },
            Left::Error(source) => Failure::Transport { cause, source },
            Left::Nothing => Failure::Lost(cause),
        };
        Some(match until {
            Some(until) => {
                let until = self.timer.instant(until);
                tracing::debug!(%failure, wait = ?until.saturating_duration_since(Instant::now()), "waiting");
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
            Phase::Idle | Phase::Explanation { .. } => Poll::Pending,
        };
        if progress.is_pending() {
            ready!(self.timer.poll(cx, deadline));
            return Poll::Ready(self.expire());
        }
        progress
    }

    /// An event of the chunk that is here already, which is where most events come from: by a way that is short.
    #[inline]
    pub(crate) fn next_event(&mut self, cx: &mut Context<'_>) -> Option<OwnedEvent> {
        let Phase::Body { input, arrived, waiting: false, .. } = &mut self.phase else { return None };
        let Poll::Ready(budget) = coop::poll_proceed(cx) else { return None };
        let frame = self.session.handle_bytes(*arrived, input);
        if self.session.ready_state() == ReadyState::Closed {
            // That was the last event, or the mark behind it.
            self.hang_up();
        }
        match update_of::<C::Head, C::Error>(frame) {
            Some(Update::Event(event)) => {
                budget.made_progress();
                Some(event)
            }
            _ => None,
        }
    }

    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Option<ItemOf<C>>> {
        let Phase::Body { body, input, arrived, waiting } = &mut self.phase else { return Poll::Pending };
        let mut flooded = false;
        loop {
            // Each event and each chunk costs one unit of the task's budget, so that endless ready input leaves room for
            // other tasks; and for the timer, which a flood of comments would otherwise keep from being looked at.
            let Poll::Ready(budget) = coop::poll_proceed(cx) else {
                return if flooded { Poll::Ready(self.expire()) } else { Poll::Pending };
            };
            if !*waiting {
                // Also when the input is used up: the call behind an event gives back what a large one took.
                let update = update_of(self.session.handle_bytes(*arrived, input));
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
                self.session.handle_waiting(self.timer.now());
            }
            match ready!(body.as_mut().poll_next(cx)) {
                Some(Ok(chunk)) => {
                    budget.made_progress();
                    flooded = true;
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
    }

    /// Reads what the server says of its refusal, and then reports it.
    fn poll_explanation(&mut self, cx: &mut Context<'_>) -> Poll<Option<ItemOf<C>>> {
        let Phase::Explanation { body, read, deadline, .. } = &mut self.phase else { return Poll::Ready(None) };
        while let Some(body) = body.as_mut().filter(|_| read.len() < EXPLANATION_BYTES) {
            // As in `poll_body`; the timer would find no budget either.
            let Poll::Ready(budget) = coop::poll_proceed(cx) else {
                if self.timer.now() < *deadline {
                    return Poll::Pending;
                }
                break;
            };
            match body.as_mut().poll_next(cx) {
                Poll::Ready(Some(Ok(chunk))) => {
                    budget.made_progress();
                    let wanted = chunk.len().min(EXPLANATION_BYTES - read.len());
                    read.extend_from_slice(&chunk[..wanted]);
                }
                // An explanation that breaks off explains as far as it goes.
                Poll::Ready(Some(Err(_)) | None) => break,
                Poll::Pending => {
                    ready!(self.timer.poll(cx, Some(*deadline)));
                    break;
                }
            }
        }
        let Phase::Explanation { limit, head, read, .. } = mem::replace(&mut self.phase, Phase::Idle) else {
            return Poll::Ready(None);
        };
        let cause = self.close_reason().and_then(CloseReason::cause).cloned();
        Poll::Ready(cause.map(|cause| Err(fail(limit, Failure::Response { cause, head: Box::new(head), body: read.freeze() }))))
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

/// What a frame is to who wants to know all. A dropped event is worth a warning in any case.
#[inline]
fn update_of<H, E>(frame: Result<Option<OwnedFrame>, DecodeError>) -> Option<Update<H, E>> {
    match frame {
        Ok(Some(OwnedFrame::Event(event))) => Some(Update::Event(event)),
        Ok(Some(OwnedFrame::Comment(comment))) => Some(Update::Comment(comment)),
        Ok(Some(OwnedFrame::Retry(time))) => Some(Update::Retry(time)),
        Ok(_) => None,
        Err(error) => {
            tracing::warn!(%error);
            Some(Update::Dropped(error))
        }
    }
}

fn fail<H, E>(limit: Option<Limit>, failure: Failure<H, E>) -> Error<H, E> {
    match limit {
        Some(limit) => Error::GaveUp { limit, failure },
        None => Error::Failed(failure),
    }
}
