//! How long to wait before the connection is reestablished.

use core::time::Duration;

use crate::policy::Settings;

/// The reconnection time, what repeated failures make of it, and the dice.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    reconnection_time: Duration,
    dice: Dice,
}

impl Backoff {
    pub(crate) fn new(reconnection_time: Duration, seed: u64) -> Self {
        Self { reconnection_time, dice: Dice(seed) }
    }

    pub(crate) fn reconnection_time(&self) -> Duration {
        self.reconnection_time
    }

    pub(crate) fn set_reconnection_time(&mut self, time: Duration) {
        self.reconnection_time = time;
    }

    /// The least that is to be waited: the reconnection time, or `Retry-After`.
    pub(crate) fn floor(&self, policy: &Settings, retry_after: Option<Duration>) -> Duration {
        self.reconnection_time.max(policy.min_reconnection_time).max(retry_after.unwrap_or_default())
    }

    /// The next wait after so many failures in a row, of which `Retry-After` may raise the floor.
    ///
    /// "Wait a delay equal to the reconnection time […]. Optionally, wait some more. In particular, if the previous
    /// attempt failed, then user agents might introduce an exponential backoff delay" (reestablish the connection, steps
    /// 2 and 3). So: the reconnection time, doubled by each failure but the first up to the cap, is the least; the jitter
    /// comes on top.
    pub(crate) fn wait(&mut self, policy: &Settings, failures: u32, retry_after: Option<Duration>) -> Duration {
        let floor = self.reconnection_time.max(policy.min_reconnection_time);
        let doubled = floor.saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX));
        let base = doubled.min(policy.max_backoff).max(floor).max(retry_after.unwrap_or_default());
        // A server that asks for an hour does not mean an hour and a half.
        let jitter = base.min(policy.max_backoff.max(policy.min_reconnection_time));
        base.saturating_add(self.dice.up_to(jitter, policy.jitter_percent))
    }
}

/// SplitMix64: one multiplication chain over a counter. Spreads clients; hides nothing from anyone.
#[derive(Clone, Debug)]
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform from zero to so many percent of `time`.
    fn up_to(&mut self, time: Duration, percent: u32) -> Duration {
        let span = u64::try_from(time.as_nanos() * u128::from(percent) / 100).unwrap_or(u64::MAX);
        let part = (u128::from(self.roll()) * u128::from(span)) >> 64;
        Duration::from_nanos(u64::try_from(part).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use std::vec::Vec;

    const S: Duration = Duration::from_secs(1);

    fn waits(policy: &Policy, retry: Duration) -> Vec<Duration> {
        let mut backoff = Backoff::new(retry, 7);
        (0..200).map(|failures| backoff.wait(policy.settings(), failures, None)).collect()
    }

    /// The first numbers that its authors' program gives for this seed.
    #[test]
    fn the_dice_are_split_mix_64() {
        let mut dice = Dice(1_234_567);
        for number in [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ] {
            assert_eq!(dice.roll(), number);
        }
    }

    #[test]
    fn doubles_from_the_floor_to_the_cap() {
        let plain = Policy::default().with_jitter_percent(0);
        let waits = waits(&plain, 3 * S);
        assert_eq!(waits[..8], [3 * S, 3 * S, 6 * S, 12 * S, 24 * S, 48 * S, 60 * S, 60 * S]);
        assert!(waits[8..].iter().all(|&wait| wait == 60 * S));
    }

    #[test]
    fn jitter_is_added_to_the_first_wait_too_and_never_taken_away() {
        let mut firsts: Vec<_> =
            (0..1000).map(|seed| Backoff::new(3 * S, seed).wait(Policy::default().settings(), 0, None)).collect();
        firsts.sort();
        assert!(firsts[0] >= 3 * S && firsts[0] < 3 * S + S / 50, "{:?}", firsts[0]);
        assert!(firsts[999] <= 3 * S + S * 3 / 2 && firsts[999] > 4 * S, "{:?}", firsts[999]);
        firsts.dedup();
        assert_eq!(firsts.len(), 1000);
    }

    #[test]
    fn zero_is_not_a_busy_loop() {
        assert!(waits(&Policy::default(), Duration::ZERO).iter().all(|&wait| wait >= S / 10));
        let least = Policy::default().with_min_reconnection_time(Duration::ZERO).with_max_backoff(Duration::ZERO);
        assert!(waits(&least, Duration::ZERO).iter().all(|&wait| wait >= S / 1000 && wait <= 2 * S / 1000));
        let more = Policy::default().with_min_reconnection_time(10 * S);
        assert!(waits(&more, Duration::ZERO).iter().all(|&wait| wait >= 10 * S));
    }

    #[test]
    fn huge_does_not_overflow() {
        for huge in [Duration::MAX, Duration::from_millis(u64::MAX)] {
            assert!(waits(&Policy::default(), huge).iter().all(|&wait| wait >= huge));
            let wildest = Policy::default().with_max_backoff(Duration::MAX).with_jitter_percent(u32::MAX);
            assert!(waits(&wildest, huge).iter().all(|&wait| wait >= huge));
        }
    }

    #[test]
    fn retry_after_raises_the_floor() {
        let mut backoff = Backoff::new(3 * S, 1);
        let wait = backoff.wait(Policy::default().settings(), 1, Some(10 * S));
        assert!(wait >= 10 * S && wait <= 15 * S, "{wait:?}");
        let wait = backoff.wait(Policy::default().settings(), 1, Some(S));
        assert!(wait >= 3 * S && wait < 5 * S, "{wait:?}");
        // The jitter of a long wait is that of the cap.
        let wait = backoff.wait(Policy::default().settings(), 1, Some(3600 * S));
        assert!(wait >= 3600 * S && wait <= 3630 * S, "{wait:?}");
        assert!(backoff.wait(Policy::default().settings(), 1, Some(Duration::MAX)) == Duration::MAX);
    }
}
