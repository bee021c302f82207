//! What a subscription remembers from one connection to the next, and when it gives up.

use core::time::Duration;

use crate::backoff::Backoff;
use crate::policy::{Policy, Settings};
use crate::reason::Limit;
use crate::strategy::{Strategies, Wait};

#[derive(Debug)]
pub(crate) struct Reconnect {
    policy: Policy,
    backoff: Backoff,
    /// Connections in a row that failed or delivered nothing.
    failures: u32,
    /// Whether there has been one that a server answered with an event stream.
    announced: bool,
    /// Whether the connection at hand has been worth making.
    success: bool,
    /// When it began to go wrong; `None` while all is well.
    outage_since: Option<Duration>,
    reconnects: u32,
}

/// What follows from the loss of a connection.
pub(crate) enum Verdict {
    Wait { until: Duration },
    GiveUp(Limit),
}

impl Reconnect {
    pub(crate) fn new(policy: Policy, seed: u64) -> Self {
        let backoff = Backoff::new(policy.settings().reconnection_time, seed);
        Self { policy, backoff, failures: 0, announced: false, success: false, outage_since: None, reconnects: 0 }
    }

    pub(crate) fn policy(&self) -> &Settings {
        self.policy.settings()
    }

    pub(crate) fn reconnection_time(&self) -> Duration {
        self.backoff.reconnection_time()
    }

    /// The server's word, which counts from the next wait on.
    pub(crate) fn set_reconnection_time(&mut self, time: Duration) {
        self.backoff.set_reconnection_time(time);
    }

    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    pub(crate) fn announced(&self) -> bool {
        self.announced
    }

    /// The connection at hand is an event stream.
    pub(crate) fn announce(&mut self) {
        self.announced = true;
    }

    /// An attempt begins. The first one may be the beginning of an outage.
    pub(crate) fn begin(&mut self, now: Duration) {
        self.outage_since.get_or_insert(now);
        self.success = false;
    }

    /// An event was delivered that says something. Nothing less resets the backoff: a server that accepts and then fails
    /// each time would otherwise be asked at full speed for ever.
    pub(crate) fn succeeded(&mut self) {
        self.success = true;
        self.failures = 0;
        self.outage_since = None;
    }

    /// Bytes arrived on a connection of this age: quiet but healthy, if it has lasted.
    pub(crate) fn still_sending(&mut self, age: Duration) {
        if age >= self.policy().healthy_after {
            self.succeeded();
        }
    }

    /// An attempt failed, or its connection ended, after it had been `open` for so long.
    pub(crate) fn lost(
        &mut self,
        now: Duration,
        open: Option<Duration>,
        retry_after: Option<Duration>,
        strategies: &mut Strategies,
    ) -> Verdict {
        let policy = self.policy.settings();
        if !self.success {
            self.failures = self.failures.saturating_add(1);
        }
        if open.is_some_and(|open| open >= policy.healthy_after) {
            // Quiet hours are no outage.
            self.outage_since = None;
        }
        let outage_since = *self.outage_since.get_or_insert(now);
        let is_reached = |limit: Option<u32>, count: u32| limit.is_some_and(|limit| count >= limit);
        if is_reached(policy.max_reconnects, self.reconnects) {
            return Verdict::GiveUp(Limit::Reconnects);
        }
        if !self.success && is_reached(policy.max_failures, self.failures) {
            return Verdict::GiveUp(Limit::Failures);
        }
        let until = now.saturating_add(strategies.delay(&Wait {
            failures: self.failures,
            floor: self.backoff.floor(policy, retry_after),
            default: self.backoff.wait(policy, self.failures, retry_after),
        }));
        if policy.max_outage.is_some_and(|max| until > outage_since.saturating_add(max)) {
            // Waiting first would only put the bad news off.
            Verdict::GiveUp(Limit::Outage)
        } else {
            self.reconnects = self.reconnects.saturating_add(1);
            Verdict::Wait { until }
        }
    }
}
