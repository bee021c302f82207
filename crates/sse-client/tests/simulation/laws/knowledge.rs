//! What a client can know of a gap, by nothing but what its session shows it.

/// Written as a user would: compares the id of each event with that of the event before.
///
/// The id that the session asks for would not do: a block without data may have moved it past what was lost. And it
/// takes a server whose ids can be counted. By any other, all that a client knows is whether a reconnection lies between
/// two events.
struct Reader {
    last_seen: Option<u64>,
    has_connected: bool,
}

/// What lies between two events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gap {
    None,
    /// So many events.
    Lost(u64),
    /// Less than nothing: so many events are there once more.
    Again(u64),
    /// There has been a reconnection, and the ids say nothing.
    Unknown,
}

impl Reader {
    fn sees(&mut self, last_event_id: &str) -> Gap {
        let seen = last_event_id.parse().ok();
        let gap = match (self.last_seen, seen) {
            (Some(last), Some(seen)) if seen == last + 1 => Gap::None,
            (Some(last), Some(seen)) if seen > last => Gap::Lost(seen - last - 1),
            (Some(last), Some(seen)) => Gap::Again(last + 1 - seen),
            _ if self.has_connected => Gap::Unknown,
            _ => Gap::None,
        };
        (self.last_seen, self.has_connected) = (seen, false);
        gap
    }
}

/// The law that what the client concludes is so.
pub(crate) struct Knowledge {
    reader: Reader,
    /// What the next event would be.
    next: Option<usize>,
    /// The server's ids are numbers.
    counts: bool,
}

impl Knowledge {
    /// The client begins with the id of this position, if it begins with one.
    pub(crate) fn new(counts: bool, position: Option<usize>, last_event_id: &str) -> Self {
        let reader = Reader { last_seen: last_event_id.parse().ok(), has_connected: false };
        Self { reader, next: position, counts }
    }

    pub(crate) fn connects(&mut self) {
        self.reader.has_connected = true;
    }

    /// This event of the server's log is given with this last event ID. `dropped`: the client knows that so many events
    /// before it were too large.
    pub(crate) fn sees(&mut self, index: usize, last_event_id: &str, dropped: usize) -> Gap {
        let gap = self.reader.sees(last_event_id);
        if let Some(next) = self.next {
            let (next, seen) = (next as u64, index as u64);
            match gap {
                Gap::None if self.counts => assert_eq!(seen, next, "a gap that the client does not know of"),
                Gap::None => assert_eq!(seen, next + dropped as u64, "a gap where there was no reconnection"),
                Gap::Lost(events) => assert_eq!(seen, next + events, "a wrong gap"),
                Gap::Again(events) => assert_eq!(seen + events, next, "a wrong repetition"),
                Gap::Unknown => assert!(!self.counts, "the client could have counted"),
            }
        }
        self.next = Some(index + 1);
        gap
    }
}
