//! A line that a chunk boundary cut goes on: what is frequent of that, in chunks of a few bytes and in long lines. All
//! else is left to where lines are taken one by one, which takes up what these leave.

use super::Decoder;
use super::state::Started;
use crate::field;
use crate::joined::Piece;
use crate::lines::{Cursor, Lines};
use crate::scratch::Scratch;

impl<B: Scratch> Decoder<B> {
    /// Goes on with the line that the last chunk began. Returns whether that took all of this chunk: if not, there are
    /// more lines, or it takes a closer look.
    #[inline(never)]
    pub(super) fn go_on_with_line(&mut self, chunk: &[u8], cursor: &mut Cursor) -> bool {
        match chunk {
            [byte] if self.go_on_with_byte(*byte, cursor) => true,
            _ => self.go_on_with_chunk(chunk, cursor),
        }
    }

    /// By a chunk of one byte that is no line end: each thing more costs more than the byte.
    #[inline(always)]
    fn go_on_with_byte(&mut self, byte: u8, cursor: &mut Cursor) -> bool {
        if matches!(byte, b'\r' | b'\n') || cursor.position() > 0 {
            return false;
        }
        if let Started::Stored(start) = self.line {
            let len = self.text.len() - start;
            if self.event.size + len >= self.max_event_bytes || !self.text.push_byte(byte) {
                return false;
            }
        }
        cursor.skip_byte();
        true
    }

    #[inline(never)]
    fn go_on_with_chunk(&mut self, chunk: &[u8], cursor: &mut Cursor) -> bool {
        let mut lines = Lines::new(chunk, cursor);
        let Some(rest) = lines.peek_rest() else {
            lines.save();
            return self.go_on_behind_line(chunk, cursor);
        };
        let taken = self.go_on_with(rest);
        if taken {
            lines.skip(rest);
        }
        lines.save();
        taken
    }

    /// By a chunk in which the line ends.
    #[inline(never)]
    fn go_on_behind_line(&mut self, chunk: &[u8], cursor: &mut Cursor) -> bool {
        let mut lines = Lines::new(chunk, cursor);
        let used_up = self.end_data_line(&mut lines) && self.begin_line(&mut lines);
        lines.save();
        used_up
    }

    /// All of this piece belongs to the line.
    #[inline(always)]
    fn go_on_with(&mut self, piece: Piece<'_>) -> bool {
        let Started::Stored(start) = self.line else { return true };
        let len = self.text.len() - start + piece.bytes().len();
        self.event.size + len <= self.max_event_bytes && self.text.push(piece).is_ok()
    }

    /// The line is a `data` line and ends here.
    #[inline(always)]
    fn end_data_line(&mut self, lines: &mut Lines<'_, '_>) -> bool {
        let (Some(line), Started::Stored(start)) = (lines.peek_line(), self.line) else { return false };
        let end = lines.piece(line, 0);
        if !self.go_on_with(end) {
            return false;
        }
        // If it is another line, it is taken up at its end.
        lines.skip(end);
        let Some(at) = self.text.bytes().get(start..).and_then(field::data_of) else { return false };
        self.line = Started::No;
        self.keep_data(start + at);
        lines.take(line);
        self.after_cr = lines.ended_with_cr();
        true
    }

    /// Behind the `data` line, nothing is left but the beginning of another line.
    #[inline(always)]
    fn begin_line(&mut self, lines: &mut Lines<'_, '_>) -> bool {
        let Some(rest) = lines.peek_rest() else { return false };
        match rest.bytes() {
            [] => return true,
            // It may not be wanted.
            [b':', ..] => return false,
            _ => self.line = Started::Stored(self.text.len()),
        }
        let taken = self.go_on_with(rest);
        if taken {
            lines.skip(rest);
        } else {
            self.line = Started::No;
        }
        taken
    }
}
