//! What the client is told before it begins.

use std::time::Duration;

use fastrand::Rng;
use sse_client::{Cause, Deadlines, Decision, Ending, Lost, Policy, Retries, Session, Wait};

pub(crate) fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// One of these: what is there twice is chosen twice as often.
pub(crate) fn one_of<T: Copy>(rng: &mut Rng, choices: &[T]) -> T {
    choices[rng.usize(..choices.len())]
}

/// What the client is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Subscribe,
    /// One response; the request may be sent again until it has begun.
    Once(Option<Retries>),
}

/// The type of the last event, for a client to which it is the end.
pub(crate) const END: &str = "end";

#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) mode: Mode,
    /// The stream ends by an event.
    pub(crate) has_ending: bool,
    /// The user's own decisions: 404 is retried, the end of a subscription's stream is its proper end, and no wait is
    /// longer than it must be.
    pub(crate) retries_missing: bool,
    pub(crate) closes_at_eof: bool,
    pub(crate) is_eager: bool,
    pub(crate) reconnection_time: Duration,
    pub(crate) min_reconnection_time: Duration,
    pub(crate) max_backoff: Duration,
    pub(crate) jitter_percent: u32,
    pub(crate) healthy_after: Duration,
    pub(crate) max_failures: Option<u32>,
    pub(crate) max_reconnects: Option<u32>,
    pub(crate) max_outage: Option<Duration>,
    pub(crate) head: Option<Duration>,
    pub(crate) byte_idle: Option<Duration>,
    pub(crate) event_idle: Option<Duration>,
    pub(crate) total: Option<Duration>,
    pub(crate) max_event_bytes: Option<usize>,
}

impl Terms {
    pub(crate) fn roll(rng: &mut Rng) -> Self {
        let seldom = |rng: &mut Rng, most: u32| (rng.u8(..) < 24).then(|| rng.u32(..=most));
        let once = [None, Some(Retries::Refused), Some(Retries::Unanswered)];
        Self {
            mode: if rng.u8(..) < 24 { Mode::Once(one_of(rng, &once)) } else { Mode::Subscribe },
            has_ending: rng.u8(..) < 16,
            retries_missing: rng.u8(..) < 64,
            closes_at_eof: rng.u8(..) < 8,
            is_eager: rng.u8(..) < 32,
            reconnection_time: one_of(rng, &[3000, 3000, 3000, 0, 250, 20_000].map(ms)),
            min_reconnection_time: one_of(rng, &[100, 100, 100, 1, 5000].map(ms)),
            max_backoff: one_of(rng, &[60, 60, 10, 0].map(seconds)),
            jitter_percent: one_of(rng, &[50, 50, 0, 200]),
            healthy_after: one_of(rng, &[60, 60, 5, 0].map(seconds)),
            max_failures: seldom(rng, 4).map(|failures| failures + 1),
            max_reconnects: seldom(rng, 8),
            max_outage: seldom(rng, 60).map(|time| seconds(time.into())),
            head: one_of(rng, &[Some(120), Some(5), None]).map(seconds),
            byte_idle: one_of(rng, &[None, Some(12), Some(45)]).map(seconds),
            event_idle: one_of(rng, &[None, None, None, Some(30)]).map(seconds),
            total: one_of(rng, &[None, None, None, None, None, Some(100)]).map(seconds),
            max_event_bytes: one_of(rng, &[None, None, None, Some(1000)]),
        }
    }

    pub(crate) fn session(&self, seed: u64, last_event_id: &str) -> Session {
        let session = match self.mode {
            Mode::Subscribe => Session::subscribe(self.policy(), seed),
            Mode::Once(None) => Session::once(),
            Mode::Once(Some(retries)) => Session::once_with_retries(retries, self.policy(), seed),
        };
        let mut session = session.with_deadlines(self.deadlines());
        if let Some(limit) = self.max_event_bytes {
            session = session.with_max_event_bytes(limit);
        }
        if self.has_ending {
            session = session.with_ending(Ending::at(|event| event.event_type == END));
        }
        let (retries_missing, closes_at_eof) = (self.retries_missing, self.closes_at_eof);
        if retries_missing || closes_at_eof {
            session = session.with_error_strategy(move |lost: &Lost<'_>| match lost.cause {
                Cause::Status { status: 404, .. } if retries_missing => Decision::Retry,
                Cause::EndOfStream if closes_at_eof => Decision::Close,
                _ => lost.default,
            });
        }
        if self.is_eager {
            session = session.with_delay_strategy(|_: &Wait| Duration::ZERO);
        }
        session.with_last_event_id(last_event_id).expect("an id of the log")
    }

    fn policy(&self) -> Policy {
        let mut policy = Policy::default()
            .with_reconnection_time(self.reconnection_time)
            .with_min_reconnection_time(self.min_reconnection_time)
            .with_max_backoff(self.max_backoff)
            .with_jitter_percent(self.jitter_percent)
            .with_healthy_after(self.healthy_after);
        if let Some(failures) = self.max_failures {
            policy = policy.with_max_failures(failures);
        }
        if let Some(reconnects) = self.max_reconnects {
            policy = policy.with_max_reconnects(reconnects);
        }
        if let Some(time) = self.max_outage {
            policy = policy.with_max_outage(time);
        }
        policy
    }

    fn deadlines(&self) -> Deadlines {
        let mut deadlines = Deadlines::NONE;
        if let Some(time) = self.head {
            deadlines = deadlines.with_head(time);
        }
        if let Some(time) = self.byte_idle {
            deadlines = deadlines.with_byte_idle(time);
        }
        if let Some(time) = self.event_idle {
            deadlines = deadlines.with_event_idle(time);
        }
        if let Some(time) = self.total {
            deadlines = deadlines.with_total(time);
        }
        deadlines
    }
}
