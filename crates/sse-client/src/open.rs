//! An open connection: what has come over it, and when.

use core::time::Duration;

use crate::ending::Place;
use crate::mode::Mode;
use crate::policy::Deadlines;
use crate::reason::Timeout;

/// What the deadlines of an open connection count from.
#[derive(Debug)]
pub(crate) struct Open {
    /// The start of the attempt.
    begun: Duration,
    since: Duration,
    last_byte: Duration,
    last_event: Duration,
    /// Whether there were bytes, and an event, since the reader last waited.
    had_bytes: bool,
    had_event: bool,
    /// Whether there was an event that says something.
    delivered: bool,
}

/// What the decoder made of some bytes, as far as the session cares.
#[derive(Clone, Copy)]
pub(crate) enum Arrived {
    Nothing,
    Event(Place),
    /// An event that says nothing, by which a server gives an ID to resume after before it has something to say. Behind it a
    /// server may hang up at once, and behind the next one again: no success either.
    Priming,
    /// A sign of life, but not a success: the server may send the same one for ever.
    DroppedEvent,
    Retry(Duration),
}

impl Open {
    pub(crate) fn new(begun: Duration, now: Duration) -> Self {
        Self {
            begun,
            since: now,
            last_byte: now,
            last_event: now,
            had_bytes: false,
            had_event: false,
            delivered: false,
        }
    }

    /// For how long it has been open.
    pub(crate) fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.since)
    }

    /// The reader has nothing left to take, and waits.
    pub(crate) fn wait(&mut self, now: Duration) {
        if core::mem::take(&mut self.had_bytes) {
            self.last_byte = now;
        }
        if core::mem::take(&mut self.had_event) {
            self.last_event = now;
        }
    }

    /// Whether an event that came at this time has been noted, and one that says something: of others that come at the
    /// same time there is nothing to be noted.
    #[inline]
    pub(crate) fn has_event_of(&self, now: Duration) -> bool {
        self.had_event && self.delivered && self.last_event == now
    }

    pub(crate) fn note_bytes(&mut self, now: Duration, bytes: &[u8], mode: &mut Mode) {
        if bytes.is_empty() {
            return;
        }
        self.last_byte = now;
        self.had_bytes = true;
        if let Some(reconnect) = mode.reconnect_mut() {
            reconnect.still_sending(self.age(now));
        }
    }

    pub(crate) fn note(&mut self, now: Duration, what: Arrived, mode: &mut Mode) {
        if matches!(what, Arrived::Event(_) | Arrived::Priming | Arrived::DroppedEvent) {
            self.last_event = now;
            self.had_event = true;
            mode.note_event();
        }
        self.delivered |= matches!(what, Arrived::Event(_));
        match (what, mode.reconnect_mut()) {
            (Arrived::Event(_), Some(reconnect)) => reconnect.succeeded(),
            (Arrived::Retry(time), Some(reconnect)) => reconnect.set_reconnection_time(time),
            _ => {}
        }
    }

    /// The first deadline to come.
    pub(crate) fn deadline(&self, deadlines: &Deadlines) -> Option<(Duration, Timeout)> {
        let deadlines = deadlines.others();
        let bytes = after(self.last_byte, deadlines.byte_idle).map(|at| (at, Timeout::ByteIdle));
        let events = after(self.last_event, deadlines.event_idle).map(|at| (at, Timeout::EventIdle));
        let total = after(self.begun, deadlines.total).map(|at| (at, Timeout::Total));
        // The first of those at the same time: that there was not one byte says more.
        bytes.into_iter().chain(events).chain(total).min_by_key(|(at, _)| *at)
    }
}

/// The first deadline to come of an attempt that has no response yet.
pub(crate) fn head_deadline(begun: Duration, deadlines: &Deadlines) -> Option<(Duration, Timeout)> {
    let head = after(begun, deadlines.head).map(|at| (at, Timeout::Head));
    let total = after(begun, deadlines.others().total).map(|at| (at, Timeout::Total));
    head.into_iter().chain(total).min_by_key(|(at, _)| *at)
}

/// So long after `start`; `None` also for what lies beyond all time.
fn after(start: Duration, time: Option<Duration>) -> Option<Duration> {
    time.and_then(|time| start.checked_add(time))
}
