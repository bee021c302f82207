//! The lines of a chunk, and which of its bytes are text.

use core::ops::Range;
use core::str;

use crate::FAST;
use crate::field;
use crate::joined::Piece;
use crate::scan::{self, BLOCK, BLOCKS, Masks};
use crate::text;

/// What is known of a chunk. Belongs to that chunk's bytes alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cursor {
    place: Place,
    /// Where the blocks begin of which no mask is known.
    scanned: usize,
    /// The masks of the last blocks before that, each at its number modulo [`BLOCKS`].
    masks: Masks,
    valid: Valid,
}

/// Where a cursor is: small, to live in registers.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// Where the next line, or the rest of one, begins.
    position: usize,
    /// Where the next block begins.
    next_block: usize,
    /// Line ends at or behind `position` in the block before that one.
    ends: u64,
}

/// A part of a chunk that is valid UTF-8, at both ends cut between characters.
#[derive(Clone, Copy, Debug, Default)]
struct Valid {
    from: usize,
    to: usize,
}

impl Cursor {
    /// How far the chunk has been taken.
    #[inline]
    pub(crate) fn position(&self) -> usize {
        self.place.position
    }

    /// To the beginning of another chunk, of which nothing is known. (Masks that were never made are never read.)
    #[cfg(feature = "bytes")]
    #[inline(always)]
    pub(crate) fn reset(&mut self) {
        (self.place, self.scanned, self.valid) = (Place::default(), 0, Valid::default());
    }

    /// Takes a byte that is no line end.
    #[inline]
    pub(crate) fn skip_byte(&mut self) {
        self.place.position += 1;
    }

    /// Looks at a chunk of a block or less: as little as can be, it may be one byte. Returns its line ends.
    #[inline(always)]
    fn scan_short(&mut self, chunk: &[u8]) -> u64 {
        let (line_ends, ascii) = scan::short(chunk);
        self.scanned = BLOCK;
        self.masks[0] = line_ends;
        if ascii {
            self.valid.to = chunk.len();
        }
        line_ends
    }

    /// Looks at the next blocks, up to some that have a line end. Returns where these begin; `None`: there are none.
    #[inline(never)]
    fn scan(&mut self, chunk: &[u8]) -> Option<usize> {
        if chunk.len() <= BLOCK {
            return if self.scanned == 0 && self.scan_short(chunk) != 0 { Some(0) } else { None };
        }
        let mut in_long_line = false;
        while self.scanned < chunk.len() {
            let from = self.scanned;
            if FAST && in_long_line {
                let plain = scan::plain_len(&chunk[from..]);
                if plain > 0 {
                    self.scanned += plain;
                    if self.valid.to >= from {
                        self.valid.to = self.valid.to.max(self.scanned);
                    }
                    continue;
                }
            }
            in_long_line = true;
            let ascii = scan::scan(chunk, from, &mut self.masks);
            self.scanned = chunk.len().next_multiple_of(BLOCK).min(from + BLOCKS * BLOCK);
            if ascii && self.valid.to >= from {
                self.valid.to = self.valid.to.max(self.scanned.min(chunk.len()));
            }
            if self.masks.iter().any(|mask| *mask != 0) {
                return Some(from);
            }
        }
        None
    }
}

/// A whole line of a chunk, without its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    start: usize,
    end: usize,
}

impl Line {
    #[inline(always)]
    pub(crate) fn is_empty(self) -> bool {
        self.start == self.end
    }

    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        self.end - self.start
    }
}

/// Takes the lines of a chunk, from its cursor on.
///
/// Works on a copy of the cursor's place, which [`Lines::save`] must put back: a cursor keeps only the last masks, so that
/// its place cannot be taken up again where it was.
pub(crate) struct Lines<'i, 'c> {
    chunk: &'i [u8],
    cursor: &'c mut Cursor,
    place: Place,
}

impl<'i, 'c> Lines<'i, 'c> {
    #[inline(always)]
    pub(crate) fn new(chunk: &'i [u8], cursor: &'c mut Cursor) -> Self {
        let place = cursor.place;
        Self { chunk, cursor, place }
    }

    /// What was taken is taken.
    #[inline(always)]
    pub(crate) fn save(&mut self) {
        self.cursor.place = self.place;
    }

    /// Takes the next line and its line end. `None`: the chunk has no further line end.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Option<Line> {
        let line = self.peek_line()?;
        self.take(line);
        Some(line)
    }

    /// The same where it is seldom: a call is smaller.
    #[inline(never)]
    pub(crate) fn next_seldom(&mut self) -> Option<Line> {
        self.next()
    }

    /// The next line. `None`: the chunk has no further line end.
    #[inline(always)]
    pub(crate) fn peek_line(&mut self) -> Option<Line> {
        if !self.find() {
            return None;
        }
        let end = self.place.next_block - BLOCK + self.place.ends.trailing_zeros() as usize;
        Some(Line { start: self.place.position, end })
    }

    /// Takes the line that [`peek_line`](Self::peek_line) gave, and its line end.
    #[inline(always)]
    pub(crate) fn take(&mut self, line: Line) {
        self.place.ends &= self.place.ends.wrapping_sub(1);
        self.place.position = line.end + 1;
        // CRLF is one line end. (If the chunk ends with CR, LF may be the first byte of the next one.)
        if self.chunk.get(line.end) == Some(&b'\r') && self.chunk.get(line.end + 1) == Some(&b'\n') {
            self.find();
            self.place.ends &= self.place.ends.wrapping_sub(1);
            self.place.position = line.end + 2;
        }
    }

    /// Takes a LF, if it comes next and is known to: a blank line that says nothing more.
    #[inline(always)]
    pub(crate) fn skip_blank(&mut self) {
        // The first of the line ends is at `position` then.
        if self.place.ends != 0 && self.peek() == Some(b'\n') {
            self.place.ends &= self.place.ends.wrapping_sub(1);
            self.place.position += 1;
        }
    }

    /// The next eight bytes. `None`: there are fewer.
    #[inline(always)]
    pub(crate) fn word(&self) -> Option<&'i [u8; 8]> {
        self.chunk.get(self.place.position..)?.first_chunk()
    }

    /// Takes a line and a blank line behind it. Returns the line, but for so many bytes at its beginning, as text. `None`:
    /// the next lines are not like that, or it takes a closer look to know.
    #[inline(always)]
    pub(crate) fn next_lone(&mut self, at: usize) -> Option<&'i str> {
        let line = self.peek_line()?;
        // All the line ends are in one block: if the bytes are line ends, theirs are the first of its bits.
        let without_first = |ends: u64| ends & ends.wrapping_sub(1);
        let ends = without_first(self.place.ends);
        let fourth = without_first(without_first(ends));
        let behind = self.chunk.get(line.end..)?;
        let (length, ends) = if ends != 0 && behind.first_chunk() == Some(b"\n\n") {
            (2, without_first(ends))
        } else if fourth != 0 && behind.first_chunk() == Some(b"\r\n\r\n") {
            (4, without_first(fourth))
        } else {
            return None;
        };
        let text = self.text(line, at)?;
        self.place.ends = ends;
        self.place.position = line.end + length;
        Some(text)
    }

    /// The next line, the chunk from its value on, and the value's length, if it is a `data` line and already known to be
    /// text. `None`: it is not, or it takes a closer look to know.
    #[inline(always)]
    pub(crate) fn peek_data(&mut self) -> Option<(Line, &'i [u8], usize)> {
        let from_line = self.chunk.get(self.place.position..)?;
        let at = field::data(from_line.first_chunk()?)?;
        let line = self.peek_line()?;
        // The value is text too: it begins behind ASCII.
        let is_text = self.cursor.valid.from <= line.start && line.end <= self.cursor.valid.to;
        if is_text { Some((line, from_line.get(at..)?, line.len() - at)) } else { None }
    }

    /// How many bytes there are.
    #[inline]
    pub(crate) fn remaining(&self) -> usize {
        self.chunk.len() - self.place.position
    }

    /// Goes on to the next block that has a line end.
    #[inline(always)]
    fn find(&mut self) -> bool {
        while self.place.ends == 0 {
            if self.place.next_block >= self.cursor.scanned {
                if FAST && self.place.next_block >= self.chunk.len() {
                    return false;
                }
                let scanned = self.cursor.scan(self.chunk);
                self.place.next_block = scanned.unwrap_or(self.cursor.scanned);
                if scanned.is_none() {
                    return false;
                }
            }
            self.place.ends = self.cursor.masks[self.place.next_block / BLOCK % BLOCKS];
            self.place.next_block += BLOCK;
        }
        true
    }

    /// Takes all that is left: the beginning of a line that the chunk does not end.
    #[inline(always)]
    pub(crate) fn take_rest(&mut self) -> Piece<'i> {
        let rest = Line { start: self.place.position, end: self.chunk.len() };
        self.place.position = self.chunk.len();
        self.piece(rest, 0)
    }

    /// What is left, if there is no line end in it.
    #[inline(always)]
    pub(crate) fn peek_rest(&mut self) -> Option<Piece<'i>> {
        // Without the walk from block to block: there is one.
        if self.cursor.scanned == 0 && self.chunk.len() <= BLOCK {
            self.place.ends = self.cursor.scan_short(self.chunk);
            self.place.next_block = BLOCK;
            if self.place.ends != 0 {
                return None;
            }
        } else if self.find() {
            return None;
        }
        Some(self.piece(Line { start: self.place.position, end: self.chunk.len() }, 0))
    }

    /// Takes what comes next of a line.
    #[inline(always)]
    pub(crate) fn skip(&mut self, piece: Piece<'_>) {
        self.place.position += piece.bytes().len();
    }

    /// A line, but for so many bytes at its beginning, and whether it is already known to be text.
    #[inline(always)]
    pub(crate) fn piece(&self, line: Line, at: usize) -> Piece<'i> {
        match self.cursor.valid.text(self.chunk, line.start + at..line.end) {
            Some(text) => Piece::Text(text),
            None => Piece::Bytes(self.bytes(line, at)),
        }
    }

    /// The chunk from the beginning of a line on.
    #[inline(always)]
    pub(crate) fn from(&self, line: Line) -> &'i [u8] {
        self.chunk.get(line.start..).unwrap_or_default()
    }

    /// Whether all is taken and ended with CR, which may be half of a CRLF.
    #[inline(always)]
    pub(crate) fn ended_with_cr(&self) -> bool {
        self.place.position == self.chunk.len() && self.chunk.last() == Some(&b'\r')
    }

    /// The next byte.
    #[inline(always)]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.chunk.get(self.place.position).copied()
    }

    /// Takes a byte that is no line end.
    #[inline(always)]
    pub(crate) fn skip_byte(&mut self) {
        self.place.position += 1;
    }

    /// A line, but for so many bytes at its beginning.
    #[inline(always)]
    pub(crate) fn bytes(&self, line: Line, at: usize) -> &'i [u8] {
        self.chunk.get(line.start + at..line.end).unwrap_or_default()
    }

    /// The same as text; `None` if it is not valid UTF-8.
    ///
    /// ASCII is seen to be valid when line ends are looked for. Other text is validated once, from the first line that
    /// needs it up to the end of the chunk: lines and fields are cut at ASCII bytes, so what lies in valid text is valid.
    /// Behind a byte that is not valid it begins anew at the next line that asks, which is not far.
    #[inline(always)]
    pub(crate) fn text(&mut self, line: Line, at: usize) -> Option<&'i str> {
        let range = line.start + at..line.end;
        if range.end > self.cursor.valid.to {
            self.cursor.valid = validate(self.chunk, range.start);
        }
        self.cursor.valid.text(self.chunk, range)
    }
}

impl Valid {
    /// A part of the chunk as text, if it lies in what is valid. It ends where a line or the chunk does.
    #[inline(always)]
    fn text(self, chunk: &[u8], range: Range<usize>) -> Option<&str> {
        if range.start < self.from || range.end > self.to {
            return None;
        }
        let bytes = chunk.get(range)?;
        if matches!(bytes, [0x80..=0xbf, ..]) {
            return None;
        }
        debug_assert!(str::from_utf8(bytes).is_ok());
        // SAFETY: all bytes of the chunk in `from..to` are valid UTF-8 (a cursor is never joined with other bytes than
        // its own), and the range lies in it. It does not begin within a character, and does not end within one: there is
        // a CR or LF, or the end of what is valid.
        #[allow(unsafe_code)]
        Some(unsafe { str::from_utf8_unchecked(bytes) })
    }
}

/// How far the chunk is valid from there on.
#[inline(never)]
fn validate(chunk: &[u8], from: usize) -> Valid {
    let ahead = &chunk[from..];
    let ahead = &ahead[..text::whole_characters(ahead)];
    Valid { from, to: from + text::valid_len(ahead) }
}
