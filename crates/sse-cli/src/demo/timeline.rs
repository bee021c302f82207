//! Streams whose events are a pure function of time, and the one task that writes each of them.

use std::sync::Arc;
use std::time::Duration;

use super::clock::Clock;
use super::feed::Feed;

/// Which event is due when. A server that was restarted computes what the one before it would have sent, so
/// clients resume across the restart.
pub(super) trait Timeline: Send + Sync + 'static {
    /// The position of the newest event that is due at `now`. Never falls as `now` grows.
    fn newest(&self, now: Duration) -> u64;

    /// When the event at `position` is due: `newest(due(position)) == position`.
    fn due(&self, position: u64) -> Duration;

    /// Appends the event at `position`, which is the feed's next.
    fn append(&self, position: u64, feed: &Feed);
}

/// The oldest position of the `capacity` newest ones at `now`: where a log begins that pretends to have run before.
pub(super) fn seed(timeline: &impl Timeline, now: Duration, capacity: usize) -> u64 {
    (timeline.newest(now) + 1).saturating_sub(capacity as u64)
}

/// Appends every event when it is due, for ever.
///
/// Each position is written once and in order however late the timer fires and however the clock jumps: a late timer
/// makes up for what it missed, a clock set back brings silence until it has caught up, and a clock set forward by
/// more than the log holds leaves out what the log would have forgotten at once.
pub(super) async fn run(timeline: impl Timeline, feed: Arc<Feed>, clock: Clock) {
    loop {
        catch_up(&timeline, &feed, clock.now());
        clock.sleep_until(timeline.due(feed.log.next())).await;
    }
}

/// Appends what is due at `now`.
pub(super) fn catch_up(timeline: &impl Timeline, feed: &Feed, now: Duration) {
    let newest = timeline.newest(now);
    feed.log.skip_to(seed(timeline, now, feed.log.capacity()));
    for position in feed.log.next()..=newest {
        timeline.append(position, feed);
    }
}
