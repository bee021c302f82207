//! The states of a session and what leads from one to the next.

mod shown;
mod told;

use alloc::boxed::Box;
use core::time::Duration;

use sse_codec::{BytesInput, DecodeError, Decoder, Event, Frame, Input, OwnedEvent, OwnedFrame};

use crate::ending::{Ending, Place};
use crate::head::ResponseHead;
use crate::mode::Mode;
use crate::open::{Arrived, Open, head_deadline};
use crate::policy::Deadlines;
use crate::reason::{Cause, CloseReason, ContentCoding, ContentType};
use crate::reconnect::Verdict;
use crate::step::{End, Step};
use crate::strategy::{Decision, Lost, Strategies};

/// The EventSource processing model as a state machine without I/O, clock and random source.
///
/// Inputs are the `handle_*` methods, and the answer is always [`step`](Self::step): what to do now. `step` is pure, so
/// asking twice is harmless. An input that does not fit the state is ignored, an early or repeated timeout too, so there
/// is no order of calls to get wrong. See the [crate's documentation](crate) for the whole loop.
///
/// `now` is the time since any fixed origin, such as the start of the program. Where it runs backwards, time stands still
/// for the session until it is past its latest again ([`Session::now`]): waits and deadlines only get longer.
///
/// The session owns its [`Decoder`], so the last event ID, the server's `retry` and the fresh start on each connection
/// are its business. Memory: half a KiB, and while it reads, the unfinished event that the decoder holds, which is
/// bounded by the largest event allowed. What a large event took is given back at its end, or the connection's.
///
/// ```
/// use core::time::Duration;
/// use sse_client::{End, Policy, ResponseHead, Session, Step};
///
/// let mut now = Duration::ZERO;
/// let mut session = Session::subscribe(Policy::default(), 0x5eed).with_last_event_id("41")?;
/// assert_eq!(session.step(), Step::Connect { last_event_id: Some("41") });
///
/// session.handle_connecting(now);
/// session.handle_head(now, ResponseHead::new(200).with_content_type(Some(b"text/event-stream")));
/// assert_eq!(session.step(), Step::Read { deadline: None });
///
/// session.handle_end(now, End::TransportError);
/// let Step::Wait { until, cause } = session.step() else { panic!("a lost connection is retried") };
/// assert_eq!(cause.to_string(), "the connection failed");
///
/// now = until;
/// session.handle_timeout(now);
/// assert_eq!(session.step(), Step::Connect { last_event_id: Some("41") });
/// # Ok::<(), sse_codec::FieldError>(())
/// ```
#[derive(Debug)]
pub struct Session {
    mode: Mode,
    deadlines: Deadlines,
    /// `None`: whatever the server ends, was all of it. Boxed: seldom there.
    ending: Option<Box<Ending>>,
    strategies: Strategies,
    decoder: Decoder,
    /// The latest `now` that it has been told.
    now: Duration,
    state: State,
}

#[derive(Debug)]
enum State {
    Connect,
    AwaitHead { begun: Duration },
    Read(Open),
    Wait { until: Duration, cause: Cause },
    Closed(CloseReason),
}

/// The longest last event ID that is sent: 4 KiB.
///
/// The standard sets no bound, but servers do: most refuse a header line over 8 KiB, and some a whole head over that,
/// with 431 or 400. Such an answer ends a subscription for good, although all would be well without the id. Half of it
/// leaves room for cookies and tokens; no id that is one is nearly as long.
pub const MAX_SENT_ID_BYTES: usize = 4096;

impl Session {
    /// What to do now. Pure: does not change the session, however often it is called.
    #[must_use]
    pub fn step(&self) -> Step<'_> {
        match &self.state {
            State::Connect => Step::Connect { last_event_id: self.sendable_id() },
            State::AwaitHead { begun } => {
                Step::AwaitHead { deadline: head_deadline(*begun, &self.deadlines).map(|(at, _)| at) }
            }
            State::Read(open) => Step::Read { deadline: open.deadline(&self.deadlines).map(|(at, _)| at) },
            State::Wait { until, cause } => Step::Wait { until: *until, cause },
            State::Closed(reason) => Step::Closed(reason),
        }
    }

    /// The attempt that [`Step::Connect`] asked for has begun.
    pub fn handle_connecting(&mut self, now: Duration) {
        let now = self.advance(now);
        if !matches!(self.state, State::Connect) {
            return;
        }
        if let Some(reconnect) = self.mode.reconnect_mut() {
            reconnect.begin(now);
        }
        self.state = State::AwaitHead { begun: now };
    }

    /// The head of the final response has arrived. [`Step::Read`] says that the body is an event stream to be read;
    /// after any other step it is not.
    ///
    /// 204 closes the session properly. 200 with `text/event-stream`, in no content coding, announces the connection.
    /// Statuses that [`RetriedStatuses`](crate::RetriedStatuses) names lead to a wait, of which `Retry-After` may raise
    /// the length; all else fails the connection.
    pub fn handle_head(&mut self, now: Duration, head: ResponseHead<'_>) {
        let now = self.advance(now);
        let State::AwaitHead { begun } = self.state else {
            return;
        };
        match head.status {
            200 if head.is_event_stream() => {
                if let Some(coding) = head.coding() {
                    return self.fail(now, Cause::ContentCoding(ContentCoding::new(coding)));
                }
                self.mode.note_sent();
                if let Some(reconnect) = self.mode.reconnect_mut() {
                    reconnect.announce();
                }
                self.state = State::Read(Open::new(begun, now));
            }
            200 => self.fail(now, Cause::ContentType(ContentType::new(head.content_type))),
            204 if self.ending.is_none() => self.enter(State::Closed(CloseReason::NoContent)),
            status => {
                let retry_after = head.retry_after();
                let cause = Cause::Status { status, retry_after };
                let default = if self.mode.retries(status, head.redirected) { Decision::Retry } else { Decision::Fail };
                self.end(now, cause, retry_after, default);
            }
        }
    }

    /// Takes what the input holds up to the next frame. Call until it gives `Ok(None)`.
    ///
    /// * `Ok(Some(frame))`: there may be more in this input.
    /// * `Ok(None)`: the input is used up, and the rest of an event may be kept for the next one; or the session does
    ///   not read now, and what the input holds is to be dropped. Behind the last event it is the latter:
    ///   [`step`](Self::step) says so, and this call gives back the memory that the event took.
    ///
    /// # Errors
    /// One event was dropped, most likely because it is too large. The session goes on: call again. A stream that is to
    /// have an [`Ending`] would not be whole without the event: there the session is closed, by
    /// [`Cause::DroppedEvent`].
    pub fn handle_data<'d, 'i: 'd>(
        &'d mut self,
        now: Duration,
        input: &mut Input<'i>,
    ) -> Result<Option<Frame<'d>>, DecodeError> {
        let now = self.advance(now);
        let State::Read(open) = &mut self.state else {
            // There is nothing to lend any more: what was lent with the last event goes.
            self.decoder.reset();
            return Ok(None);
        };
        open.note_bytes(now, input.remaining(), &mut self.mode);
        let frame = self.decoder.decode(input);
        let what = match &frame {
            Ok(Some(Frame::Event(event))) => arrived(&self.ending, *event),
            Ok(Some(Frame::Retry(time))) => Arrived::Retry(*time),
            Ok(_) => Arrived::Nothing,
            Err(_) => Arrived::DroppedEvent,
        };
        open.note(now, what, &mut self.mode);
        if let Some(reason) = end_at(what, &self.ending, &frame) {
            // Not by `enter`: the frame may be lent from the decoder, until the next call.
            self.state = State::Closed(reason);
        }
        if let Arrived::Event(Place::Behind) = what { Ok(None) } else { frame }
    }

    /// The same over [`bytes::Bytes`](https://docs.rs/bytes): frames own their text by sharing the chunk, so that the
    /// input can be kept beside the session between calls.
    ///
    /// # Errors
    /// As [`handle_data`](Self::handle_data).
    #[inline]
    pub fn handle_bytes(&mut self, now: Duration, input: &mut BytesInput) -> Result<Option<OwnedFrame>, DecodeError> {
        let now = self.advance(now);
        let State::Read(open) = &mut self.state else {
            return Ok(None);
        };
        open.note_bytes(now, input.remaining(), &mut self.mode);
        let mut frame = self.decoder.decode_bytes(input);
        let what = match &frame {
            Ok(Some(OwnedFrame::Event(event))) => arrived(&self.ending, event.as_event()),
            Ok(Some(OwnedFrame::Retry(time))) => Arrived::Retry(*time),
            Ok(_) => Arrived::Nothing,
            Err(_) => Arrived::DroppedEvent,
        };
        open.note(now, what, &mut self.mode);
        if let Some(reason) = end_at(what, &self.ending, &frame) {
            self.enter(State::Closed(reason));
        }
        if let Arrived::Event(Place::Behind) = what {
            frame = Ok(None);
        }
        // In the place where it was made: an event is worth more than two instructions to copy.
        frame
    }

    /// The next event, if there is nothing else to do about it: it lies in the chunk as a whole, another one has come at
    /// the same time, and there is no [`Ending`] to look for. `None` says nothing: ask
    /// [`handle_bytes`](Self::handle_bytes), about this input and before anything else.
    ///
    /// The short way for adapters in a flood of events: see [`Decoder::decode_whole_event`].
    #[inline(always)]
    pub fn handle_whole_event(&mut self, now: Duration, input: &mut BytesInput) -> Option<OwnedEvent> {
        match &self.state {
            // All that it would say of the connection has been noted.
            State::Read(open) if open.has_event_of(now) && self.ending.is_none() => {
                self.decoder.decode_whole_event(input)
            }
            _ => None,
        }
    }

    /// What arrived is used up, and the reader waits for more from now on.
    ///
    /// The time that it took over what arrived is not the server's silence: the idle deadlines count from here, that of
    /// events if there was an event. Without this call they count from the `now` of the last input.
    pub fn handle_waiting(&mut self, now: Duration) {
        let now = self.advance(now);
        if let State::Read(open) = &mut self.state {
            open.wait(now);
        }
    }

    /// The attempt failed, or the body ended. An unfinished event is dropped, as the standard says.
    pub fn handle_end(&mut self, now: Duration, end: End) {
        let now = self.advance(now);
        let reading = match self.state {
            State::AwaitHead { .. } => false,
            State::Read(_) => true,
            _ => return,
        };
        if !matches!(end, End::Unsent | End::Futile) {
            self.mode.note_sent();
        }
        match end {
            End::Eof if reading => match (self.mode.is_once(), &self.ending) {
                (true, None) => self.enter(State::Closed(CloseReason::EndOfStream)),
                (true, Some(_)) => self.lose(now, Cause::UnexpectedEnd),
                (false, _) => self.lose(now, Cause::EndOfStream),
            },
            End::Futile => self.fail(now, Cause::Futile),
            End::Eof | End::Unsent | End::TransportError => self.lose(now, Cause::Transport),
        }
    }

    /// Time has passed. Does something only if the deadline of the current [`Step`] has.
    pub fn handle_timeout(&mut self, now: Duration) {
        let now = self.advance(now);
        let timeout = match &self.state {
            State::Wait { until, .. } if now >= *until => {
                self.state = State::Connect;
                return;
            }
            State::AwaitHead { begun } => head_deadline(*begun, &self.deadlines),
            State::Read(open) => open.deadline(&self.deadlines),
            _ => None,
        };
        if let Some((_, timeout)) = timeout.filter(|(at, _)| now >= *at) {
            self.mode.note_sent();
            self.lose(now, Cause::Timeout(timeout));
        }
    }

    /// Ends the session for good, properly. Does nothing if it is closed already.
    pub fn close(&mut self) {
        if !matches!(self.state, State::Closed(_)) {
            self.enter(State::Closed(CloseReason::Requested));
        }
    }
}

impl Session {
    fn advance(&mut self, now: Duration) -> Duration {
        self.now = self.now.max(now);
        self.now
    }

    /// Trying again would not help.
    fn fail(&mut self, now: Duration, cause: Cause) {
        self.end(now, cause, None, Decision::Fail);
    }

    /// Trying again may help.
    fn lose(&mut self, now: Duration, cause: Cause) {
        self.end(now, cause, None, Decision::Retry);
    }

    /// There is no connection from here on.
    fn enter(&mut self, state: State) {
        if matches!(self.state, State::Read(_)) {
            // A half-received event, its type and half a character die with their connection; the ID lives on. Now and
            // not at the next one: a wait can be long, and the event large.
            self.decoder.reset();
        }
        self.state = state;
    }

    /// The attempt has failed, or the connection is lost: there may be another one, if this is a subscription or may be
    /// retried.
    fn end(&mut self, now: Duration, cause: Cause, retry_after: Option<Duration>, default: Decision) {
        let Some(reconnect) = self.mode.reconnect_mut() else {
            return self.enter(State::Closed(CloseReason::Failed(cause)));
        };
        let open = match (&self.state, &cause) {
            // A connection that was given up may have been dead from the start.
            (_, Cause::Timeout(_)) => None,
            (State::Read(open), _) => Some(open.age(now)),
            _ => None,
        };
        let decision = self.strategies.decide(&Lost {
            cause: &cause,
            failures: reconnect.failures(),
            last_event_id: self.decoder.last_event_id(),
            announced: reconnect.announced(),
            default,
        });
        let state = match decision {
            Decision::Close => State::Closed(CloseReason::Requested),
            Decision::Fail => State::Closed(CloseReason::Failed(cause)),
            Decision::Retry => match reconnect.lost(now, open, retry_after, &mut self.strategies) {
                Verdict::Wait { until } => State::Wait { until, cause },
                Verdict::GiveUp(limit) => State::Closed(CloseReason::GaveUp { limit, cause }),
            },
        };
        self.enter(state);
    }
}

#[inline]
fn arrived(ending: &Option<Box<Ending>>, event: Event<'_>) -> Arrived {
    match ending.as_ref().map_or(Place::Within, |ending| ending.place_of(&event)) {
        Place::Within if event.data.is_empty() && event.event_type == "message" => Arrived::Priming,
        place => Arrived::Event(place),
    }
}

/// Whether the stream is over with what has arrived, and how.
#[inline]
fn end_at<F>(what: Arrived, ending: &Option<Box<Ending>>, frame: &Result<F, DecodeError>) -> Option<CloseReason> {
    match (what, frame) {
        (Arrived::Event(Place::Last | Place::Behind), _) => Some(CloseReason::LastEvent),
        (Arrived::DroppedEvent, Err(error)) if ending.is_some() => {
            Some(CloseReason::Failed(Cause::DroppedEvent(error.clone())))
        }
        _ => None,
    }
}
