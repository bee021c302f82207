//! What a decoder remembers between lines, and what it does not remember between calls.

use core::ops::Range;
use core::time::Duration;

use crate::joined::TextRange;

/// The event whose blank line has not come yet, as far as it is not in the chunk.
#[derive(Debug, Default)]
pub(super) struct Unfinished {
    /// Something of it is stored. Most events never are: all of them is in one chunk.
    pub(super) stored: bool,
    /// It was too large: nothing of it is stored, and its lines are skipped.
    pub(super) dropped: bool,
    /// Where its data is in `text`, if there was a `data` line and it is stored. Not yet text: it is when it is lent.
    pub(super) data: Option<Range<usize>>,
    /// An id is stored behind the last event ID.
    pub(super) has_id: bool,
    /// What the values of its fields took so far, in bytes of the stream.
    pub(super) size: usize,
}

/// The line whose end has not come yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Started {
    /// Nothing of it has come either.
    No,
    /// What came is in `text` from there on.
    Stored(usize),
    /// It is not empty and not wanted.
    Skipped,
}

/// What the last call lent from `text`.
#[derive(Debug)]
pub(super) enum Lent {
    Nothing,
    /// A comment, behind this length.
    Comment(usize),
    /// An event: its data is there, if it is stored.
    Event(Option<TextRange>),
}

/// What of the event is still in the chunk. Lives no longer than one call: what is needed beyond it is stored.
#[derive(Clone, Copy, Default)]
pub(crate) struct InChunk<'i> {
    pub(crate) data: Option<&'i str>,
    pub(crate) event_type: Option<&'i str>,
    pub(crate) id: Option<&'i str>,
    /// What the values of its types and ids took, as long as it has no data.
    pub(crate) size: usize,
}

impl<'i> InChunk<'i> {
    #[inline(always)]
    pub(super) fn set_event_type(&mut self, event_type: &'i str) {
        self.event_type = Some(event_type);
        self.size += event_type.len();
    }

    #[inline(always)]
    pub(super) fn set_id(&mut self, id: &'i str) {
        self.id = Some(id);
        self.size += id.len();
    }

    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        self.data.is_none() && self.event_type.is_none() && self.id.is_none()
    }
}

/// What a line says that must be told at once, event or not.
pub(super) enum Told<'i> {
    Comment(&'i str),
    /// A comment, there in `text`.
    StoredComment(TextRange),
    Retry(Duration),
}
