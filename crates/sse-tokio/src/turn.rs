//! How long a task may go on with what is ready, before others have their turn.

use std::task::{Context, Poll, ready};

use tokio::task::coop;

/// How many events a unit of the task's budget pays for. A unit is meant for work of a microsecond or so, as a message of a
/// channel or a read of a socket is, and an event that lies in memory takes some tens of nanoseconds.
const EVENTS: u8 = 8;

/// What is left of the last unit.
#[derive(Default)]
pub(crate) struct Turn {
    events: u8,
}

impl Turn {
    /// For one event out of a chunk that is there. `Pending`: it is somebody else's turn, and the task will be woken.
    #[inline(always)]
    pub(crate) fn poll_proceed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.events == 0 {
            ready!(coop::poll_proceed(cx)).made_progress();
            self.events = EVENTS;
        }
        self.events -= 1;
        Poll::Ready(())
    }
}
