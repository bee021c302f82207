//! The server's log: the events to be seen, and where an id points into it.

use std::time::Duration;

use fastrand::Rng;
use sse_client::MAX_SENT_ID_BYTES;
use sse_codec::EventBlock;

use crate::terms::{END, Terms, ms, one_of};

/// What ids the events have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ids {
    /// Each event has the number after the one before: the client can count.
    Numbers,
    /// Each event has an id that says nothing, but can be sent.
    Names,
    /// The same, but some events have none.
    Sparse,
    /// Some have none, some an empty one, some one that cannot be sent.
    Awkward,
}

impl Ids {
    /// Whether each event has one to resume after.
    pub(crate) fn are_whole(self) -> bool {
        matches!(self, Self::Numbers | Self::Names)
    }
}

pub(crate) struct Entry {
    /// When the server comes to have it.
    pub(crate) at: Duration,
    pub(crate) id: Option<String>,
    pub(crate) event_type: Option<&'static str>,
    data: String,
    /// The data as it must arrive: each line end is LF.
    pub(crate) received: String,
    /// Over the client's limit.
    pub(crate) is_large: bool,
}

pub(crate) struct Log {
    pub(crate) ids: Ids,
    pub(crate) entries: Vec<Entry>,
}

/// `#` becomes the event's number.
const DATA: [&str; 13] = [
    "#",
    "#",
    "#",
    "",
    " #",
    "#\n",
    "\n#\n\n",
    "a\rb #\r\nc\n\rd\r",
    ":#",
    "id: 9#\ndata: #\n\nid: 8#\n",
    "\u{feff}# ż€😀",
    "#\u{0}\u{2028}",
    "{\"text\":\"a line as long as those of language models are, of which the greatest part is ever the same\",\"n\":#}",
];

const NAMES: [&str; 7] = ["e#", "e#", "#:#", "é#€", " # ", "#\t", "id: #"];

impl Log {
    pub(crate) fn roll(rng: &mut Rng, ids: Ids, terms: &Terms, most: usize) -> Self {
        let mut at = Duration::ZERO;
        let len = rng.usize(1..=most);
        // All at once, or some now and some later, or for as long as connections come and go.
        let pace = one_of(rng, &[[0; 4], [0, 5, 50, 1000], [0, 0, 2000, 7000], [500, 4000, 9000, 30_000]]);
        let entries = (1..=len).map(|number| {
            at += one_of(rng, &pace.map(ms));
            let is_end = terms.has_ending && number == len;
            let is_large = terms.max_event_bytes.is_some() && !is_end && rng.u8(..) < 40;
            let number = number.to_string();
            let data = if is_large { "x".repeat(1200) } else { one_of(rng, &DATA).replace('#', &number) };
            let received = data.replace("\r\n", "\n").replace('\r', "\n");
            let event_type = one_of(rng, &[None, None, Some(""), Some("tick"), Some("żółć")]);
            let event_type = if is_end { Some(END) } else { event_type };
            Entry { at, id: roll_id(rng, ids, terms, &number), event_type, data, received, is_large }
        });
        Self { ids, entries: entries.collect() }
    }

    pub(crate) fn block(&self, index: usize) -> EventBlock<'_> {
        let Entry { id, event_type, data, .. } = &self.entries[index];
        let mut block = EventBlock::new().data(data);
        if let Some(id) = id {
            block = block.id(id).expect("an id without CR, LF and NUL");
        }
        match event_type {
            Some(event_type) => block.event_type(event_type).expect("a type without CR and LF"),
            None => block,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many events the server has by now.
    pub(crate) fn len_at(&self, now: Duration) -> usize {
        self.entries.partition_point(|entry| entry.at <= now)
    }

    /// An id of a position between two events, for clients that have none of an event.
    pub(crate) fn cursor(&self, position: usize) -> String {
        if self.ids == Ids::Numbers { position.to_string() } else { format!("@{position}") }
    }

    /// The event that comes after this id. HTTP carries no whitespace around a value, so none counts.
    pub(crate) fn position_after(&self, id: &str) -> Option<usize> {
        let cursor = if self.ids == Ids::Numbers { Some(id) } else { id.strip_prefix('@') };
        if let Some(position) = cursor.and_then(|cursor| cursor.parse().ok()) {
            return Some(position);
        }
        let ids = self.entries.iter().map(|entry| entry.id.as_deref().map(trimmed));
        Some(ids.into_iter().position(|one| one == Some(id))? + 1)
    }
}

fn roll_id(rng: &mut Rng, ids: Ids, terms: &Terms, number: &str) -> Option<String> {
    let long = |len: usize| format!("{number}{}", "i".repeat(len - number.len()));
    match ids {
        Ids::Numbers => Some(number.to_owned()),
        Ids::Sparse if rng.bool() => None,
        Ids::Awkward if rng.u8(..) < 100 => match rng.u8(..100) {
            0..40 => None,
            40..60 => Some(String::new()),
            60..95 => Some(one_of(rng, &["\u{1}#", "#\u{7f}"]).replace('#', number)),
            _ => terms.max_event_bytes.is_none().then(|| long(MAX_SENT_ID_BYTES + 1)),
        },
        _ if rng.u8(..) == 0 && terms.max_event_bytes.is_none() => Some(long(MAX_SENT_ID_BYTES)),
        _ => Some(one_of(rng, &NAMES).replace('#', number)),
    }
}

/// What is left of a header's value at the other end.
pub(crate) fn trimmed(value: &str) -> &str {
    value.trim_matches([' ', '\t'])
}
