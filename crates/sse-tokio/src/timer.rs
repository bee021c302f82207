//! One timer for a deadline that moves.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// The clock of a session, and the timer for its deadlines.
#[derive(Debug)]
pub(crate) struct Timer {
    /// The session's time at `origin`.
    start: Duration,
    origin: Instant,
    sleep: Option<Pin<Box<Sleep>>>,
    /// A deadline that was over for a while when somebody looked at last, and until when it is waited for even so.
    /// Boxed: seldom there.
    overdue: Option<Box<(Duration, Instant)>>,
}

/// Who looks so much later than the timer went off was away.
const LATE: Duration = Duration::from_millis(10);
/// Then others get so much time to say what they have: an HTTP library that reads on when it is asked to.
const GRACE: Duration = Duration::from_millis(2);

/// What lies farther away is waited for in parts: waking early is harmless, and no server's number reaches the end of
/// what an `Instant` can say, nor the edge where tokio still computes with it.
const FAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl Timer {
    /// A clock that says `start` now.
    pub(crate) fn new(start: Duration) -> Self {
        Self { start, origin: Instant::now(), sleep: None, overdue: None }
    }

    /// The session's `now`.
    pub(crate) fn now(&self) -> Duration {
        self.start.saturating_add(self.origin.elapsed())
    }

    /// A time of the session's on tokio's clock; a year from now at most.
    pub(crate) fn instant(&self, at: Duration) -> Instant {
        let latest = Instant::now() + FAR;
        self.origin.checked_add(at.saturating_sub(self.start)).map_or(latest, |at| at.min(latest))
    }

    /// Ready when the deadline has passed. Without a deadline, never.
    ///
    /// A deadline that moves away, as it does with each chunk, costs nothing: the timer fires early and is set anew. One that
    /// was over long before anybody looked is over a moment later.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, deadline: Option<Duration>) -> Poll<()> {
        let Some(deadline) = deadline else {
            self.sleep = None;
            return Poll::Pending;
        };
        loop {
            let overdue = self.overdue.as_deref().filter(|(overdue, _)| *overdue == deadline);
            let target = overdue.map_or_else(|| self.instant(deadline), |(_, until)| *until);
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(target)));
            if sleep.is_elapsed() || sleep.deadline() > target {
                sleep.as_mut().reset(target);
            }
            if sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            let now = self.now();
            if now < deadline {
                continue;
            }
            let was_away = overdue.is_none() && now - deadline > LATE;
            if !was_away {
                return Poll::Ready(());
            }
            self.overdue = Some(Box::new((deadline, Instant::now() + GRACE)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;
    use tokio::time::{advance, timeout};

    /// The largest time that can be added to this; tokio's rounding up overflows behind it.
    fn largest(origin: Instant) -> Duration {
        let (mut fits, mut does_not) = (Duration::ZERO, Duration::MAX);
        while does_not - fits > Duration::from_nanos(1) {
            let middle = fits + (does_not - fits) / 2;
            match origin.checked_add(middle) {
                Some(_) => fits = middle,
                None => does_not = middle,
            }
        }
        fits
    }

    #[tokio::test(start_paused = true)]
    async fn no_deadline_is_too_far() {
        let mut timer = Timer::new(Duration::ZERO);
        for deadline in [Duration::MAX, largest(timer.origin), Duration::from_secs(u64::MAX), 9 * FAR] {
            timer.sleep = None;
            let year = Instant::now() + FAR;
            assert_eq!(timer.instant(deadline), year);
            assert!(timeout(FAR / 2, poll_fn(|cx| timer.poll(cx, Some(deadline)))).await.is_err(), "{deadline:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_far_deadline_is_waited_for_in_parts_up_to_its_end() {
        let mut timer = Timer::new(Duration::ZERO);
        let deadline = 3 * FAR + Duration::from_secs(1);
        poll_fn(|cx| timer.poll(cx, Some(deadline))).await;
        let late = timer.now() - deadline;
        assert!(late <= Duration::from_millis(2), "{late:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_that_has_passed_is_ready_at_once_or_nearly() {
        let mut timer = Timer::new(Duration::ZERO);
        advance(Duration::from_secs(5)).await;
        assert_eq!(timer.instant(Duration::from_secs(4)), Instant::now() - Duration::from_secs(1));
        assert_eq!(timer.instant(Duration::from_secs(6)), Instant::now() + Duration::from_secs(1));
        let now = timer.now();
        poll_fn(|cx| timer.poll(cx, Some(now))).await;
        assert_eq!(timer.now(), now);
        // Who was to say something before this deadline, and was not asked, is asked now.
        poll_fn(|cx| timer.poll(cx, Some(Duration::from_secs(4)))).await;
        assert_eq!(timer.now(), now + GRACE);
        poll_fn(|cx| timer.poll(cx, Some(Duration::from_secs(4)))).await;
        assert_eq!(timer.now(), now + GRACE);
    }

    /// On the real clock, which goes on while the timer is set: 10 ms of it.
    #[tokio::test]
    async fn a_timer_that_is_set_anew_goes_off() {
        let mut timer = Timer::new(Duration::ZERO);
        for _ in 0..5 {
            let deadline = timer.now() + Duration::from_millis(2);
            let goes_off = timeout(Duration::from_secs(10), poll_fn(|cx| timer.poll(cx, Some(deadline)))).await;
            assert!(goes_off.is_ok() && timer.now() >= deadline);
        }
    }
}
