//! What a decoder lends.

use core::time::Duration;

/// One thing that the stream said, lent from the chunk or from the decoder until the next call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Frame<'a> {
    /// An event was dispatched: its blank line has been read.
    Event(Event<'a>),
    /// A comment line, without its colon and without one space after it. Only with
    /// [`Decoder::with_comments`](crate::Decoder::with_comments).
    Comment(&'a str),
    /// The server set the reconnection time. Counts at its own line, without a blank line.
    ///
    /// Any number of ASCII digits: `0` is possible, and a value over `u64` milliseconds is given as `u64::MAX`.
    Retry(Duration),
}

/// A dispatched event ([WHATWG HTML 9.2.6], "dispatch the event").
///
/// [WHATWG HTML 9.2.6]: https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Event<'a> {
    /// The `event` field, or `message` if there was none or an empty one.
    pub event_type: &'a str,
    /// The `data` lines, joined by LF. May be empty: a single `data` line without a value.
    pub data: &'a str,
    /// The last event ID string after this event. Not always this event's own `id`: it is inherited from earlier
    /// events, and from earlier connections. Empty if the stream never set one.
    pub last_event_id: &'a str,
}

impl<'a> Event<'a> {
    /// An event that no decoder made: for tests of what consumes events.
    pub const fn new(event_type: &'a str, data: &'a str, last_event_id: &'a str) -> Self {
        Self { event_type, data, last_event_id }
    }
}

/// The event type of an event without an `event` field.
pub(crate) const MESSAGE: &str = "message";
