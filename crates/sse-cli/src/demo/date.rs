//! `/stream/date`: the date, at each whole second.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::feed::{Feed, Ids};
use super::log::Log;
use super::timeline::{self, Timeline};

/// One event `date` a second. Its position, and so its id, is the Unix time in seconds.
pub(super) struct Date;

#[derive(Serialize)]
struct Tick {
    iso: String,
    unix_ms: u64,
}

impl Date {
    /// The feed, with the `history` seconds before `now` as if the server had run then.
    pub(super) fn feed(now: Duration, history: usize) -> Feed {
        let log = Log::new(history, timeline::seed(&Date, now, history));
        let feed = Feed::new(log, Ids::lasting(), Duration::from_secs(10));
        timeline::catch_up(&Date, &feed, now);
        feed
    }
}

impl Timeline for Date {
    fn newest(&self, now: Duration) -> u64 {
        now.as_secs()
    }

    fn due(&self, position: u64) -> Duration {
        Duration::from_secs(position)
    }

    fn append(&self, position: u64, feed: &Feed) {
        // Beyond the year 9999 there is no such notation; a clock may well say so.
        let seconds = i64::try_from(position).unwrap_or(i64::MAX);
        let time = Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
        let tick = Tick { iso: time.to_string(), unix_ms: position.saturating_mul(1000) };
        feed.append("date", &tick);
    }
}
