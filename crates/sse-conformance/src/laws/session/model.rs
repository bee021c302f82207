//! What is known of a session from outside, and so what it must answer.

use std::time::Duration;

use sse_client::{Cause, CloseReason, Limit, MAX_SENT_ID_BYTES, ReadyState, Session, Step};
use sse_codec::DecodeError;

use super::super::limit;
use super::terms::Terms;
use crate::oracle::Frame;

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
    /// What `Retry-After` asked for, if it was refused with one.
    retry_after: Duration,
    last_byte: Duration,
    last_event: Duration,
    /// What it has carried, and the last event ID before it.
    stream: Vec<u8>,
    frames: Vec<Result<Frame, DecodeError>>,
    id_before: String,

    attempts: u32,
    failures: u32,
    outage_since: Option<Duration>,
    until: Duration,
}

/// A [`Step`] without what it holds, in the order in which they may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Connect,
    AwaitHead,
    Read,
    Wait,
    Closed,
}

impl Phase {
    fn of(step: &Step<'_>) -> Self {
        match step {
            Step::Connect { .. } => Self::Connect,
            Step::AwaitHead { .. } => Self::AwaitHead,
            Step::Read { .. } => Self::Read,
            Step::Wait { .. } => Self::Wait,
            Step::Closed(_) => Self::Closed,
        }
    }

    fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Connect, Self::AwaitHead)
                | (Self::AwaitHead, Self::Read | Self::Wait)
                | (Self::Read, Self::Wait)
                | (Self::Wait, Self::Connect)
                | (Self::Connect | Self::AwaitHead | Self::Read | Self::Wait, Self::Closed)
        )
    }
}

impl Model {
    pub(super) fn new(terms: Terms) -> Self {
        let last_event_id = terms.last_event_id.to_owned();
        Self {
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
            last_byte: Duration::ZERO,
            last_event: Duration::ZERO,
            stream: Vec::new(),
            frames: Vec::new(),
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
    pub(super) fn ask_to_stay_away(&mut self, time: Duration) {
        self.retry_after = time;
    }

    /// The session has taken these bytes of the connection and given these frames. `some`: it was shown bytes.
    pub(super) fn receive(&mut self, taken: &[u8], some: bool, frames: Vec<Result<Frame, DecodeError>>) {
        let age = self.now - self.open.unwrap_or(self.now);
        if some {
            self.last_byte = self.now;
            self.success |= age >= self.terms.healthy_after;
        }
        if frames.iter().any(|frame| matches!(frame, Ok(Frame::Event(_)) | Err(_))) {
            self.last_event = self.now;
        }
        self.success |= frames.iter().any(|frame| matches!(frame, Ok(Frame::Event(_))));
        if self.success {
            (self.failures, self.outage_since) = (0, None);
        }
        self.stream.extend_from_slice(taken);
        self.frames.extend(frames);

        let (limit, comments) = (self.terms.max_event_bytes, self.terms.comments);
        let expected = limit::expected(&self.id_before, &self.stream, limit, comments);
        assert_eq!(self.frames, expected.frames, "{:?}", self.stream.escape_ascii().to_string());
        self.last_event_id = expected.last_event_id;
        let last_retry = expected.frames.iter().rev().find_map(|frame| match frame {
            Ok(Frame::Retry(ms)) => Some(Duration::from_millis(*ms)),
            _ => None,
        });
        self.retry = last_retry.or(self.retry);
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
                assert_eq!(deadline, after(self.begun, self.terms.head));
                ReadyState::Connecting
            }
            Step::Read { deadline } => {
                let bytes = after(self.last_byte, self.terms.byte_idle);
                let events = after(self.last_event, self.terms.event_idle);
                assert_eq!(deadline, bytes.into_iter().chain(events).min());
                ReadyState::Open
            }
            Step::Wait { .. } => ReadyState::Connecting,
            Step::Closed(_) => ReadyState::Closed,
        };
        assert_eq!(session.ready_state(), ready_state);
        assert_eq!(session.now(), self.now);
        let (failures, time) =
            if self.terms.once { (0, None) } else { (self.failures, Some(self.reconnection_time())) };
        assert_eq!(session.failures(), failures);
        assert_eq!(session.reconnection_time(), time);
    }

    /// The session has come to another step.
    fn enter(&mut self, before: Phase, step: &Step<'_>) {
        match step {
            Step::Connect { .. } => {
                assert!(!self.terms.once, "a second request of a session that sends one");
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
                self.stream.clear();
                self.frames.clear();
                self.id_before.clone_from(&self.last_event_id);
            }
            Step::Wait { until, cause } => {
                assert!(!self.terms.once, "a session of one request waits");
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
                assert!(!self.terms.once, "a session of one request gives up");
                let outage_since = self.lose(cause);
                let reached = match limit {
                    Limit::Failures => !self.success && Some(self.failures) == self.terms.max_failures,
                    Limit::Reconnects => Some(self.attempts - 1) == self.terms.max_reconnects,
                    Limit::Outage => self.terms.max_outage.is_some_and(|max| self.wait().1 > outage_since + max),
                    other => unreachable!("a limit that the model does not know: {other:?}"),
                };
                assert!(reached, "{limit:?} is not reached");
            }
            CloseReason::Failed(cause) => {
                let hopeless = match cause {
                    Cause::ContentType(_) | Cause::Futile => true,
                    Cause::Status { status, .. } => !matches!(status, 408 | 429 | 500..=599),
                    _ => false,
                };
                assert!(self.terms.once || hopeless, "a subscription ends by {cause:?}");
            }
            CloseReason::EndOfStream => assert!(self.terms.once && before == Phase::Read, "{before:?} ended"),
            CloseReason::NoContent => assert_eq!(before, Phase::AwaitHead),
            _ => {}
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
        let double = |time: Duration, _| time.saturating_mul(2).min(terms.max_backoff.max(floor));
        let base = (1..self.failures).fold(floor, double).max(self.retry_after);
        let jitter = base.min(terms.max_backoff.max(terms.min_reconnection_time)) * terms.jitter_percent / 100;
        let least = self.now.saturating_add(base);
        (least, least.saturating_add(jitter))
    }
}
