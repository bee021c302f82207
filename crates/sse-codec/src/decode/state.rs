//! What a decoder remembers between lines, and what it does not remember between calls.

use core::ops::Range;
use core::time::Duration;

use crate::error::DecodeError;

/// The event whose blank line has not come yet.
#[derive(Debug, Default)]
pub(super) struct Unfinished {
    /// Where its data is in `text`, if there was a `data` line and it is stored.
    pub(super) data: Option<Range<usize>>,
    /// An id is stored behind the last event ID.
    pub(super) has_id: bool,
    /// What its fields' values take, in bytes of the stream.
    pub(super) size: Size,
    /// It was too large and is skipped.
    pub(super) dropped: bool,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    pub(super) data: usize,
    pub(super) event_type: usize,
    pub(super) id: usize,
}

/// The line whose end has not come yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Nothing of it has come either.
    Fresh,
    /// What came is in `text` from there on.
    Stored(usize),
    /// It is not empty and not wanted.
    Skipped,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Lent {
    Nothing,
    /// A comment, behind this length of `text`.
    Comment(usize),
    /// An event.
    Event,
}

/// Values that are still in the chunk. They live no longer than one call: what an event needs beyond it is stored.
#[derive(Default)]
pub(super) struct InChunk<'i> {
    pub(super) data: Option<&'i str>,
    pub(super) event_type: Option<&'i str>,
    pub(super) id: Option<&'i str>,
}

/// What ended a call.
pub(super) enum Found<'i> {
    Event,
    Comment(&'i str),
    StoredComment(Range<usize>),
    Retry(Duration),
    /// Its blank line has come, but not all of it could be stored. (An `Err` instead: its blank line is still to come.)
    Lost(DecodeError),
}
