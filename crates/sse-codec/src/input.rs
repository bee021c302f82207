//! The caller's cursor over one chunk.

use core::ops::Range;
use core::str;

use crate::scan;
use crate::text;

/// One chunk of an event stream, and how far it has been decoded.
///
/// The cursor is the caller's: leaving the loop in the middle of a chunk loses nothing, and the next
/// [`Decoder::decode`](crate::Decoder::decode) with the same `Input` goes on without scanning a byte again.
///
/// Making one costs nothing; the chunk is validated as UTF-8 once, when its first text is needed.
///
/// ```
/// use sse_codec::{Decoder, Frame, Input};
///
/// let mut decoder = Decoder::new();
/// let mut input = Input::new(b"data: 1\n\ndata: 2\n\n");
/// assert!(matches!(decoder.decode(&mut input), Ok(Some(Frame::Event(event))) if event.data == "1"));
/// // … something else …
/// assert!(matches!(decoder.decode(&mut input), Ok(Some(Frame::Event(event))) if event.data == "2"));
/// assert!(input.is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct Input<'i> {
    bytes: &'i [u8],
    valid: &'i str,
    cursor: Cursor,
}

/// What is known of a chunk. Belongs to that chunk's bytes alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cursor {
    /// Where the next line, or the rest of one, begins.
    position: usize,
    /// Line ends at or behind `position` in the block that begins at `block`.
    ends: u64,
    block: usize,
    /// Where the next block to scan begins.
    scanned: usize,
    /// Where the text that is known to be valid begins.
    valid_from: usize,
}

#[cfg(feature = "bytes")]
impl Cursor {
    /// The beginning of a chunk, of which the text from there on is known to be valid.
    pub(crate) fn with_valid_from(valid_from: usize) -> Self {
        Self { valid_from, ..Self::default() }
    }
}

impl<'i> Input<'i> {
    /// A cursor at the beginning of a chunk. An empty chunk is fine.
    #[inline]
    pub fn new(bytes: &'i [u8]) -> Self {
        Self { bytes, valid: "", cursor: Cursor::default() }
    }

    /// What has not been decoded yet.
    #[inline]
    pub fn remaining(&self) -> &'i [u8] {
        &self.bytes[self.cursor.position..]
    }

    /// Whether the whole chunk has been decoded.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.cursor.position == self.bytes.len()
    }

    /// Joins a chunk with what an earlier `Input` of the same chunk knew of it.
    #[cfg(feature = "bytes")]
    pub(crate) fn resume(bytes: &'i [u8], valid: &'i str, cursor: Cursor) -> Self {
        Self { bytes, valid, cursor }
    }

    /// What is known of the chunk, to be kept beside it.
    #[cfg(feature = "bytes")]
    pub(crate) fn pause(self) -> (Cursor, &'i str) {
        (self.cursor, self.valid)
    }

    /// Takes the next line with its line end out of the chunk: where it is, and whether CR ended it. `None`: the
    /// chunk has no further line end.
    #[inline]
    pub(crate) fn take_line(&mut self) -> Option<(Range<usize>, bool)> {
        while self.cursor.ends == 0 {
            self.scan_block()?;
        }
        let end = self.cursor.block + self.cursor.ends.trailing_zeros() as usize;
        self.cursor.ends &= self.cursor.ends - 1;
        let line = self.cursor.position..end;
        self.cursor.position = end + 1;
        Some((line, self.bytes[end] == b'\r'))
    }

    #[inline]
    fn scan_block(&mut self) -> Option<()> {
        let block = self.cursor.scanned;
        let ahead = self.bytes.get(block..).filter(|ahead| !ahead.is_empty())?;
        self.cursor.block = block;
        if let Some(whole) = ahead.first_chunk() {
            self.cursor.ends = scan::line_ends(whole);
            self.cursor.scanned = block + scan::BLOCK;
        } else {
            self.cursor.ends = scan::line_ends_of_tail(ahead);
            self.cursor.scanned = self.bytes.len();
        }
        Some(())
    }

    /// Takes all that is left: the beginning of a line that the chunk does not end.
    #[inline]
    pub(crate) fn take_rest(&mut self) -> &'i [u8] {
        let rest = self.remaining();
        self.cursor.position = self.bytes.len();
        rest
    }

    /// Takes one byte if it is the one named. Not for line ends: see [`Input::skip_line_feed`].
    #[inline]
    pub(crate) fn skip_byte(&mut self, byte: u8) -> bool {
        let found = self.bytes.get(self.cursor.position) == Some(&byte);
        self.cursor.position += usize::from(found);
        found
    }

    /// Takes a LF at the cursor, which is then also the next line end.
    #[inline]
    pub(crate) fn skip_line_feed(&mut self) {
        if self.bytes.get(self.cursor.position) == Some(&b'\n') {
            self.take_line();
        }
    }

    #[inline]
    pub(crate) fn bytes(&self, range: Range<usize>) -> &'i [u8] {
        &self.bytes[range]
    }

    /// A part of a line as text; `None` if it is not valid UTF-8.
    ///
    /// A chunk is validated once, from the first text that is needed up to its end: lines and fields are cut at ASCII
    /// bytes, so what lies in valid text is valid. Behind a byte that is not valid it begins anew at the next line
    /// that asks, so no byte is looked at more than twice.
    #[inline]
    pub(crate) fn text(&mut self, range: Range<usize>) -> Option<&'i str> {
        if range.start >= self.cursor.valid_from + self.valid.len() {
            self.validate(range.start);
        }
        self.valid.get(range.start.checked_sub(self.cursor.valid_from)?..range.end.checked_sub(self.cursor.valid_from)?)
    }

    #[inline(never)]
    fn validate(&mut self, from: usize) {
        let ahead = &self.bytes[from..];
        let ahead = &ahead[..text::whole_characters(ahead)];
        self.cursor.valid_from = from;
        self.valid = match str::from_utf8(ahead) {
            Ok(text) => text,
            Err(error) => text::known(&ahead[..error.valid_up_to()]),
        };
    }
}
