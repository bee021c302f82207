//! What a chunk boundary cuts, or several lines make up, is stored: the unfinished line, and the values of the
//! unfinished event. This is the slow half of the decoder.

use core::ops::Range;

use super::Decoder;
use super::state::{InChunk, Lent, Line, Told};
use crate::error::DecodeError;
use crate::field::{self, Field};
use crate::input::Input;
use crate::scratch::{Full, Scratch, Text};
use crate::text;

impl<B: Scratch> Decoder<B> {
    /// No line end is left in the chunk: stores what of the event it cuts. Nothing else is ever copied.
    #[inline(never)]
    pub(super) fn store_rest(&mut self, event: InChunk<'_>, input: &mut Input<'_>) -> Result<(), DecodeError> {
        let rest = input.take_rest();
        if rest.is_empty() {
            return self.store(event);
        }
        match self.line {
            Line::Fresh => {
                self.line = Line::Skipped;
                self.store(event)?;
                if self.event.dropped { Ok(()) } else { self.store_line(self.text.bytes().len(), rest) }
            }
            Line::Stored(start) => self.store_line(start, rest),
            Line::Skipped => Ok(()),
        }
    }

    /// Appends to the unfinished line, which begins at `start` of the text buffer; or skips it, if it is not wanted.
    pub(super) fn store_line(&mut self, start: usize, bytes: &[u8]) -> Result<(), DecodeError> {
        self.line = Line::Skipped;
        self.event.stored = true;
        let len = self.text.bytes().len() - start + bytes.len();
        let comment = self.text.bytes().get(start).or(bytes.first()) == Some(&b':');
        let too_large = self.event.size + len > self.max_event_bytes;
        if comment && (!self.comments || too_large) {
            self.text.truncate(start);
            return Ok(());
        }
        if too_large {
            return Err(DecodeError::EventTooLarge { limit: self.max_event_bytes });
        }
        match self.text.push(bytes) {
            Ok(()) => self.line = Line::Stored(start),
            // No event is lost by a comment.
            Err(_) if comment => self.text.truncate(start),
            Err(full) => return Err(self.full(full)),
        }
        Ok(())
    }

    /// The unfinished line ends with these bytes. Nothing of its event is in the chunk.
    pub(super) fn finish_line<'i>(&mut self, end: &[u8]) -> Result<Option<Told<'i>>, DecodeError> {
        let stored = match self.line {
            Line::Stored(start) => self.store_line(start, end),
            Line::Fresh | Line::Skipped => Ok(()),
        };
        let line = core::mem::replace(&mut self.line, Line::Fresh);
        stored?;
        let Line::Stored(start) = line else { return Ok(None) };
        let line = &self.text.bytes()[start..];
        let (field, at) = field::parse(line, line.len());
        let value = &line[at..];
        match field {
            Field::Comment => {
                return Ok(self.tell_stored_comment(start, at));
            }
            Field::Data => {
                self.event.size += value.len();
                let value = start + at..self.text.bytes().len();
                match &mut self.event.data {
                    // The first one stays where it is.
                    None => self.event.data = Some(value),
                    // The others move up over their own field name, behind a LF in the place of its first byte.
                    Some(data) => {
                        self.event.size += 1;
                        let text = self.text.bytes_mut();
                        text[data.end] = b'\n';
                        text.copy_within(value.clone(), data.end + 1);
                        data.end += 1 + value.len();
                        self.text.truncate(data.end);
                    }
                }
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
            Field::Id | Field::Unknown => {}
        }
        self.text.truncate(start);
        Ok(None)
    }

    /// A whole line that lies in the chunk, but is not simply kept there: it says something else, its event has more
    /// than one `data` line, its text is not valid UTF-8, or it is too much.
    #[inline(never)]
    pub(super) fn other_line<'i>(
        &mut self,
        chunk: &mut Input<'i>,
        line: Range<usize>,
        field: Field,
        value: Range<usize>,
        event: &mut InChunk<'i>,
    ) -> Result<Option<Told<'i>>, DecodeError> {
        let too_large = self.event.size + line.len() > self.max_event_bytes;
        if field == Field::Comment {
            return if self.comments && !too_large { self.comment(chunk, value, event) } else { Ok(None) };
        }
        if too_large {
            return Err(DecodeError::EventTooLarge { limit: self.max_event_bytes });
        }
        let value = chunk.bytes(value);
        match field {
            Field::Data => {
                // The first: the others do not come here.
                self.event.size += value.len();
                self.store_data(None, value)?;
            }
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
            Field::Id | Field::Comment | Field::Unknown => {}
        }
        Ok(None)
    }

    fn comment<'i>(
        &mut self,
        chunk: &mut Input<'i>,
        value: Range<usize>,
        event: &InChunk<'_>,
    ) -> Result<Option<Told<'i>>, DecodeError> {
        self.store(*event)?;
        if let Some(text) = chunk.text(value.clone()) {
            return Ok(Some(Told::Comment(text)));
        }
        let start = self.text.bytes().len();
        if self.text.push(chunk.bytes(value)).is_err() {
            return Ok(None);
        }
        Ok(self.tell_stored_comment(start, 0))
    }

    /// Lends the comment that is the end of the text buffer from `start` on, less `at` bytes. A comment that does not fit
    /// as text is skipped.
    fn tell_stored_comment<'i>(&mut self, start: usize, at: usize) -> Option<Told<'i>> {
        let end = self.text.bytes().len();
        if let Ok(comment) = text::make_text(&mut self.text, start + at..end) {
            self.lent = Lent::Comment(start);
            return Some(Told::StoredComment(comment));
        }
        self.text.truncate(start);
        None
    }

    /// Stores what the unfinished event has in the chunk.
    pub(super) fn store(&mut self, event: InChunk<'_>) -> Result<(), DecodeError> {
        if let Some(data) = event.data {
            self.event.stored = true;
            let start = self.text.bytes().len();
            self.text.push(data.as_bytes()).map_err(|full| self.full(full))?;
            self.event.data = Some(start..start + data.len());
        }
        if let Some(event_type) = event.event_type {
            self.store_event_type(event_type.as_bytes())?;
        }
        if let Some(id) = event.id {
            self.store_id(id.as_bytes())?;
        }
        Ok(())
    }

    /// Stores a `data` line behind those that there are: those that are stored, or the first one, if it is in the chunk.
    pub(super) fn store_data(&mut self, first: Option<&str>, value: &[u8]) -> Result<(), DecodeError> {
        self.event.stored = true;
        if let Some(first) = first {
            let start = self.text.bytes().len();
            self.text.push(first.as_bytes()).map_err(|full| self.full(full))?;
            self.event.data = Some(start..start + first.len());
        }
        match &mut self.event.data {
            Some(data) => {
                let pushed = self.text.push_line(value);
                data.end += 1 + value.len();
                pushed.map_err(|full| self.full(full))?;
            }
            None => {
                let start = self.text.bytes().len();
                self.text.push(value).map_err(|full| self.full(full))?;
                self.event.data = Some(start..start + value.len());
            }
        }
        Ok(())
    }

    pub(super) fn store_event_type(&mut self, value: &[u8]) -> Result<(), DecodeError> {
        self.event.stored = true;
        self.event_type.truncate(0);
        let capacity = self.event_type.capacity();
        text::push_lossy(&mut self.event_type, value).map_err(|Full| DecodeError::BufferFull { capacity })
    }

    pub(super) fn store_id(&mut self, value: &[u8]) -> Result<(), DecodeError> {
        self.event.stored = true;
        self.id.truncate(self.id_len);
        let capacity = self.id.capacity();
        text::push_lossy(&mut self.id, value).map_err(|Full| DecodeError::BufferFull { capacity })?;
        self.event.has_id = true;
        Ok(())
    }

    /// The id stored behind the last event ID takes its place.
    pub(super) fn commit_id(&mut self) {
        self.id.remove_front(self.id_len);
        self.id_changed(self.id.as_str().len());
        self.event.has_id = false;
    }
}
