//! One timer for a deadline that moves.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// The clock of a session, and the timer for its deadlines.
#[derive(Debug)]
pub(crate) struct Timer {
    origin: Instant,
    sleep: Option<Pin<Box<Sleep>>>,
}

/// What lies farther away than an `Instant` can say is waited for in parts: waking early is harmless.
const FAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl Timer {
    pub(crate) fn new() -> Self {
        Self { origin: Instant::now(), sleep: None }
    }

    /// The session's `now`.
    pub(crate) fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// A time of the session's on tokio's clock; about a year from now if it is out of range.
    pub(crate) fn instant(&self, at: Duration) -> Instant {
        self.origin.checked_add(at).unwrap_or_else(|| Instant::now() + FAR)
    }

    /// Ready when the deadline has passed. Without a deadline, never.
    ///
    /// A deadline that moves away, as it does with each chunk, costs nothing: the timer fires early and is set anew.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, deadline: Option<Duration>) -> Poll<()> {
        let Some(deadline) = deadline else { return Poll::Pending };
        loop {
            let target = self.instant(deadline);
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(target)));
            if sleep.is_elapsed() || sleep.deadline() > target {
                sleep.as_mut().reset(target);
            }
            if sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            if self.now() >= deadline {
                return Poll::Ready(());
            }
        }
    }
}
