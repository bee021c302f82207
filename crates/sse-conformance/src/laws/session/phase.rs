//! Where a session is, and where it may go.

use sse_client::Step;

/// A [`Step`] without what it holds, in the order in which they may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Connect,
    AwaitHead,
    Read,
    Wait,
    Closed,
}

impl Phase {
    pub(super) fn of(step: &Step<'_>) -> Self {
        match step {
            Step::Connect { .. } => Self::Connect,
            Step::AwaitHead { .. } => Self::AwaitHead,
            Step::Read { .. } => Self::Read,
            Step::Wait { .. } => Self::Wait,
            Step::Closed(_) => Self::Closed,
        }
    }

    pub(super) fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Connect, Self::AwaitHead)
                | (Self::AwaitHead, Self::Read | Self::Wait)
                | (Self::Read, Self::Wait)
                | (Self::Wait, Self::Connect)
                | (Self::Connect | Self::AwaitHead | Self::Read | Self::Wait, Self::Closed)
        )
    }
}
