//! The kinds of sessions that the law is tried on.

use std::time::Duration;

use sse_client::{Cause, Deadlines, Decision, Ending, Lost, Policy, RetriedStatuses, Retries, Session, Wait};
use sse_codec::DecodeError;

use crate::oracle::Frame;

/// What a session is told before it begins.
#[derive(Debug)]
pub(super) struct Terms {
    pub(super) once: bool,
    /// Of `once`: which failures may lead to another attempt.
    pub(super) retries: Option<Retries>,
    pub(super) ending: Option<Last>,
    /// A strategy that retries 404 and takes the end of a subscription's stream for its proper end.
    pub(super) error_strategy: bool,
    /// A strategy that would not wait at all.
    pub(super) delay_strategy: bool,
    pub(super) retries_statuses: bool,
    pub(super) reconnection_time: Duration,
    pub(super) min_reconnection_time: Duration,
    pub(super) max_backoff: Duration,
    pub(super) jitter_percent: u32,
    pub(super) healthy_after: Duration,
    pub(super) max_failures: Option<u32>,
    pub(super) max_reconnects: Option<u32>,
    pub(super) max_outage: Option<Duration>,
    pub(super) head: Option<Duration>,
    pub(super) byte_idle: Option<Duration>,
    pub(super) event_idle: Option<Duration>,
    pub(super) total: Option<Duration>,
    pub(super) max_event_bytes: Option<usize>,
    pub(super) comments: bool,
    pub(super) last_event_id: &'static str,
}

/// Which event is the last one of a stream.
#[derive(Clone, Copy, Debug)]
pub(super) enum Last {
    /// The first one of type `e`.
    Given,
    /// The one before the first with the data `x`.
    Before,
}

impl Last {
    /// The frames up to the end, and whether it is among them.
    pub(super) fn cut(self, frames: &mut Vec<Result<Frame, DecodeError>>) -> bool {
        let is_end = |frame: &Result<Frame, DecodeError>| match (self, frame) {
            (Self::Given, Ok(Frame::Event(event))) => event.event_type == "e",
            (Self::Before, Ok(Frame::Event(event))) => event.data == "x",
            _ => false,
        };
        let end = frames.iter().position(is_end);
        if let Some(end) = end {
            frames.truncate(end + usize::from(matches!(self, Self::Given)));
        }
        end.is_some()
    }
}

impl Terms {
    /// Of `kind` one bit for `once`, three for the policy, two for the deadlines, one each for a limit on the event with
    /// comments and for an id to resume from. Of `choices` two bits for the ending, two for the retries of `once`, one
    /// each for a deadline of the whole response, the two strategies and statuses that are never retried.
    pub(super) fn of(kind: u8, choices: u8) -> Self {
        let seconds = Duration::from_secs;
        let mut terms = Self {
            once: kind & 1 != 0,
            retries: [None, Some(Retries::Refused), Some(Retries::Unanswered), None][usize::from(choices >> 2 & 3)],
            ending: [None, Some(Last::Given), Some(Last::Before), None][usize::from(choices & 3)],
            error_strategy: choices & 32 != 0,
            delay_strategy: choices & 64 != 0,
            retries_statuses: choices & 128 == 0,
            reconnection_time: seconds(3),
            min_reconnection_time: Duration::from_millis(100),
            max_backoff: seconds(60),
            jitter_percent: 50,
            healthy_after: seconds(60),
            max_failures: None,
            max_reconnects: None,
            max_outage: None,
            head: Some(seconds(120)),
            byte_idle: None,
            event_idle: None,
            total: (choices & 16 != 0).then_some(seconds(20)),
            max_event_bytes: None,
            comments: false,
            last_event_id: "",
        };
        match kind >> 1 & 7 {
            1 => terms.max_failures = Some(3),
            2 => terms.max_reconnects = Some(3),
            3 => terms.max_outage = Some(seconds(30)),
            4 => (terms.jitter_percent, terms.max_backoff) = (0, Duration::ZERO),
            5 => terms.healthy_after = Duration::ZERO,
            6 => (terms.max_outage, terms.healthy_after) = (Some(seconds(30)), seconds(5)),
            _ => {}
        }
        match kind >> 4 & 3 {
            1 => terms.head = None,
            2 => terms.byte_idle = Some(seconds(10)),
            3 => (terms.byte_idle, terms.event_idle) = (Some(seconds(8)), Some(seconds(10))),
            _ => {}
        }
        if kind & 64 != 0 {
            (terms.max_event_bytes, terms.comments) = (Some(16), true);
        }
        if kind & 128 != 0 {
            terms.last_event_id = "é41";
        }
        terms
    }

    /// Whether a response with this status may be followed by another attempt.
    pub(super) fn retries_status(&self, status: u16, is_redirected: bool) -> bool {
        let by_policy = self.retries_statuses && matches!(status, 408 | 429 | 500..=599);
        let by_strategy = self.error_strategy && status == 404;
        match self.retries.filter(|_| self.once) {
            Some(Retries::Refused) => by_strategy || (by_policy && matches!(status, 429 | 503) && !is_redirected),
            _ => by_strategy || by_policy,
        }
    }

    #[expect(clippy::expect_used, reason = "a broken law panics")]
    pub(super) fn session(&self, seed: u64) -> Session {
        let set = |policy: Policy, value: Option<u32>, with: fn(Policy, u32) -> Policy| match value {
            Some(value) => with(policy, value),
            None => policy,
        };
        let policy = Policy::default()
            .with_reconnection_time(self.reconnection_time)
            .with_min_reconnection_time(self.min_reconnection_time)
            .with_max_backoff(self.max_backoff)
            .with_jitter_percent(self.jitter_percent)
            .with_healthy_after(self.healthy_after)
            .with_retried_statuses(if self.retries_statuses {
                RetriedStatuses::default()
            } else {
                RetriedStatuses::None
            });
        let policy = set(policy, self.max_failures, Policy::with_max_failures);
        let mut policy = set(policy, self.max_reconnects, Policy::with_max_reconnects);
        if let Some(time) = self.max_outage {
            policy = policy.with_max_outage(time);
        }
        let mut deadlines = Deadlines::NONE;
        for (time, with) in [
            (self.head, Deadlines::with_head as fn(Deadlines, Duration) -> Deadlines),
            (self.byte_idle, Deadlines::with_byte_idle),
            (self.event_idle, Deadlines::with_event_idle),
            (self.total, Deadlines::with_total),
        ] {
            if let Some(time) = time {
                deadlines = with(deadlines, time);
            }
        }
        let mut session = match (self.once, self.retries) {
            (true, Some(retries)) => Session::once_with_retries(retries, policy, seed),
            (true, None) => Session::once(),
            (false, _) => Session::subscribe(policy, seed),
        };
        session = match self.ending {
            Some(Last::Given) => session.with_ending(Ending::at(|event| event.event_type == "e")),
            Some(Last::Before) => session.with_ending(Ending::before(|event| event.data == "x")),
            None => session,
        };
        if self.error_strategy {
            session = session.with_error_strategy(|lost: &Lost<'_>| match lost.cause {
                Cause::Status { status: 404, .. } => Decision::Retry,
                Cause::EndOfStream => Decision::Close,
                _ => lost.default,
            });
        }
        if self.delay_strategy {
            session = session.with_delay_strategy(|_: &Wait| Duration::ZERO);
        }
        let session = session.with_deadlines(deadlines).with_comments(self.comments);
        let session = session.with_last_event_id(self.last_event_id).expect("an id without CR, LF and NUL");
        match self.max_event_bytes {
            Some(limit) => session.with_max_event_bytes(limit),
            None => session,
        }
    }
}
