//! Reconnections keep to the policy, and silence to its deadlines.

use std::time::Duration;

use sse_client::{Cause, CloseReason, Limit, Step, Timeout};

use crate::terms::Terms;

/// How an attempt or its connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It failed, or broke.
    Broken,
    /// The end of the stream.
    Eof,
    /// Another status than 200, and the seconds of `Retry-After`.
    Status(u16, Option<u64>),
    /// 200 with another content type.
    Page,
    Silence(Timeout),
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
        }
    }

    pub(crate) fn begins(&mut self, now: Duration) {
        assert!(now >= self.not_before, "an attempt before {:?}", self.not_before);
        self.attempts += 1;
        assert!(!self.terms.once || self.attempts == 1, "a second request of a session that sends one");
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

    pub(crate) fn sees_event(&mut self, now: Duration) {
        self.last_event = now;
        self.succeeds();
    }

    pub(crate) fn sees_drop(&mut self, now: Duration) {
        self.last_event = now;
    }

    pub(crate) fn is_told(&mut self, reconnection_time: Duration) {
        self.reconnection_time = reconnection_time;
    }

    /// The deadline that comes first.
    pub(crate) fn deadline(&self) -> Option<(Duration, Timeout)> {
        let at = |start: Duration, time: Option<Duration>, what| time.map(|time| (start + time, what));
        if self.open.is_none() {
            return at(self.begun, self.terms.head, Timeout::Head);
        }
        let bytes = at(self.last_byte, self.terms.byte_idle, Timeout::ByteIdle);
        let events = at(self.last_event, self.terms.event_idle, Timeout::EventIdle);
        bytes.into_iter().chain(events).min_by_key(|(at, _)| *at)
    }

    /// What the session makes of an ending.
    pub(crate) fn ends(&mut self, now: Duration, ending: Ending, step: &Step<'_>) {
        let cause = match step {
            Step::Closed(CloseReason::NoContent) => {
                return assert!(matches!(ending, Ending::Status(204, _)), "closed by a 204 that was none: {ending:?}");
            }
            Step::Closed(CloseReason::EndOfStream) => {
                return assert!(self.terms.once && ending == Ending::Eof, "a proper end by {ending:?}");
            }
            Step::Closed(CloseReason::Failed(cause)) => {
                let hopeless = match ending {
                    Ending::Status(status, _) => status != 204 && !matches!(status, 408 | 429 | 500..=599),
                    Ending::Page => true,
                    Ending::Eof => false,
                    _ => self.terms.once,
                };
                assert!(hopeless || (self.terms.once && ending != Ending::Eof), "failed by {ending:?}");
                cause
            }
            Step::Closed(CloseReason::GaveUp { limit, cause }) => {
                self.gives_up(now, ending, *limit);
                cause
            }
            Step::Wait { until, cause } => {
                self.waits(now, ending, *until);
                cause
            }
            step => panic!("{step:?} after {ending:?}"),
        };
        let is_named = match (ending, cause) {
            (Ending::Broken, Cause::Transport)
            | (Ending::Eof, Cause::EndOfStream)
            | (Ending::Page, Cause::ContentType(_)) => true,
            (Ending::Status(status, _), Cause::Status { status: named, .. }) => status == *named,
            (Ending::Silence(timeout), Cause::Timeout(named)) => timeout == *named,
            _ => false,
        };
        assert!(is_named, "{ending:?} is no {cause:?}");
    }

    fn waits(&mut self, now: Duration, ending: Ending, until: Duration) {
        assert!(!self.terms.once, "a session of one request waits for a second one");
        assert!(!matches!(ending, Ending::Page | Ending::Status(0..=407 | 409..=428 | 430..=499, _)), "{ending:?}");
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
        assert!(!self.terms.once, "a session of one request gives up");
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
        if let Ending::Status(_, Some(retry_after)) = ending {
            least = least.max(Duration::from_secs(retry_after));
        }
        let jittered = least.min(terms.max_backoff.max(terms.min_reconnection_time));
        (least, least + jittered * terms.jitter_percent / 100)
    }

    fn succeeds(&mut self) {
        (self.success, self.failures, self.outage_since) = (true, 0, None);
    }

    fn age(&self, now: Duration) -> Option<Duration> {
        self.open.map(|open| now - open)
    }
}
