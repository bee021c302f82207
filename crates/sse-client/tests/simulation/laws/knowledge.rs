//! What a client can know of a gap, by nothing but what its session shows it.

/// Written as a user would: compares what the session asked for with the first id that it then sees.
///
/// That needs a server whose ids can be counted. By any other, all that a client knows is that a reconnection lies
/// between two events; within a connection there is never a gap.
#[derive(Default)]
pub(crate) struct Reader {
    asked: Option<String>,
    begun: bool,
}

/// What lies between the place that was asked for and the event at hand.
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
    /// As in [`Step::Connect`](sse_client::Step::Connect).
    pub(crate) fn connects(&mut self, last_event_id: Option<&str>) {
        self.asked = last_event_id.map(str::to_owned);
        self.begun = false;
    }

    /// As in [`Event`](sse_codec::Event).
    pub(crate) fn sees(&mut self, last_event_id: &str) -> Gap {
        if std::mem::replace(&mut self.begun, true) {
            return Gap::None;
        }
        let number = |id: &str| id.parse::<u64>().ok();
        match (self.asked.as_deref().and_then(number), number(last_event_id)) {
            (Some(asked), Some(seen)) if seen == asked + 1 => Gap::None,
            (Some(asked), Some(seen)) if seen > asked => Gap::Lost(seen - asked - 1),
            (Some(asked), Some(seen)) => Gap::Again(asked + 1 - seen),
            _ => Gap::Unknown,
        }
    }
}

/// What the client concludes is so: `asked` and `index` are positions in the server's log, and `counts` says whether
/// its ids are numbers.
pub(crate) fn check(gap: Gap, asked: usize, index: usize, first: bool, counts: bool) {
    let (asked, index) = (asked as u64, index as u64);
    match gap {
        Gap::None if first => assert_eq!(index, asked, "a gap that the client does not know of"),
        // By the law of delivery.
        Gap::None => {}
        Gap::Lost(events) => assert_eq!(index, asked + events, "a wrong gap"),
        Gap::Again(events) => assert_eq!(index + events, asked, "a wrong repetition"),
        Gap::Unknown => assert!(first && !counts, "the client could have counted"),
    }
}
