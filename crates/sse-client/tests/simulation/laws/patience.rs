//! Reconnections keep to the policy, and silence to its deadlines.

use std::time::Duration;

use sse_client::{Cause, CloseReason, Limit, Retries, Step, Timeout};

use crate::terms::{Mode, Terms};

/// How an attempt or its connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// There was no connection to send the request over.
    Unsent,
    /// It failed, or broke.
    Broken,
    /// The end of the stream.
    Eof,
    /// The event that ends the stream.
    LastEvent,
    /// An event that was too large, in a stream that is to have an end.
    Dropped,
    /// Another status than 200, and the seconds of `Retry-After`.
    Status(u16, Option<u64>),
    /// 200 with another content type.
    Page,
    Silence(Timeout),
    /// It cannot succeed, now or later.
    Futile,
}

/// What the policy's documentation says of a client that all this has happened to.
pub(crate) struct Patience {
    terms: Terms,
    reconnection_time: Duration,
    attempts: u32,
    /// Connections in a row that failed or delivered nothing.
    failures: u32,
    outage_since: Option<Duration>,
    /// When the next attempt may begin.
    not_before: Duration,
    /// Of the attempt at hand: when it began, was open, brought the last byte and the last event, and whether it was
    /// worth it.
    begun: Duration,
    open: Option<Duration>,
    last_byte: Duration,
    last_event: Duration,
    success: bool,
    /// Any event has come, if only to be dropped.
    had_event: bool,
}

impl Patience {
    pub(crate) fn new(terms: Terms) -> Self {
        Self {
            reconnection_time: terms.reconnection_time,
            terms,
            attempts: 0,
            failures: 0,
            outage_since: None,
            not_before: Duration::ZERO,
            begun: Duration::ZERO,
            open: None,
            last_byte: Duration::ZERO,
            last_event: Duration::ZERO,
            success: false,
            had_event: false,
        }
    }

    pub(crate) fn begins(&mut self, now: Duration) {
        assert!(now >= self.not_before, "an attempt before {:?}", self.not_before);
        self.attempts += 1;
        self.outage_since.get_or_insert(now);
        (self.begun, self.open, self.success) = (now, None, false);
    }

    pub(crate) fn opens(&mut self, now: Duration) {
        (self.open, self.last_byte, self.last_event) = (Some(now), now, now);
    }

    pub(crate) fn receives(&mut self, now: Duration) {
        self.last_byte = now;
        if self.age(now).is_some_and(|age| age >= self.terms.healthy_after) {
            self.succeeds();
        }
    }

    /// One that `says` nothing, by data or type, is a sign of life and no success.
    pub(crate) fn sees_event(&mut self, now: Duration, says: bool) {
        self.sees_drop(now);
        if says {
            self.succeeds();
        }
    }

    /// An event that was too large is a sign of life, and no success.
    pub(crate) fn sees_drop(&mut self, now: Duration) {
        (self.last_event, self.had_event) = (now, true);
    }

    /// What came is used up. The time that it took the user is not the server's silence.
    pub(crate) fn listens(&mut self, now: Duration, had_event: bool) {
        self.last_byte = now;
        if had_event {
            self.last_event = now;
        }
    }

    pub(crate) fn is_told(&mut self, reconnection_time: Duration) {
        self.reconnection_time = reconnection_time;
    }

    /// The deadline that comes first.
    pub(crate) fn deadline(&self) -> Option<(Duration, Timeout)> {
        let at = |start: Duration, time: Option<Duration>, what| time.map(|time| (start + time, what));
        let total = at(self.begun, self.terms.total, Timeout::Total);
        let silence = match self.open {
            None => [at(self.begun, self.terms.head, Timeout::Head), None],
            Some(_) => [
                at(self.last_byte, self.terms.byte_idle, Timeout::ByteIdle),
                at(self.last_event, self.terms.event_idle, Timeout::EventIdle),
            ],
        };
        silence.into_iter().flatten().chain(total).min_by_key(|(at, _)| *at)
    }

    /// What the session makes of an ending.
    pub(crate) fn ends(&mut self, now: Duration, ending: Ending, step: &Step<'_>) {
        let is_once = self.terms.mode != Mode::Subscribe;
        let cause = match step {
            Step::Wait { until, cause } => {
                self.waits(now, ending, *until);
                cause
            }
            Step::Closed(CloseReason::GaveUp { limit, cause }) => {
                self.gives_up(now, ending, *limit);
                cause
            }
            Step::Closed(CloseReason::Failed(cause)) => {
                assert!(!self.may_retry(ending), "{ending:?} is retried");
                assert!(!self.is_proper(ending), "{ending:?} is a proper end");
                cause
            }
            Step::Closed(_) => {
                return assert!(self.is_proper(ending), "{step:?} by {ending:?}");
            }
            step => panic!("{step:?} after {ending:?}"),
        };
        let is_named = match (ending, cause) {
            (Ending::Unsent | Ending::Broken, Cause::Transport) | (Ending::Page, Cause::ContentType(_)) => true,
            (Ending::Futile, Cause::Futile) => true,
            (Ending::Eof, Cause::EndOfStream) => !is_once,
            (Ending::Eof, Cause::UnexpectedEnd) => is_once,
            (Ending::Dropped, Cause::DroppedEvent(_)) => self.terms.has_ending,
            (Ending::Status(status, _), Cause::Status { status: named, .. }) => status == *named,
            (Ending::Silence(timeout), Cause::Timeout(named)) => timeout == *named,
            _ => false,
        };
        assert!(is_named, "{ending:?} is no {cause:?}");
    }

    /// Whether there may be another attempt, as far as the limits allow.
    fn may_retry(&self, ending: Ending) -> bool {
        let is_users = matches!(ending, Ending::Status(404, _)) && self.terms.retries_missing;
        let is_transient = match ending {
            _ if is_users || self.is_proper(ending) => is_users,
            Ending::Status(status, _) => matches!(status, 408 | 429 | 500..=599),
            Ending::Page | Ending::LastEvent | Ending::Dropped | Ending::Futile => false,
            _ => true,
        };
        is_transient
            && match self.terms.mode {
                Mode::Subscribe => true,
                Mode::Once(_) if self.had_event => false,
                Mode::Once(Some(Retries::Unanswered)) => true,
                Mode::Once(Some(_)) => {
                    is_users || matches!(ending, Ending::Unsent | Ending::Status(408 | 429 | 503 | 529, _))
                }
                Mode::Once(None) => false,
            }
    }

    fn waits(&mut self, now: Duration, ending: Ending, until: Duration) {
        assert!(self.may_retry(ending), "another attempt after {ending:?}");
        let outage_since = self.loses(now, ending);
        let (least, most) = self.wait(ending);
        assert!(until >= now + least, "waits {:?} after {ending:?}, and at least {least:?} is due", until - now);
        assert!(until <= now + most, "waits {:?} after {ending:?}, and at most {most:?} is due", until - now);
        let is_reached = |limit: Option<u32>, count: u32| limit.is_some_and(|limit| count >= limit);
        assert!(self.success || !is_reached(self.terms.max_failures, self.failures), "one failure too many");
        assert!(!is_reached(self.terms.max_reconnects, self.attempts - 1), "one reconnection too many");
        assert!(self.terms.max_outage.is_none_or(|max| until <= outage_since + max), "the outage lasts too long");
        self.not_before = now + least;
    }

    fn gives_up(&mut self, now: Duration, ending: Ending, limit: Limit) {
        assert!(self.may_retry(ending), "{ending:?} is not retried in any case");
        let outage_since = self.loses(now, ending);
        let (_, most) = self.wait(ending);
        let reached = match limit {
            Limit::Failures => !self.success && Some(self.failures) == self.terms.max_failures,
            Limit::Reconnects => Some(self.attempts - 1) == self.terms.max_reconnects,
            Limit::Outage => self.terms.max_outage.is_some_and(|max| now + most > outage_since + max),
            other => panic!("a limit that this law does not know: {other:?}"),
        };
        assert!(reached, "gave up, but {limit:?} is not reached");
    }

    /// Gives when the outage began.
    fn loses(&mut self, now: Duration, ending: Ending) -> Duration {
        self.failures += u32::from(!self.success);
        let age = self.age(now).filter(|_| !matches!(ending, Ending::Silence(_)));
        if age.is_some_and(|age| age >= self.terms.healthy_after) {
            self.outage_since = None;
        }
        *self.outage_since.get_or_insert(now)
    }

    /// How long a wait may be: never less than the reconnection time, the policy's least and `Retry-After`; doubled by
    /// each failure but the first, up to a cap; and the jitter on top.
    fn wait(&self, ending: Ending) -> (Duration, Duration) {
        let terms = &self.terms;
        let floor = self.reconnection_time.max(terms.min_reconnection_time);
        let mut least = floor;
        for _ in 1..self.failures.min(64) {
            least = least.saturating_mul(2).min(terms.max_backoff).max(floor);
        }
        if terms.is_eager {
            least = floor;
        }
        if let Ending::Status(_, Some(retry_after)) = ending {
            least = least.max(Duration::from_secs(retry_after));
        }
        if terms.is_eager {
            return (least, least);
        }
        let jittered = least.min(terms.max_backoff.max(terms.min_reconnection_time));
        (least, least + jittered * terms.jitter_percent / 100)
    }

    /// Whether all is well by this ending.
    fn is_proper(&self, ending: Ending) -> bool {
        let is_once = self.terms.mode != Mode::Subscribe;
        match ending {
            Ending::LastEvent => true,
            Ending::Status(204, _) => !self.terms.has_ending,
            Ending::Eof if is_once => !self.terms.has_ending,
            Ending::Eof => self.terms.closes_at_eof,
            _ => false,
        }
    }

    fn succeeds(&mut self) {
        (self.success, self.failures, self.outage_since) = (true, 0, None);
    }

    fn age(&self, now: Duration) -> Option<Duration> {
        self.open.map(|open| now - open)
    }
}
