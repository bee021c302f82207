//! What is known of a session from outside, and so what it must answer.

use std::mem;
use std::time::Duration;

use sse_client::{Cause, CloseReason, Limit, MAX_SENT_ID_BYTES, ReadyState, Retries, Session, Step};
use sse_codec::DecodeError;

use super::super::limit;
use super::phase::Phase;
use super::terms::Terms;
use crate::oracle::{Event, Frame};

pub(super) struct Model {
    terms: Terms,
    /// The latest time that the session was told.
    now: Duration,
    /// The step when last looked at, and as text.
    phase: Phase,
    step: String,
    /// By the oracle.
    last_event_id: String,
    retry: Option<Duration>,

    /// Of the attempt at hand, or the last: when it began, when it was open, and whether it was worth it.
    begun: Duration,
    open: Option<Duration>,
    success: bool,
    /// What `Retry-After` asked for, if it was refused with one, and whether behind a redirect.
    retry_after: Duration,
    is_redirected: bool,
    last_byte: Duration,
    last_event: Duration,
    /// Whether there were bytes, and an event, since the reader last said that it waits.
    had_bytes: bool,
    had_event: bool,
    /// What it has carried, and the last event ID before it.
    stream: Vec<u8>,
    frames: Vec<Result<Frame, DecodeError>>,
    id_before: String,

    /// Whether there can be another attempt, whatever it is that ends this one.
    may_retry: bool,
    asked_to_close: bool,
    attempts: u32,
    failures: u32,
    outage_since: Option<Duration>,
    until: Duration,
}

impl Model {
    pub(super) fn new(terms: Terms) -> Self {
        let last_event_id = terms.last_event_id.to_owned();
        Self {
            may_retry: !terms.once || terms.retries.is_some(),
            terms,
            now: Duration::ZERO,
            phase: Phase::Connect,
            step: String::new(),
            id_before: last_event_id.clone(),
            last_event_id,
            retry: None,
            begun: Duration::ZERO,
            open: None,
            success: false,
            retry_after: Duration::ZERO,
            is_redirected: false,
            last_byte: Duration::ZERO,
            last_event: Duration::ZERO,
            had_bytes: false,
            had_event: false,
            stream: Vec::new(),
            frames: Vec::new(),
            asked_to_close: false,
            attempts: 0,
            failures: 0,
            outage_since: None,
            until: Duration::ZERO,
        }
    }

    /// The session is told a time. Gives the latest: for it, time does not run backwards.
    pub(super) fn hear_of(&mut self, now: Duration) -> Duration {
        self.now = self.now.max(now);
        self.now
    }

    /// A response was no success, and asked for this by `Retry-After`.
    pub(super) fn refuse(&mut self, time: Duration, is_redirected: bool) {
        (self.retry_after, self.is_redirected) = (time, is_redirected);
    }

    /// The request of this attempt was sent, and not refused: what it asks for may have been done.
    pub(super) fn sent(&mut self) {
        self.may_retry &= !self.terms.once || self.terms.retries != Some(Retries::Refused);
    }

    pub(super) fn ask_to_close(&mut self) {
        self.asked_to_close = true;
    }

    /// What came is used up: the deadlines of what came count from here.
    pub(super) fn wait_for_more(&mut self) {
        if mem::take(&mut self.had_bytes) {
            self.last_byte = self.now;
        }
        if mem::take(&mut self.had_event) {
            self.last_event = self.now;
        }
    }

    /// The session has taken these bytes of the connection and given these frames. `some`: it was shown bytes. Gives
    /// whether it is over with them: the last event is among them, or one was dropped from what is to be whole.
    pub(super) fn receive(&mut self, taken: &[u8], some: bool, frames: Vec<Result<Frame, DecodeError>>) -> bool {
        let age = self.now - self.open.unwrap_or(self.now);
        if some {
            self.last_byte = self.now;
            self.had_bytes = true;
            self.success |= self.may_retry && age >= self.terms.healthy_after;
        }
        if frames.iter().any(|frame| matches!(frame, Ok(Frame::Event(_)) | Err(_))) {
            self.last_event = self.now;
            self.had_event = true;
            self.may_retry &= !self.terms.once;
        }
        let has_event = frames.iter().any(|frame| matches!(frame, Ok(Frame::Event(event)) if says_something(event)));
        self.stream.extend_from_slice(taken);
        self.frames.extend(frames);

        let (limit, comments) = (self.terms.max_event_bytes, self.terms.comments);
        let mut expected = limit::expected(&self.id_before, &self.stream, limit, comments);
        let dropped = self.terms.ending.is_some() && cut_behind_dropped(&mut expected.frames);
        let ended = self.terms.ending.is_some_and(|last| last.cut(&mut expected.frames));
        // The event that ends it is one, given or not.
        self.may_retry &= !(self.terms.once && ended);
        self.success |= has_event || ended;
        if self.success {
            (self.failures, self.outage_since) = (0, None);
        }
        assert_eq!(self.frames, expected.frames, "{:?}", self.stream.escape_ascii().to_string());
        self.last_event_id = expected.last_event_id;
        let last_retry = expected.frames.iter().rev().find_map(|frame| match frame {
            Ok(Frame::Retry(ms)) => Some(Duration::from_millis(*ms)),
            _ => None,
        });
        self.retry = last_retry.or(self.retry);
        ended || dropped
    }

    /// Looks at the session after an operation, which leads one step further at the most.
    pub(super) fn check(&mut self, session: &Session) {
        let step = session.step();
        assert_eq!(step, session.step(), "asking twice");
        let (before, phase) = (self.phase, Phase::of(&step));
        if before != phase {
            assert!(before.may_become(phase), "{before:?} became {phase:?}");
            self.enter(before, &step);
        } else if matches!(phase, Phase::Wait | Phase::Closed) {
            assert_eq!(self.step, format!("{step:?}"), "moved");
        }
        (self.phase, self.step) = (phase, format!("{step:?}"));

        let id = self.last_event_id.as_str();
        assert_eq!(session.last_event_id(), id, "an id is taken at the blank line of its event");
        let is_refused = |char: char| char.is_ascii_control() && char != '\t';
        let unsendable = id.len() > MAX_SENT_ID_BYTES || id.contains(is_refused);
        assert_eq!(session.unsendable_last_event_id(), Some(id).filter(|_| unsendable));

        let after = |start: Duration, time: Option<Duration>| time.map(|time| start + time);
        let ready_state = match step {
            Step::Connect { last_event_id } => {
                let value = id.trim_matches([' ', '\t']);
                assert_eq!(last_event_id, Some(value).filter(|value| !value.is_empty() && !unsendable));
                ReadyState::Connecting
            }
            Step::AwaitHead { deadline } => {
                let (head, total) = (after(self.begun, self.terms.head), after(self.begun, self.terms.total));
                assert_eq!(deadline, head.into_iter().chain(total).min());
                ReadyState::Connecting
            }
            Step::Read { deadline } => {
                let bytes = after(self.last_byte, self.terms.byte_idle);
                let events = after(self.last_event, self.terms.event_idle);
                let total = after(self.begun, self.terms.total);
                assert_eq!(deadline, bytes.into_iter().chain(events).chain(total).min());
                ReadyState::Open
            }
            Step::Wait { .. } => ReadyState::Connecting,
            Step::Closed(_) => ReadyState::Closed,
        };
        assert_eq!(session.ready_state(), ready_state);
        assert_eq!(session.now(), self.now);
        let (failures, time) = if self.may_retry { (self.failures, Some(self.reconnection_time())) } else { (0, None) };
        assert_eq!(session.failures(), failures);
        assert_eq!(session.reconnection_time(), time);
    }

    /// The session has come to another step.
    fn enter(&mut self, before: Phase, step: &Step<'_>) {
        match step {
            Step::Connect { .. } => {
                assert!(self.may_retry, "a second request of what may be sent once");
                assert!(self.now >= self.until, "connects at {:?}, before {:?}", self.now, self.until);
            }
            Step::AwaitHead { .. } => {
                self.attempts += 1;
                (self.begun, self.open, self.success) = (self.now, None, false);
                self.retry_after = Duration::ZERO;
                self.outage_since.get_or_insert(self.now);
            }
            Step::Read { .. } => {
                self.open = Some(self.now);
                (self.last_byte, self.last_event) = (self.now, self.now);
                (self.had_bytes, self.had_event) = (false, false);
                self.stream.clear();
                self.frames.clear();
                self.id_before.clone_from(&self.last_event_id);
            }
            Step::Wait { until, cause } => {
                assert!(self.may_retry, "waits, but may not ask again");
                assert!(!self.is_hopeless(cause), "waits for another {cause:?}");
                let outage_since = self.lose(cause);
                let (least, most) = self.wait();
                assert!(*until >= least, "{until:?} is before {least:?}");
                assert!(*until <= most, "{until:?} is after {most:?}");
                self.until = *until;
                let is_below = |count: u32, limit: Option<u32>| limit.is_none_or(|limit| count < limit);
                assert!(self.success || is_below(self.failures, self.terms.max_failures), "one failure too many");
                assert!(is_below(self.attempts - 1, self.terms.max_reconnects), "one reconnection too many");
                let last = self.terms.max_outage.map_or(Duration::MAX, |max| outage_since + max);
                assert!(*until <= last, "{until:?} is after the end of the outage, {last:?}");
            }
            Step::Closed(reason) => self.close(before, reason),
        }
    }

    fn close(&mut self, before: Phase, reason: &CloseReason) {
        match reason {
            CloseReason::GaveUp { limit, cause } => {
                assert!(self.may_retry && !self.is_hopeless(cause), "gives up what it may not retry: {cause:?}");
                let outage_since = self.lose(cause);
                let reached = match limit {
                    Limit::Failures => !self.success && Some(self.failures) == self.terms.max_failures,
                    Limit::Reconnects => Some(self.attempts - 1) == self.terms.max_reconnects,
                    Limit::Outage => self.terms.max_outage.is_some_and(|max| self.wait().1 > outage_since + max),
                    other => unreachable!("a limit that the model does not know: {other:?}"),
                };
                assert!(reached, "{limit:?} is not reached");
            }
            CloseReason::Failed(Cause::DroppedEvent(error)) => {
                assert!(self.terms.ending.is_some() && before == Phase::Read, "{before:?} ended by {error:?}");
                assert_eq!(self.frames.last(), Some(&Err(error.clone())));
            }
            CloseReason::Failed(cause) => assert!(!self.may_retry || self.is_hopeless(cause), "ends by {cause:?}"),
            CloseReason::EndOfStream => {
                assert!(self.terms.once && self.terms.ending.is_none() && before == Phase::Read, "{before:?} ended");
            }
            CloseReason::NoContent => assert!(self.terms.ending.is_none() && before == Phase::AwaitHead),
            CloseReason::LastEvent => assert!(self.terms.ending.is_some() && before == Phase::Read),
            CloseReason::Requested => {
                let by_strategy = self.terms.error_strategy && !self.terms.once && before == Phase::Read;
                assert!(self.asked_to_close || by_strategy, "nobody asked for it");
            }
            other => unreachable!("a reason that the model does not know: {other:?}"),
        }
    }

    /// Whether another attempt would not help.
    fn is_hopeless(&self, cause: &Cause) -> bool {
        match cause {
            Cause::ContentType(_) | Cause::Futile => true,
            Cause::Status { status, .. } => !self.terms.retries_status(*status, self.is_redirected),
            Cause::EndOfStream => self.terms.error_strategy,
            _ => false,
        }
    }

    /// The connection is lost. Gives when the outage began.
    fn lose(&mut self, cause: &Cause) -> Duration {
        self.failures += u32::from(!self.success);
        let open = self.open.filter(|_| !matches!(cause, Cause::Timeout(_)));
        if open.is_some_and(|open| self.now - open >= self.terms.healthy_after) {
            self.outage_since = None;
        }
        *self.outage_since.get_or_insert(self.now)
    }

    fn reconnection_time(&self) -> Duration {
        self.retry.unwrap_or(self.terms.reconnection_time)
    }

    /// When a wait that begins now may end: the reconnection time doubled by each failure but the first, or what the
    /// server asked for, and the jitter on top.
    fn wait(&self) -> (Duration, Duration) {
        let terms = &self.terms;
        let floor = self.reconnection_time().max(terms.min_reconnection_time);
        if terms.delay_strategy {
            let least = self.now.saturating_add(floor.max(self.retry_after));
            return (least, least);
        }
        let double = |time: Duration, _| time.saturating_mul(2).min(terms.max_backoff.max(floor));
        let base = (1..self.failures).fold(floor, double).max(self.retry_after);
        let jitter = base.min(terms.max_backoff.max(terms.min_reconnection_time)) * terms.jitter_percent / 100;
        let least = self.now.saturating_add(base);
        (least, least.saturating_add(jitter))
    }
}

/// Other events only give an ID to resume after.
fn says_something(event: &Event) -> bool {
    !event.data.is_empty() || event.event_type != "message"
}

/// The frames up to the first event that was dropped, and whether there is one.
fn cut_behind_dropped(frames: &mut Vec<Result<Frame, DecodeError>>) -> bool {
    let dropped = frames.iter().position(Result::is_err);
    if let Some(at) = dropped {
        frames.truncate(at + 1);
    }
    dropped.is_some()
}
