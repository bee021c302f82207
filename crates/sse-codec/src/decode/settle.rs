//! A call begins: what the last one lent is taken back, and what the last chunk left unfinished goes on.

use super::Decoder;
use super::state::{Started, Told};
use crate::error::DecodeError;
use crate::joined::Piece;
use crate::lines::Lines;
use crate::scratch::Scratch;

const BOM: &[u8] = b"\xef\xbb\xbf";

impl<B: Scratch> Decoder<B> {
    /// Takes back what the last call lent, where nothing comes behind it and no line has been begun.
    #[inline(never)]
    pub(super) fn settle_used_up(&mut self) {
        self.take_back();
        self.note_unsettled();
    }

    /// A line that goes on, and a comment that is lent, are stored or dropped with their event.
    fn note_unsettled(&mut self) {
        self.unsettled = self.bom.is_some() || self.after_cr || self.event.dropped || self.event.stored;
    }

    /// Takes back what the last call lent, and goes on with what the last chunk left unfinished: the BOM, a line end, a
    /// line, an event that is skipped.
    #[inline(never)]
    pub(super) fn settle<'i>(&mut self, lines: &mut Lines<'i, '_>) -> Result<Option<Told<'i>>, DecodeError> {
        let told = self.go_on(lines);
        lines.save();
        self.note_cr(lines);
        self.note_unsettled();
        told
    }

    fn go_on<'i>(&mut self, lines: &mut Lines<'i, '_>) -> Result<Option<Told<'i>>, DecodeError> {
        self.take_back();
        if self.bom.is_some() {
            self.skip_bom(lines)?;
        }
        if self.after_cr {
            // The LF that belongs to the last line end, if that is what comes. Taking it is taking a line.
            match lines.peek() {
                None => return Ok(None),
                Some(b'\n') => drop(lines.next_seldom()),
                Some(_) => {}
            }
            self.after_cr = false;
        }
        if self.line != Started::No {
            let Some(end) = lines.next_seldom() else { return Ok(None) };
            if let Some(told) = self.finish_line(lines.piece(end, 0))? {
                return Ok(Some(told));
            }
        }
        while self.event.dropped {
            let Some(line) = lines.next_seldom() else { break };
            if line.is_empty() {
                self.forget_event();
            }
        }
        Ok(None)
    }

    /// "Streams must be decoded using the UTF-8 decode algorithm", which drops one BOM at the very beginning.
    fn skip_bom(&mut self, lines: &mut Lines<'_, '_>) -> Result<(), DecodeError> {
        while let Some(read) = self.bom {
            let Some(byte) = lines.peek() else { return Ok(()) };
            let so_far = &BOM[..usize::from(read)];
            if byte == BOM[so_far.len()] {
                lines.skip_byte();
                self.bom = Some(read + 1).filter(|read| usize::from(*read) < BOM.len());
            } else {
                // Not a BOM after all: what was taken for its beginning is the beginning of the first line.
                self.bom = None;
                if read > 0 {
                    self.store_line(0, Piece::Bytes(so_far))?;
                }
            }
        }
        Ok(())
    }
}
