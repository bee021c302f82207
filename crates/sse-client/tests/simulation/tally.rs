//! What a run of schedules has met: laws that nothing tries prove nothing.

use std::fmt;
use std::ops::AddAssign;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Met {
    Attempt,
    /// An attempt that resumes.
    Resumption,
    Event,
    /// An event that says nothing.
    Priming,
    /// An event that comes once more.
    Again,
    /// A gap that the client could count.
    CountedGap,
    /// An event after a reconnection by which the client could not tell.
    Unknown,
    Dropped,
    Retry,
    /// A connection that ended in the middle of a block.
    Unfinished,
    /// Something of a connection that was given up came later.
    Late,
    HeadTimeout,
    Silence,
    TotalTimeout,
    RetryAfter,
    GaveUp,
    /// It would not help to try again.
    Futile,
    /// A decision of the user's that is not the policy's.
    Decision,
    /// What was to have an end lacks an event that was too large.
    Incomplete,
    /// The schedule came to the end that the server wanted.
    ProperEnd,
    /// The client has all there is, and is open.
    Open,
}

impl Met {
    const ALL: [Self; 21] = [
        Self::Attempt,
        Self::Resumption,
        Self::Event,
        Self::Priming,
        Self::Again,
        Self::CountedGap,
        Self::Unknown,
        Self::Dropped,
        Self::Retry,
        Self::Unfinished,
        Self::Late,
        Self::HeadTimeout,
        Self::Silence,
        Self::TotalTimeout,
        Self::RetryAfter,
        Self::GaveUp,
        Self::Futile,
        Self::Decision,
        Self::Incomplete,
        Self::ProperEnd,
        Self::Open,
    ];
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Tally([u64; Met::ALL.len()]);

impl Tally {
    pub(crate) fn count(&mut self, met: Met) {
        self.0[met as usize] += 1;
    }

    pub(crate) fn has_met(&self, met: Met) -> bool {
        self.0[met as usize] > 0
    }

    pub(crate) fn not_met(&self) -> impl Iterator<Item = Met> {
        Met::ALL.into_iter().filter(|met| !self.has_met(*met))
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(count, more)| *count += more);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Met::ALL.iter().try_for_each(|met| writeln!(f, "{:9} {met:?}", self.0[*met as usize]))
    }
}
