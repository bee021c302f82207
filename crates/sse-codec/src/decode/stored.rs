//! What a chunk boundary cuts, or several lines make up, is stored: the unfinished line, and the values of the
//! unfinished event. This is the slow half of the decoder.

use super::Decoder;
use super::state::{InChunk, Lent, Started, Told};
use crate::FAST;
use crate::error::DecodeError;
use crate::field::{self, Field};
use crate::joined::Piece;
use crate::lines::{Cursor, Line, Lines};
use crate::scratch::{Full, Scratch, Text};
use crate::text;

impl<B: Scratch> Decoder<B> {
    /// No line end is left in the chunk: stores what of the event it cuts. Nothing else is ever copied.
    #[inline(never)]
    pub(super) fn store_rest(&mut self, event: InChunk<'_>, rest: Piece<'_>) -> Result<(), DecodeError> {
        self.unsettled = true;
        if rest.bytes().is_empty() {
            return self.store(event);
        }
        match self.line {
            Started::No => {
                self.line = Started::Skipped;
                self.store(event)?;
                if self.event.dropped { Ok(()) } else { self.store_line(self.text.len(), rest) }
            }
            Started::Stored(start) => self.store_line(start, rest),
            Started::Skipped => Ok(()),
        }
    }

    /// Appends to the unfinished line, which begins at `start` of the text buffer; or skips it, if it is not wanted.
    pub(super) fn store_line(&mut self, start: usize, piece: Piece<'_>) -> Result<(), DecodeError> {
        self.line = Started::Skipped;
        self.keep_event();
        let len = self.text.len() - start + piece.bytes().len();
        let comment = self.text.bytes().get(start).or(piece.bytes().first()) == Some(&b':');
        let too_large = self.event.size + len > self.max_event_bytes;
        if comment && (!self.comments || too_large) {
            self.text.truncate(start);
            return Ok(());
        }
        if too_large {
            return Err(DecodeError::EventTooLarge { limit: self.max_event_bytes });
        }
        match self.text.push(piece) {
            Ok(()) => self.line = Started::Stored(start),
            // No event is lost by a comment.
            Err(_) if comment => self.text.truncate(start),
            Err(full) => return Err(self.full(full)),
        }
        Ok(())
    }

    /// The unfinished line ends with these bytes. Nothing of its event is in the chunk.
    pub(super) fn finish_line<'i>(&mut self, end: Piece<'_>) -> Result<Option<Told<'i>>, DecodeError> {
        let stored = match self.line {
            Started::Stored(start) => self.store_line(start, end),
            Started::No | Started::Skipped => Ok(()),
        };
        let line = core::mem::replace(&mut self.line, Started::No);
        stored?;
        let Started::Stored(start) = line else { return Ok(None) };
        let line = &self.text.bytes()[start..];
        let (field, at) = field::parse(line, line.len());
        let value = &line[at..];
        match field {
            Field::Comment => {
                return Ok(self.tell_stored_comment(start, at));
            }
            Field::Data => {
                self.keep_data(start + at);
                return Ok(None);
            }
            Field::EventType => {
                self.event.size += value.len();
                self.event_type.truncate(0);
                let capacity = self.event_type.capacity();
                text::push_lossy(&mut self.event_type, value).map_err(|Full| DecodeError::BufferFull { capacity })?;
            }
            Field::Id if !value.contains(&0) => {
                self.event.size += value.len();
                self.id.truncate(self.id_len);
                let capacity = self.id.capacity();
                text::push_lossy(&mut self.id, value).map_err(|Full| DecodeError::BufferFull { capacity })?;
                self.event.has_id = true;
            }
            Field::Retry => {
                let time = field::reconnection_time(value);
                self.text.truncate(start);
                return Ok(time.map(Told::Retry));
            }
            Field::Id | Field::Blank | Field::Unknown => {}
        }
        self.text.truncate(start);
        Ok(None)
    }

    /// The end of the text buffer from `start` on is the value of a `data` line.
    #[inline]
    pub(super) fn keep_data(&mut self, start: usize) {
        let end = self.text.len();
        self.event.size += end - start;
        match &mut self.event.data {
            // The first one stays where it is.
            None => self.event.data = Some(start..end),
            // The others move up over their own field name, behind a LF in the place of its first byte.
            Some(data) => {
                self.event.size += 1;
                self.text.move_line(start, data.end);
                data.end = self.text.len();
            }
        }
    }

    /// A whole line that lies in the chunk, but is not simply kept there: it says something else, its event has more
    /// than one `data` line, its text is not valid UTF-8, or it is too much.
    #[inline(never)]
    pub(super) fn other_line<'i>(
        &mut self,
        len: usize,
        field: Field,
        piece: Piece<'i>,
        event: &mut InChunk<'i>,
    ) -> Result<Option<Told<'i>>, DecodeError> {
        let too_large = self.event.size + len > self.max_event_bytes;
        if field == Field::Comment {
            return if self.comments && !too_large { self.comment(piece, event) } else { Ok(None) };
        }
        if too_large {
            return Err(DecodeError::EventTooLarge { limit: self.max_event_bytes });
        }
        let value = piece.bytes();
        match field {
            Field::EventType => {
                self.event.size += value.len();
                event.event_type = None;
                self.store_event_type(value)?;
            }
            Field::Id if !value.contains(&0) => {
                self.event.size += value.len();
                event.id = None;
                self.store_id(value)?;
            }
            Field::Retry => {
                if let Some(time) = field::reconnection_time(value) {
                    self.store(*event)?;
                    return Ok(Some(Told::Retry(time)));
                }
            }
            Field::Data | Field::Id | Field::Blank | Field::Comment | Field::Unknown => {}
        }
        Ok(None)
    }

    fn comment<'i>(&mut self, piece: Piece<'i>, event: &mut InChunk<'i>) -> Result<Option<Told<'i>>, DecodeError> {
        self.store(*event)?;
        *event = InChunk::default();
        if let Piece::Text(text) = piece {
            return Ok(Some(Told::Comment(text)));
        }
        let start = self.text.len();
        if self.text.push(piece).is_err() {
            return Ok(None);
        }
        Ok(self.tell_stored_comment(start, 0))
    }

    /// Lends the comment that is the end of the text buffer from `start` on, less `at` bytes. A comment that does not fit
    /// as text is skipped.
    fn tell_stored_comment<'i>(&mut self, start: usize, at: usize) -> Option<Told<'i>> {
        let end = self.text.len();
        if let Ok(comment) = self.text.make_text(start + at..end) {
            self.lent = Lent::Comment(start);
            self.unsettled = true;
            return Some(Told::StoredComment(comment));
        }
        self.text.truncate(start);
        None
    }

    /// Stores what the unfinished event has in the chunk.
    pub(super) fn store(&mut self, event: InChunk<'_>) -> Result<(), DecodeError> {
        if let Some(data) = event.data {
            self.keep_event();
            self.store_first(Piece::Text(data))?;
        }
        if let Some(event_type) = event.event_type {
            self.store_event_type(event_type.as_bytes())?;
        }
        if let Some(id) = event.id {
            self.store_id(id.as_bytes())?;
        }
        Ok(())
    }

    /// Stores a `data` line behind those that there are, one of which may be in the chunk, and the `data` lines that
    /// follow it.
    #[inline(never)]
    pub(super) fn store_lines<'i>(
        &mut self,
        chunk: &'i [u8],
        cursor: &mut Cursor,
        line: Line,
        at: usize,
        event: &mut InChunk<'i>,
    ) -> Result<Option<Told<'i>>, DecodeError> {
        if self.event.size + line.len() > self.max_event_bytes {
            return Err(DecodeError::EventTooLarge { limit: self.max_event_bytes });
        }
        self.keep_event();
        if let Some(first) = event.data.take() {
            self.store_first(Piece::Text(first))?;
        }
        let mut lines = Lines::new(chunk, cursor);
        let value = lines.piece(line, at);
        self.event.size += value.bytes().len();
        let Some(data) = &mut self.event.data else {
            self.store_first(value)?;
            return Ok(None);
        };
        let pushed = self.text.push_line(value);
        self.event.size += 1;
        if FAST && pushed.is_ok() {
            self.event.size += self.text.push_data_lines(&mut lines, self.max_event_bytes - self.event.size);
            lines.save();
        }
        data.end = self.text.len();
        pushed.map(|()| None).map_err(|full| self.full(full))
    }

    /// Stores the first `data` line.
    fn store_first(&mut self, value: Piece<'_>) -> Result<(), DecodeError> {
        let start = self.text.len();
        self.text.push(value).map_err(|full| self.full(full))?;
        self.event.data = Some(start..self.text.len());
        Ok(())
    }

    pub(super) fn store_event_type(&mut self, value: &[u8]) -> Result<(), DecodeError> {
        self.keep_event();
        self.event_type.truncate(0);
        let capacity = self.event_type.capacity();
        text::push_lossy(&mut self.event_type, value).map_err(|Full| DecodeError::BufferFull { capacity })
    }

    pub(super) fn store_id(&mut self, value: &[u8]) -> Result<(), DecodeError> {
        self.keep_event();
        self.id.truncate(self.id_len);
        let capacity = self.id.capacity();
        text::push_lossy(&mut self.id, value).map_err(|Full| DecodeError::BufferFull { capacity })?;
        self.event.has_id = true;
        Ok(())
    }
}
