//! The caller's cursor over one chunk.

use core::fmt;
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
#[derive(Clone)]
pub struct Input<'i> {
    bytes: &'i [u8],
    cursor: Cursor,
}

/// What is known of a chunk. Belongs to that chunk's bytes alone.
#[derive(Clone, Debug)]
pub(crate) struct Cursor {
    /// Where the next line, or the rest of one, begins.
    position: usize,
    /// Where the next block to scan begins.
    next_block: usize,
    /// Line ends at or behind `position` in the block before that one.
    ends: u64,
    /// What is known to be valid UTF-8.
    valid: Valid,
}

/// A part of a chunk that is valid UTF-8, at both ends cut between characters.
#[derive(Clone, Copy, Debug)]
struct Valid {
    from: usize,
    to: usize,
}

impl Default for Cursor {
    fn default() -> Self {
        Self { position: 0, next_block: 0, ends: 0, valid: Valid { from: 0, to: 0 } }
    }
}

impl<'i> Input<'i> {
    /// A cursor at the beginning of a chunk. An empty chunk is fine.
    #[inline]
    pub fn new(bytes: &'i [u8]) -> Self {
        Self { bytes, cursor: Cursor::default() }
    }

    /// Joins a chunk with what an earlier `Input` of the very same bytes knew of it.
    #[cfg(feature = "bytes")]
    #[inline]
    pub(crate) fn resume(bytes: &'i [u8], cursor: Cursor) -> Self {
        Self { bytes, cursor }
    }

    /// What is known of the chunk, to be kept beside it.
    #[cfg(feature = "bytes")]
    #[inline]
    pub(crate) fn pause(self) -> Cursor {
        self.cursor
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

    /// Takes the next line with its line end out of the chunk: where it is, and whether CR ended it. `None`: the
    /// chunk has no further line end.
    #[inline]
    pub(crate) fn take_line(&mut self) -> Option<(Range<usize>, bool)> {
        while self.cursor.ends == 0 {
            let block = self.cursor.next_block;
            self.cursor.next_block = block + scan::BLOCK;
            if let Some(whole) = self.bytes.get(block..).and_then(|ahead| ahead.first_chunk()) {
                self.cursor.ends = scan::line_ends(whole);
                if self.cursor.ends == 0 {
                    // No line end in a whole block: a search is faster than masks until the next one.
                    self.cursor.next_block = next_line_end(self.bytes, block + scan::BLOCK);
                }
            } else if block < self.bytes.len() {
                self.cursor.ends = scan::line_ends_of_tail(self.bytes, block);
            } else {
                self.cursor.next_block = block;
                return None;
            }
        }
        let end = self.cursor.next_block - scan::BLOCK + self.cursor.ends.trailing_zeros() as usize;
        self.cursor.ends &= self.cursor.ends - 1;
        let line = self.cursor.position..end;
        self.cursor.position = end + 1;
        Some((line, self.bytes[end] == b'\r'))
    }

    /// Takes all that is left: the beginning of a line that the chunk does not end.
    #[inline]
    pub(crate) fn take_rest(&mut self) -> &'i [u8] {
        let rest = self.remaining();
        self.cursor.position = self.bytes.len();
        rest
    }

    /// Takes one byte if it is the one named. Not for line ends: see [`Input::finish_line_end`].
    #[inline]
    pub(crate) fn skip_byte(&mut self, byte: u8) -> bool {
        let found = self.bytes.get(self.cursor.position) == Some(&byte);
        self.cursor.position += usize::from(found);
        found
    }

    /// A CR ended the last line: takes the LF that belongs to it, if that is what comes. `false`: not known yet.
    #[inline]
    pub(crate) fn finish_line_end(&mut self) -> bool {
        match self.bytes.get(self.cursor.position) {
            None => return false,
            // It is the next line end, so taking it is taking a line.
            Some(b'\n') => drop(self.take_line()),
            Some(_) => {}
        }
        true
    }

    #[inline]
    pub(crate) fn bytes(&self, range: Range<usize>) -> &'i [u8] {
        &self.bytes[range]
    }

    /// The chunk from there on.
    #[inline]
    pub(crate) fn from(&self, start: usize) -> &'i [u8] {
        &self.bytes[start..]
    }

    /// A part of a line as text; `None` if it is not valid UTF-8.
    ///
    /// A chunk is validated once, from the first text that is needed up to its end: lines and fields are cut at ASCII
    /// bytes, so what lies in valid text is valid. Behind a byte that is not valid it begins anew at the next line
    /// that asks, so no byte is looked at more than twice.
    #[inline]
    pub(crate) fn text(&mut self, range: Range<usize>) -> Option<&'i str> {
        if range.start >= self.cursor.valid.to {
            self.cursor.valid = validate(self.bytes, range.start);
        }
        self.cursor.valid.text(self.bytes, range)
    }
}

/// Says how much remains, not what.
impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").field("remaining_bytes", &self.remaining().len()).finish_non_exhaustive()
    }
}

impl Valid {
    /// A part of the chunk as text, if it lies in what is valid and is cut between characters.
    #[inline]
    fn text(self, chunk: &[u8], range: Range<usize>) -> Option<&str> {
        if range.start < self.from || range.end > self.to {
            return None;
        }
        let is_boundary = |at: usize| chunk.get(at).is_none_or(|byte| !matches!(byte, 0x80..=0xbf));
        if !is_boundary(range.start) || !is_boundary(range.end) {
            return None;
        }
        let bytes = chunk.get(range)?;
        // SAFETY: `validate` has found `from..to` of these bytes to be valid UTF-8 (a cursor is never joined with other
        // bytes than its own), the range lies in it, and neither end of the range is within a character.
        #[allow(unsafe_code)]
        Some(unsafe { str::from_utf8_unchecked(bytes) })
    }
}

/// How far the chunk is valid from there on. (No method: what is borrowed mutably cannot live in registers.)
#[inline(never)]
fn validate(bytes: &[u8], from: usize) -> Valid {
    let ahead = &bytes[from..];
    let ahead = &ahead[..text::whole_characters(ahead)];
    Valid { from, to: from + text::valid_len(ahead) }
}

#[inline(never)]
fn next_line_end(bytes: &[u8], from: usize) -> usize {
    let ahead = bytes.get(from..).unwrap_or_default();
    memchr::memchr2(b'\n', b'\r', ahead).map_or(bytes.len(), |at| from + at)
}
