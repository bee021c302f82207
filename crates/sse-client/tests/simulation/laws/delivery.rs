//! What is seen is what was sent: in order, once, and nothing of what did not arrive in whole.

use std::time::Duration;

use sse_client::MAX_SENT_ID_BYTES;
use sse_codec::{DecodeError, Event, Frame};

use crate::log::{Entry, Log, trimmed};
use crate::stream::{Mark, Said, Stream};

/// What the client must have been given, by which bytes have arrived.
pub(crate) struct Delivery {
    /// The server replays, and whatever it is asked for it has.
    lossless: bool,
    /// The event to come if none is lost or repeated. `None`: the client has no idea yet.
    next: Option<usize>,
    /// The position of the last event ID: what lies before it must not come again.
    resumed_at: usize,
    pub(crate) last_event_id: String,
    /// Of the connection at hand: the marks of its stream that are behind,
    passed: usize,
    /// whether it has brought an event, if only one to be dropped,
    begun: bool,
    /// and whether the event at hand was said to be dropped.
    dropped: bool,
    /// How many were since the last event that was not.
    drops: usize,
}

/// What the session gave, once it is known to be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    Event {
        index: usize,
        is_repeated: bool,
        /// How many were dropped between it and the one before.
        dropped: usize,
    },
    Dropped,
    Retry(Duration),
}

impl Delivery {
    /// The client begins with the id of this position, if it begins with one.
    pub(crate) fn new(lossless: bool, position: Option<usize>, last_event_id: &str) -> Self {
        Self {
            lossless,
            next: position,
            resumed_at: position.unwrap_or(0),
            last_event_id: last_event_id.to_owned(),
            passed: 0,
            begun: false,
            dropped: false,
            drops: 0,
        }
    }

    /// An attempt begins, and asks for this.
    pub(crate) fn asks(&mut self, last_event_id: Option<&str>, unsendable: Option<&str>) {
        let id = self.last_event_id.as_str();
        let is_sendable = id.len() <= MAX_SENT_ID_BYTES && id.chars().all(|c| c == '\t' || !c.is_ascii_control());
        let header = Some(trimmed(id)).filter(|id| is_sendable && !id.is_empty());
        assert_eq!(last_event_id, header, "it must ask for what comes after {id:?}, by a value that HTTP can carry");
        assert_eq!(unsendable, Some(id).filter(|_| !is_sendable), "what cannot be asked for must be said");
        (self.passed, self.begun, self.dropped, self.drops) = (0, false, false, 0);
    }

    /// The session gave this, when so many bytes of the stream had arrived.
    pub(crate) fn give(
        &mut self,
        log: &Log,
        stream: &Stream,
        arrived: usize,
        frame: Result<Frame<'_>, DecodeError>,
    ) -> Given {
        self.pass_what_is_silent(log, stream, arrived);
        let Some(Mark { at, said }) = stream.marks.get(self.passed) else {
            panic!("given, but never sent: {frame:?}");
        };
        match (frame, said) {
            (Err(_), &Said::Event(index)) if log.entries[index].is_large && !self.dropped => {
                self.dropped = true;
                Given::Dropped
            }
            (Ok(frame), said) if *at > arrived => {
                panic!("given at byte {arrived}, though {said} has its end at byte {at}: {frame:?}")
            }
            (Ok(Frame::Retry(time)), Said::Retry(sent)) => {
                assert_eq!(time, *sent);
                self.passed += 1;
                Given::Retry(time)
            }
            (Ok(Frame::Event(event)), &Said::Event(index)) => {
                self.passed += 1;
                let is_repeated = self.next.is_some_and(|next| index < next);
                self.comes(log, index);
                if log.entries[index].id.is_some() {
                    self.take_id(log.entries[index].id.as_deref(), index + 1);
                }
                self.compare(log, index, event);
                Given::Event { index, is_repeated, dropped: std::mem::take(&mut self.drops) }
            }
            (frame, said) => panic!("given {frame:?}, while the server said {said}"),
        }
    }

    /// The session has had all of these bytes and has nothing more to give.
    pub(crate) fn settle(&mut self, log: &Log, stream: &Stream, arrived: usize) {
        self.pass_what_is_silent(log, stream, arrived);
        if let Some(Mark { at, said }) = stream.marks.get(self.passed).filter(|mark| mark.at <= arrived) {
            panic!("{said} is all there at byte {at}, and not given at byte {arrived}");
        }
    }

    /// Whether the last event of the log is behind, if there is a server from which all must come.
    pub(crate) fn is_complete(&self, log: &Log) -> bool {
        !self.lossless || self.next.is_none_or(|next| next == log.len())
    }

    /// Passes ids without events, and events that were dropped.
    fn pass_what_is_silent(&mut self, log: &Log, stream: &Stream, arrived: usize) {
        while let Some(Mark { said, .. }) = stream.marks.get(self.passed).filter(|mark| mark.at <= arrived) {
            match *said {
                Said::Cursor(position) => {
                    if self.next.is_none() {
                        self.next = Some(position);
                    }
                    self.take_id(Some(&log.cursor(position)), position);
                }
                Said::Event(index) if self.dropped => {
                    self.dropped = false;
                    self.drops += 1;
                    self.comes(log, index);
                }
                Said::Event(_) | Said::Retry(_) => return,
            }
            self.passed += 1;
        }
    }

    fn take_id(&mut self, id: Option<&str>, position: usize) {
        if let Some(id) = id {
            id.clone_into(&mut self.last_event_id);
            self.resumed_at = position;
        }
    }

    /// This event comes, or is said to be dropped.
    fn comes(&mut self, log: &Log, index: usize) {
        let number = index + 1;
        if let Some(next) = self.next.filter(|next| *next != index) {
            assert!(!self.begun, "event {number} within a connection, where {} was due", next + 1);
            if self.lossless {
                assert!(index < next, "event {number}: those from {} on are lost", next + 1);
                // Only what no id marks as seen may come twice: events without one, and those dropped.
                assert!(index >= self.resumed_at, "event {number} again, which is before the last event ID");
                let has_id = |entry: &Entry| entry.id.is_some() && !entry.is_large;
                assert!(!log.entries[index..next].iter().any(has_id), "event {number} again, though it has an id");
            }
        }
        (self.next, self.begun) = (Some(index + 1), true);
    }

    fn compare(&self, log: &Log, index: usize, event: Event<'_>) {
        let sent = &log.entries[index];
        let event_type = sent.event_type.filter(|event_type| !event_type.is_empty()).unwrap_or("message");
        let expected = Event::new(event_type, &sent.received, &self.last_event_id);
        assert_eq!(event, expected, "event {} did not arrive as it was sent", index + 1);
    }
}
