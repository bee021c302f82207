//! What the user may decide: when to retry, how long to wait, when to give up.

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
#[derive(Clone, Debug)]
pub struct Policy {
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

impl Default for Policy {
    fn default() -> Self {
        Self {
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
        }
    }
}

impl Policy {
    /// Which response statuses are retried. Default: [`RetriedStatuses::Transient`].
    #[must_use]
    pub fn with_retried_statuses(mut self, statuses: RetriedStatuses) -> Self {
        self.retried_statuses = statuses;
        self
    }

    /// The reconnection time until the server sets another by `retry`. Default: 3 s.
    #[must_use]
    pub fn with_reconnection_time(mut self, time: Duration) -> Self {
        self.reconnection_time = time;
        self
    }

    /// The least reconnection time, whoever sets it: `retry: 0` must not become a busy loop. Default: 100 ms; at least
    /// 1 ms.
    #[must_use]
    pub fn with_min_reconnection_time(mut self, time: Duration) -> Self {
        self.min_reconnection_time = time.max(Duration::from_millis(1));
        self
    }

    /// How far repeated failures raise the wait, which doubles each time. Default: 60 s.
    ///
    /// A longer reconnection time or `Retry-After` is kept: the server's word is never cut short.
    #[must_use]
    pub fn with_max_backoff(mut self, max: Duration) -> Self {
        self.max_backoff = max;
        self
    }

    /// How much of each wait is added to it at most, at random, in percent. Default: 50.
    ///
    /// It is only ever added, so the reconnection time stays the floor that it is in the standard, and it is added from
    /// the first attempt on: all clients of a server lose their connections at the same moment. 0 turns it off.
    #[must_use]
    pub fn with_jitter_percent(mut self, percent: u32) -> Self {
        self.jitter_percent = percent;
        self
    }

    /// How long a connection must have been open to be worth as much as an event, if it carried none. Default: 60 s.
    ///
    /// Bytes that arrive so late, be they of comments only, end a row of failures and an outage. A connection that was
    /// silent till its end, and did end otherwise than by a deadline, ends an outage but no row of failures: the server
    /// was there, and yet the next one had better wait.
    #[must_use]
    pub fn with_healthy_after(mut self, time: Duration) -> Self {
        self.healthy_after = time;
        self
    }

    /// Give up at this many connections in a row that failed or delivered nothing. Default: never.
    #[must_use]
    pub fn with_max_failures(mut self, failures: u32) -> Self {
        self.max_failures = Some(failures);
        self
    }

    /// Reconnect at most this many times in all, however well it went in between. Default: no limit.
    #[must_use]
    pub fn with_max_reconnects(mut self, reconnects: u32) -> Self {
        self.max_reconnects = Some(reconnects);
        self
    }

    /// Give up when the next attempt would begin later than this after an outage began. Default: never.
    ///
    /// An outage begins with the first attempt, or when a connection is lost that had carried an event or had been open
    /// for [`healthy_after`](Self::with_healthy_after), and not been given up for its silence.
    #[must_use]
    pub fn with_max_outage(mut self, time: Duration) -> Self {
        self.max_outage = Some(time);
        self
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
#[derive(Clone, Debug)]
pub struct Deadlines {
    pub(crate) head: Option<Duration>,
    pub(crate) byte_idle: Option<Duration>,
    pub(crate) event_idle: Option<Duration>,
    pub(crate) total: Option<Duration>,
}

impl Default for Deadlines {
    fn default() -> Self {
        // Generous: language models take their time, and some servers send no head before the first event. Without any,
        // a peer that lost its power would be awaited for ever.
        Self { head: Some(Duration::from_secs(120)), ..Self::NONE }
    }
}

impl Deadlines {
    /// No deadlines at all.
    pub const NONE: Self = Self { head: None, byte_idle: None, event_idle: None, total: None };

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
    pub fn with_byte_idle(mut self, time: Duration) -> Self {
        self.byte_idle = Some(time);
        self
    }

    /// Between two events: comments do not count. Default: none.
    #[must_use]
    pub fn with_event_idle(mut self, time: Duration) -> Self {
        self.event_idle = Some(time);
        self
    }

    /// From the start of an attempt to the end of its response, whatever arrives. Default: none.
    ///
    /// How long one answer may take at most. A subscription that it cuts reconnects and resumes.
    #[must_use]
    pub fn with_total(mut self, time: Duration) -> Self {
        self.total = Some(time);
        self
    }
}
