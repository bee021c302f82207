//! The decisions that users may take over: what follows a failure, and how long to wait.

use alloc::boxed::Box;
use core::fmt;
use core::time::Duration;

use crate::reason::Cause;

/// Decides what follows when a connection cannot be made, or is lost.
///
/// Without one, or where it returns [`Lost::default`], the policy decides: what the network, a deadline or the end of the
/// stream has cut off is retried, and so are the statuses that it names; all else fails. The limits of the policy hold
/// whatever it says. It is not asked where there cannot be another attempt: of [`Session::once`](crate::Session::once), and
/// when the session is closed by its user, 204, its last event or [one that was too large](Cause::DroppedEvent).
///
/// A closure is one:
///
/// ```
/// use sse_client::{Cause, Decision, Lost, Policy, Session};
///
/// // A token that has expired: the next request comes with a fresh one. All else as usual.
/// let session = Session::subscribe(Policy::default(), 0x5eed).with_error_strategy(|lost: &Lost<'_>| match lost.cause {
///     Cause::Status { status: 401, .. } if lost.failures < 3 => Decision::Retry,
///     _ => lost.default,
/// });
/// # let _ = session;
/// ```
pub trait ErrorStrategy: Send + Sync {
    /// What is to be done about this.
    fn decide(&mut self, lost: &Lost<'_>) -> Decision;
}

/// What has happened, for an [`ErrorStrategy`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Lost<'a> {
    /// What went wrong, or ended.
    pub cause: &'a Cause,
    /// How many attempts in a row had failed, or delivered nothing, before.
    pub failures: u32,
    /// What the next attempt would ask the server to resume after, unless it [cannot be
    /// sent](crate::Session::unsendable_last_event_id). Empty: nothing, and the server would begin where it likes.
    pub last_event_id: &'a str,
    /// Whether the connection has ever been announced: whether this attempt or one before it was answered with an event
    /// stream.
    pub announced: bool,
    /// What follows by the policy.
    pub default: Decision,
}

/// What follows when a connection cannot be made, or is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Decision {
    /// The standard's "reestablish the connection": wait, and try again.
    Retry,
    /// The standard's "fail the connection": the session is closed, and it is an error.
    Fail,
    /// The session is closed, properly, as by [`Session::close`](crate::Session::close): nobody is told what it was that was lost.
    Close,
}

/// Decides how long to wait before the next attempt.
///
/// Without one the policy decides: the reconnection time, doubled by each failure but the first, and jitter on top.
///
/// A closure is one:
///
/// ```
/// use core::time::Duration;
/// use sse_client::{Policy, Session, Wait};
///
/// // A local server that is restarted all the time: never mind how often it fails.
/// let session = Session::subscribe(Policy::default(), 0x5eed).with_delay_strategy(|wait: &Wait| wait.floor);
/// # let _ = session;
/// ```
pub trait DelayStrategy: Send + Sync {
    /// How long to wait. Less than [`Wait::floor`] is raised to it: that is the server's word, or what keeps
    /// `retry: 0` from being a busy loop.
    fn delay(&mut self, wait: &Wait) -> Duration;
}

/// What there is to know about a wait, for a [`DelayStrategy`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Wait {
    /// How many attempts in a row have failed, or delivered nothing. 0 behind a connection that did.
    pub failures: u32,
    /// The least: the reconnection time, which is the server's if it has set one, but not below the policy's minimum; or
    /// `Retry-After`, if that is longer.
    pub floor: Duration,
    /// How long it is by the policy, jitter included.
    pub default: Duration,
}

impl<F: FnMut(&Lost<'_>) -> Decision + Send + Sync> ErrorStrategy for F {
    fn decide(&mut self, lost: &Lost<'_>) -> Decision {
        self(lost)
    }
}

impl<F: FnMut(&Wait) -> Duration + Send + Sync> DelayStrategy for F {
    fn delay(&mut self, wait: &Wait) -> Duration {
        self(wait)
    }
}

/// The decisions that a session's user has taken over. Seldom any, so there is memory for them when there are.
#[derive(Default)]
pub(crate) struct Strategies(Option<Box<Own>>);

#[derive(Default)]
struct Own {
    error: Option<Box<dyn ErrorStrategy>>,
    delay: Option<Box<dyn DelayStrategy>>,
}

impl Strategies {
    pub(crate) fn set_error(&mut self, strategy: Box<dyn ErrorStrategy>) {
        self.0.get_or_insert_default().error = Some(strategy);
    }

    pub(crate) fn set_delay(&mut self, strategy: Box<dyn DelayStrategy>) {
        self.0.get_or_insert_default().delay = Some(strategy);
    }

    pub(crate) fn decide(&mut self, lost: &Lost<'_>) -> Decision {
        let own = self.0.as_mut().and_then(|own| own.error.as_mut());
        own.map_or(lost.default, |strategy| strategy.decide(lost))
    }

    pub(crate) fn delay(&mut self, wait: &Wait) -> Duration {
        let own = self.0.as_mut().and_then(|own| own.delay.as_mut());
        own.map_or(wait.default, |strategy| strategy.delay(wait)).max(wait.floor)
    }
}

impl fmt::Debug for Strategies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (error, delay) = self.0.as_ref().map_or((false, false), |own| (own.error.is_some(), own.delay.is_some()));
        f.debug_struct("Strategies").field("error", &error).field("delay", &delay).finish()
    }
}
