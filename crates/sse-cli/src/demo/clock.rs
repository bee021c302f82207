//! The time of day, injected.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Tells the time since the Unix epoch. The streams take it as an argument, so that tests run on a virtual one.
#[derive(Clone)]
pub(super) struct Clock(Arc<dyn Fn() -> Duration + Send + Sync>);

impl Clock {
    /// The system's clock, which may jump. A clock set before 1970 counts as 1970.
    pub(super) fn system() -> Self {
        Self(Arc::new(|| SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()))
    }

    /// A clock that starts at `start` and goes on as tokio's timers do.
    #[cfg(test)]
    pub(super) fn virtual_at(start: Duration) -> Self {
        let origin = tokio::time::Instant::now();
        Self(Arc::new(move || start + origin.elapsed()))
    }

    /// A clock that shows whatever the function says.
    #[cfg(test)]
    pub(super) fn showing(time: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Arc::new(time))
    }

    pub(super) fn now(&self) -> Duration {
        (self.0)()
    }

    /// Sleeps until `due` by this clock, but for a second at most: a clock that jumps is noticed soon. The caller looks
    /// at the clock again; waking early or late is harmless.
    pub(super) async fn sleep_until(&self, due: Duration) {
        let left = due.saturating_sub(self.now());
        tokio::time::sleep(left.clamp(Duration::from_millis(1), Duration::from_secs(1))).await;
    }
}

/// Whole milliseconds, as many as fit.
pub(super) fn unix_ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
