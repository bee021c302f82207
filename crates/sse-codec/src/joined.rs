//! Text put together from pieces, which may be cut within a character.

use core::ops::Range;
use core::str;

use crate::copy::copy_start;
use crate::lines::Lines;
use crate::scratch::{Full, Scratch};
use crate::text::{REPLACEMENT, from_utf8};

/// A piece of a chunk.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Piece<'i> {
    /// Known to be valid UTF-8.
    Text(&'i str),
    /// Not known to be.
    Bytes(&'i [u8]),
}

impl<'i> Piece<'i> {
    #[inline]
    pub(crate) fn bytes(self) -> &'i [u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

/// A buffer of pieces. Knows that all of it is text if every piece was.
#[derive(Debug)]
pub(crate) struct Joined<B> {
    buffer: B,
    /// All of it is valid UTF-8.
    valid: bool,
}

/// A part of a [`Joined`] that is text, until that changes.
#[derive(Clone, Debug)]
pub(crate) struct TextRange(Range<usize>);

impl<B: Scratch> Joined<B> {
    pub(crate) const fn new(buffer: B) -> Self {
        // It must be empty, and nothing else is ever given: the bytes of a `Scratch` are what was pushed.
        Self { buffer, valid: true }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.buffer.bytes().len()
    }

    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        self.buffer.bytes()
    }

    pub(crate) fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    #[inline]
    pub(crate) fn push(&mut self, piece: Piece<'_>) -> Result<(), Full> {
        self.buffer.push(piece.bytes())?;
        self.valid &= matches!(piece, Piece::Text(_));
        Ok(())
    }

    /// Appends a byte, if there is room made for it.
    #[inline]
    pub(crate) fn push_byte(&mut self, byte: u8) -> bool {
        let pushed = self.buffer.push_byte(byte);
        self.valid &= byte.is_ascii() || !pushed;
        pushed
    }

    /// Appends LF and a piece.
    pub(crate) fn push_line(&mut self, piece: Piece<'_>) -> Result<(), Full> {
        self.buffer.free(1 + piece.bytes().len())?;
        self.buffer.push(b"\n")?;
        self.push(piece)
    }

    /// Appends LF and the value of each of the next `data` lines, as far as there is room made for them and all that is
    /// left of the chunk is within `limit`. Returns how many bytes.
    #[inline]
    pub(crate) fn push_data_lines(&mut self, lines: &mut Lines<'_, '_>, limit: usize) -> usize {
        /// Enough that making room does not count, and little enough that it costs nothing where it is not needed.
        const ROOM: usize = 4096;
        let most = lines.remaining();
        if most > limit || lines.peek_data().is_none() {
            return 0;
        }
        let Ok(mut free) = self.buffer.free(most.min(ROOM)) else { return 0 };
        let mut len = 0;
        while let Some((line, from_value, value_len)) = lines.peek_data() {
            let Some((line_end, behind)) = core::mem::take(&mut free).split_first_mut() else { break };
            if behind.len() < value_len {
                break;
            }
            *line_end = b'\n';
            copy_start(from_value, value_len, behind);
            lines.take(line);
            free = behind.split_at_mut(value_len).1;
            len += 1 + value_len;
        }
        self.buffer.extend(len);
        len
    }

    /// Moves all from `from` on up to `to`, behind a LF there, over what is between. `from` is cut beside ASCII.
    pub(crate) fn move_line(&mut self, from: usize, to: usize) {
        let len = self.len();
        let bytes = self.buffer.bytes_mut();
        self.valid &= is_boundary(bytes, from) && is_boundary(bytes, to);
        bytes[to] = b'\n';
        bytes.copy_within(from.., to + 1);
        self.buffer.truncate(to + 1 + (len - from));
    }

    /// Cuts it there, beside ASCII or at the end of a piece.
    #[inline]
    pub(crate) fn truncate(&mut self, len: usize) {
        if len == 0 {
            self.valid = true;
        } else {
            self.valid &= is_boundary(self.buffer.bytes(), len);
        }
        self.buffer.truncate(len);
    }

    /// Empties it, and gives back what a large event needed.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.truncate(0);
        self.buffer.relax();
    }

    /// Makes a part of it text. Returns where it is: in place if it is valid, else a copy at the end, with replacements, of
    /// at most three times the length.
    pub(crate) fn make_text(&mut self, part: Range<usize>) -> Result<TextRange, Full> {
        let bytes = self.buffer.bytes();
        if self.valid && is_boundary(bytes, part.start) && is_boundary(bytes, part.end) {
            return Ok(TextRange(part));
        }
        let start = bytes.len();
        let mut rest = part.clone();
        loop {
            match from_utf8(&self.buffer.bytes()[rest.clone()]) {
                Ok(_) if rest == part => return Ok(TextRange(part)),
                Ok(_) => {
                    self.buffer.push_from_within(rest)?;
                    return Ok(TextRange(start..self.len()));
                }
                Err(error) => {
                    let bad = rest.start + error.valid_up_to();
                    self.buffer.push_from_within(rest.start..bad)?;
                    self.buffer.push(REPLACEMENT.as_bytes())?;
                    // No length: the text ends within a character, and all that is left of it is one subpart.
                    rest.start = error.error_len().map_or(rest.end, |len| bad + len);
                }
            }
        }
    }

    /// What [`make_text`](Self::make_text) made.
    #[inline]
    pub(crate) fn text(&self, range: &TextRange) -> &str {
        let bytes = &self.buffer.bytes()[range.0.clone()];
        debug_assert!(str::from_utf8(bytes).is_ok());
        // SAFETY: `make_text`, which alone makes these, has seen that the range is valid UTF-8. It is asked for in the
        // same call of the decoder, which does not change the buffer in between.
        #[allow(unsafe_code)]
        unsafe {
            str::from_utf8_unchecked(bytes)
        }
    }
}

/// Whether no character goes on there.
#[inline]
fn is_boundary(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_none_or(|byte| !matches!(byte, 0x80..=0xbf))
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::*;
    use crate::scratch::GrowingBuf;
    use alloc::string::String;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn pieces() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let byte =
            prop_oneof![any::<u8>(), prop::sample::select(&[0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0xed, 0xa0, b'a'][..])];
        let piece = prop_oneof!["[a-z€é😀]{0,6}".prop_map(String::into_bytes), prop::collection::vec(byte, 0..12)];
        prop::collection::vec(piece, 0..4)
    }

    proptest! {
        #[test]
        fn what_is_joined_is_decoded_as_a_whole(before in "[a-zé€]{0,4}", pieces in pieces()) {
            let mut joined = Joined::new(GrowingBuf::new());
            joined.push(Piece::Text(&before)).unwrap();
            for piece in &pieces {
                joined.push(str::from_utf8(piece).map_or(Piece::Bytes(piece), Piece::Text)).unwrap();
            }
            let whole = pieces.concat();
            let range = joined.make_text(before.len()..before.len() + whole.len()).unwrap();
            prop_assert_eq!(joined.text(&range), &*String::from_utf8_lossy(&whole));
        }

        #[test]
        fn lines_move_up(first in "[a-zé€]{0,4}", name in "[a-z]{1,4}", value in "[a-zé€]{0,4}") {
            let mut joined = Joined::new(GrowingBuf::new());
            joined.push(Piece::Text(&first)).unwrap();
            joined.push(Piece::Text(&name)).unwrap();
            joined.push(Piece::Text(&value)).unwrap();
            joined.move_line(first.len() + name.len(), first.len());
            let range = joined.make_text(0..joined.len()).unwrap();
            prop_assert_eq!(joined.text(&range), [first, value].join("\n"));
        }
    }

    #[test]
    fn what_is_cut_within_a_character_is_not_taken_for_text() {
        let cut = |cut: fn(&mut Joined<GrowingBuf>)| {
            let mut joined = Joined::new(GrowingBuf::new());
            joined.push(Piece::Text("aé")).unwrap();
            joined.push(Piece::Text("bé")).unwrap();
            cut(&mut joined);
            let range = joined.make_text(0..joined.len()).unwrap();
            String::from(joined.text(&range))
        };
        assert_eq!(cut(|joined| joined.truncate(2)), "a\u{fffd}");
        assert_eq!(cut(|joined| joined.truncate(3)), "aé");
        assert_eq!(cut(|joined| joined.move_line(4, 2)), "a\u{fffd}\né");
        assert_eq!(cut(|joined| joined.move_line(5, 3)), "aé\n\u{fffd}");
        assert_eq!(cut(|joined| joined.move_line(4, 3)), "aé\né");
        for (part, expected) in [(0..2, "a\u{fffd}"), (1..3, "é"), (2..3, "\u{fffd}")] {
            let mut joined = Joined::new(GrowingBuf::new());
            joined.push(Piece::Text("aé")).unwrap();
            let range = joined.make_text(part).unwrap();
            assert_eq!(joined.text(&range), expected);
        }
    }
}
