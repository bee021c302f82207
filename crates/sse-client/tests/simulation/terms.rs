//! What the client is told before it begins.

use std::time::Duration;

use fastrand::Rng;
use sse_client::{Deadlines, Policy, Session};

pub(crate) fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// One of these. The first ones more often, if they are there more often.
pub(crate) fn one_of<T: Copy>(rng: &mut Rng, choices: &[T]) -> T {
    choices[rng.usize(..choices.len())]
}

#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) once: bool,
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
    pub(crate) max_event_bytes: Option<usize>,
}

impl Terms {
    pub(crate) fn roll(rng: &mut Rng) -> Self {
        let seldom = |rng: &mut Rng, most: u32| (rng.u8(..) < 24).then(|| rng.u32(..=most));
        Self {
            once: rng.u8(..) < 12,
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
            max_event_bytes: one_of(rng, &[None, None, None, Some(1000)]),
        }
    }

    pub(crate) fn session(&self, seed: u64, last_event_id: &str) -> Session {
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
        let session = if self.once { Session::once() } else { Session::subscribe(policy, seed) };
        let session = session.with_deadlines(deadlines).with_last_event_id(last_event_id).expect("an id of the log");
        match self.max_event_bytes {
            Some(limit) => session.with_max_event_bytes(limit),
            None => session,
        }
    }
}
