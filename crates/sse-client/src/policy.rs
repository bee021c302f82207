//! What the user may decide: when to retry, how long to wait, when to give up.

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

/// How a subscription reconnects. The defaults suit a service that should stay subscribed for as long as it runs.
///
/// ```
/// use core::time::Duration;
/// use sse_client::{Policy, RetriedStatuses, Session};
///
/// // As browsers do: any status but 200 ends it for good.
/// let like_browsers = Policy::default().with_retried_statuses(RetriedStatuses::None);
/// // Five failures in a row, or an outage of ten minutes, are enough.
/// let impatient = Policy::default().with_max_failures(5).with_max_outage(Duration::from_secs(600));
/// # let _ = (Session::subscribe(like_browsers, 1), Session::subscribe(impatient, 2));
/// ```
///
/// Cheap to clone: the clones share their settings, so that ten thousand sessions by one policy have it once.
#[derive(Clone, Default)]
pub struct Policy {
    /// `None`: the defaults.
    own: Option<Arc<Settings>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) retried_statuses: RetriedStatuses,
    pub(crate) reconnection_time: Duration,
    pub(crate) min_reconnection_time: Duration,
    pub(crate) max_backoff: Duration,
    pub(crate) jitter_percent: u32,
    pub(crate) healthy_after: Duration,
    pub(crate) max_failures: Option<u32>,
    pub(crate) max_reconnects: Option<u32>,
    pub(crate) max_outage: Option<Duration>,
}

const DEFAULTS: Settings = Settings {
    retried_statuses: RetriedStatuses::Transient,
    // "An implementation-defined value, probably in the region of a few seconds"; Chromium's.
    reconnection_time: Duration::from_secs(3),
    min_reconnection_time: Duration::from_millis(100),
    max_backoff: Duration::from_secs(60),
    jitter_percent: 50,
    healthy_after: Duration::from_secs(60),
    max_failures: None,
    max_reconnects: None,
    max_outage: None,
};

impl Policy {
    /// Which response statuses are retried. Default: [`RetriedStatuses::Transient`].
    #[must_use]
    pub fn with_retried_statuses(self, statuses: RetriedStatuses) -> Self {
        self.with(|settings| settings.retried_statuses = statuses)
    }

    /// The reconnection time until the server sets another by `retry`. Default: 3 s.
    #[must_use]
    pub fn with_reconnection_time(self, time: Duration) -> Self {
        self.with(|settings| settings.reconnection_time = time)
    }

    /// The least reconnection time, whoever sets it: `retry: 0` must not become a busy loop. Default: 100 ms; at least
    /// 1 ms.
    #[must_use]
    pub fn with_min_reconnection_time(self, time: Duration) -> Self {
        self.with(|settings| settings.min_reconnection_time = time.max(Duration::from_millis(1)))
    }

    /// How far repeated failures raise the wait, which doubles each time. Default: 60 s.
    ///
    /// A longer reconnection time or `Retry-After` is kept: the server's word is never cut short.
    #[must_use]
    pub fn with_max_backoff(self, max: Duration) -> Self {
        self.with(|settings| settings.max_backoff = max)
    }

    /// How much of each wait is added to it at most, at random, in percent. Default: 50.
    ///
    /// It is only ever added, so the reconnection time stays the floor that it is in the standard, and it is added from
    /// the first attempt on: all clients of a server lose their connections at the same moment. 0 turns it off.
    #[must_use]
    pub fn with_jitter_percent(self, percent: u32) -> Self {
        self.with(|settings| settings.jitter_percent = percent)
    }

    /// How long a connection must have been open to be worth as much as an event, if it carried none. Default: 60 s.
    ///
    /// Bytes that arrive so late, be they of comments only, end a row of failures and an outage. A connection that was
    /// silent till its end, and did end otherwise than by a deadline, ends an outage but no row of failures: the server
    /// was there, and yet the next one had better wait.
    #[must_use]
    pub fn with_healthy_after(self, time: Duration) -> Self {
        self.with(|settings| settings.healthy_after = time)
    }

    /// Give up at this many connections in a row that failed or delivered nothing. Default: never.
    ///
    /// An event of the type `message` without data is nothing, too: it is by these that servers of MCP
    /// give an ID to resume after, and they may hang up behind each of them.
    #[must_use]
    pub fn with_max_failures(self, failures: u32) -> Self {
        self.with(|settings| settings.max_failures = Some(failures))
    }

    /// Reconnect at most this many times in all, however well it went in between. Default: no limit.
    #[must_use]
    pub fn with_max_reconnects(self, reconnects: u32) -> Self {
        self.with(|settings| settings.max_reconnects = Some(reconnects))
    }

    /// Give up when the next attempt would begin later than this after an outage began. Default: never.
    ///
    /// An outage begins with the first attempt, or when a connection is lost that had carried an event or had been open
    /// for [`healthy_after`](Self::with_healthy_after), and not been given up for its silence.
    #[must_use]
    pub fn with_max_outage(self, time: Duration) -> Self {
        self.with(|settings| settings.max_outage = Some(time))
    }

    pub(crate) fn settings(&self) -> &Settings {
        self.own.as_deref().unwrap_or(&DEFAULTS)
    }

    fn with(mut self, set: impl FnOnce(&mut Settings)) -> Self {
        set(Arc::make_mut(self.own.get_or_insert_with(|| Arc::new(DEFAULTS))));
        self
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Policy").field(self.settings()).finish()
    }
}

/// Which statuses, other than 200 and 204, mean "try again later" rather than "never".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetriedStatuses {
    /// 408 Request Timeout, 429 Too Many Requests, and 5xx.
    ///
    /// The standard fails the connection; a service that must outlive a deployment of its server cannot.
    #[default]
    Transient,
    /// None: every other status fails the connection, as the standard says and browsers do.
    None,
}

impl RetriedStatuses {
    pub(crate) fn contains(self, status: u16) -> bool {
        match self {
            Self::Transient => matches!(status, 408 | 429 | 500..=599),
            Self::None => false,
        }
    }
}

/// How long a server may be silent, or take in all, before its connection counts as lost.
///
/// ```
/// use core::time::Duration;
/// use sse_client::{Deadlines, Session};
///
/// // The server sends a comment every 15 s: three missed ones are a dead connection.
/// let session = Session::once().with_deadlines(Deadlines::default().with_byte_idle(Duration::from_secs(45)));
/// # let _ = session;
/// ```
///
/// Cheap to clone: the clones share what they can.
#[derive(Clone, Debug)]
pub struct Deadlines {
    pub(crate) head: Option<Duration>,
    /// `None`: no others. Seldom all of them, and often none.
    others: Option<Arc<Others>>,
}

/// The deadlines that go on behind the head.
#[derive(Clone, Debug)]
pub(crate) struct Others {
    pub(crate) byte_idle: Option<Duration>,
    pub(crate) event_idle: Option<Duration>,
    pub(crate) total: Option<Duration>,
}

const NO_OTHERS: Others = Others { byte_idle: None, event_idle: None, total: None };

impl Default for Deadlines {
    fn default() -> Self {
        // Generous: language models take their time, and some servers send no head before the first event. Without any,
        // a peer that lost its power would be awaited for ever.
        Self { head: Some(Duration::from_secs(120)), ..Self::NONE }
    }
}

impl Deadlines {
    /// No deadlines at all.
    pub const NONE: Self = Self { head: None, others: None };

    /// From the start of an attempt to the response head. Default: 2 minutes.
    #[must_use]
    pub fn with_head(mut self, time: Duration) -> Self {
        self.head = Some(time);
        self
    }

    /// Between two bytes of the body: comments keep the connection alive. Default: none.
    ///
    /// The one to set where the server's keep-alive interval is known; the only way to notice a connection that died
    /// without a word.
    #[must_use]
    pub fn with_byte_idle(self, time: Duration) -> Self {
        self.with(|others| others.byte_idle = Some(time))
    }

    /// Between two events: comments do not count. Default: none.
    #[must_use]
    pub fn with_event_idle(self, time: Duration) -> Self {
        self.with(|others| others.event_idle = Some(time))
    }

    /// From the start of an attempt to the end of its response, whatever arrives. Default: none.
    ///
    /// How long one answer may take at most. A subscription that it cuts reconnects and resumes.
    #[must_use]
    pub fn with_total(self, time: Duration) -> Self {
        self.with(|others| others.total = Some(time))
    }

    pub(crate) fn others(&self) -> &Others {
        self.others.as_deref().unwrap_or(&NO_OTHERS)
    }

    fn with(mut self, set: impl FnOnce(&mut Others)) -> Self {
        set(Arc::make_mut(self.others.get_or_insert_with(|| Arc::new(NO_OTHERS))));
        self
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    #[test]
    fn clones_share_until_one_is_changed() {
        let policy = Policy::default().with_max_failures(5);
        let other = policy.clone().with_max_failures(6).with_jitter_percent(0);
        assert_eq!((policy.settings().max_failures, policy.settings().jitter_percent), (Some(5), 50));
        assert_eq!((other.settings().max_failures, other.settings().jitter_percent), (Some(6), 0));
        let clone = policy.clone();
        assert!(core::ptr::eq(policy.settings(), clone.settings()));

        let deadlines = Deadlines::NONE.with_byte_idle(Duration::from_secs(1));
        let other = deadlines.clone().with_byte_idle(Duration::from_secs(2));
        assert_eq!(deadlines.others().byte_idle, Some(Duration::from_secs(1)));
        assert_eq!(other.others().byte_idle, Some(Duration::from_secs(2)));
        assert!(core::ptr::eq(deadlines.others(), deadlines.clone().others()));
    }

    #[test]
    fn a_policy_shows_its_settings() {
        let shown = format!("{:?}", Policy::default().with_max_failures(5));
        assert!(shown.contains("max_failures: Some(5)") && shown.contains("jitter_percent: 50"), "{shown}");
    }
}
