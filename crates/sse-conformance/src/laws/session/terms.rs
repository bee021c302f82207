//! The kinds of sessions that the law is tried on.

use std::time::Duration;

use sse_client::{Deadlines, Policy, Session};

/// What a session is told before it begins.
#[derive(Debug)]
pub(super) struct Terms {
    pub(super) once: bool,
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
    pub(super) max_event_bytes: Option<usize>,
    pub(super) comments: bool,
    pub(super) last_event_id: &'static str,
}

impl Terms {
    /// One bit for `once`, three for the policy, two for the deadlines, one each for a limit on the event with comments
    /// and for an id to resume from.
    pub(super) fn of(kind: u8) -> Self {
        let seconds = Duration::from_secs;
        let mut terms = Self {
            once: kind & 1 != 0,
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
            .with_healthy_after(self.healthy_after);
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
        ] {
            if let Some(time) = time {
                deadlines = with(deadlines, time);
            }
        }
        let session = if self.once { Session::once() } else { Session::subscribe(policy, seed) };
        let session = session.with_deadlines(deadlines).with_comments(self.comments);
        let session = session.with_last_event_id(self.last_event_id).expect("an id without CR, LF and NUL");
        match self.max_event_bytes {
            Some(limit) => session.with_max_event_bytes(limit),
            None => session,
        }
    }
}
