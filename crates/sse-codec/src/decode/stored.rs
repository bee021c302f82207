//! What a chunk boundary cuts, or several lines make up, is stored: the unfinished line, and the values of the
//! unfinished event.

use super::Decoder;
use super::state::{Found, InChunk, Lent, Line};
use crate::error::DecodeError;
use crate::field::{self, Field};
use crate::scratch::{Full, Scratch};
use crate::text;

impl<B: Scratch> Decoder<B> {
    /// Appends to the unfinished line, which begins at `start` of the text buffer.
    pub(super) fn store_line(&mut self, start: usize, bytes: &[u8]) -> Result<(), DecodeError> {
        self.line = Line::Skipped;
        let len = self.text.bytes().len() - start + bytes.len();
        let comment = self.text.bytes().get(start).or(bytes.first()) == Some(&b':');
        if comment && (!self.comments || len > self.max_event_bytes) {
            self.text.truncate(start);
            return Ok(());
        }
        if !comment {
            self.check_size(len)?;
        }
        self.text.push(bytes).map_err(|full| self.full(full))?;
        self.line = Line::Stored(start);
        Ok(())
    }

    /// The line in the text buffer is whole. It is not empty, and nothing of its event is still in a chunk.
    pub(super) fn stored_line<'i>(&mut self, line: Line) -> Result<Option<Found<'i>>, DecodeError> {
        let Line::Stored(start) = line else { return Ok(None) };
        let capacity = self.text.capacity();
        let line = &self.text.bytes()[start..];
        let full = |_: Full| DecodeError::BufferFull { capacity };
        match field::parse(line) {
            Field::Comment(value) => {
                let comment = text::make_text(&mut self.text, start + value.start..start + value.end).map_err(full)?;
                self.lent = Lent::Comment(start);
                return Ok(Some(Found::StoredComment(comment)));
            }
            Field::Data(value) => {
                let value = start + value.start..start + value.end;
                self.event.size.data += value.len();
                match &mut self.event.data {
                    // The first one stays where it is.
                    None => self.event.data = Some(value),
                    // The others move up over their own field name, behind a LF in the place of its first byte.
                    Some(data) => {
                        self.event.size.data += 1;
                        let text = self.text.bytes_mut();
                        text[data.end] = b'\n';
                        text.copy_within(value.clone(), data.end + 1);
                        data.end += 1 + value.len();
                        self.text.truncate(data.end);
                    }
                }
                return Ok(None);
            }
            Field::EventType(value) => {
                self.event.size.event_type = value.len();
                self.event_type.truncate(0);
                text::push_lossy(&mut self.event_type, &line[value]).map_err(full)?;
            }
            Field::Id(value) if !line.contains(&0) => {
                self.event.size.id = value.len();
                self.id.truncate(self.id_len);
                text::push_lossy(&mut self.id, &line[value]).map_err(full)?;
                self.event.has_id = true;
            }
            Field::Retry(value) => {
                if let Some(time) = field::reconnection_time(&line[value]) {
                    self.text.truncate(start);
                    return Ok(Some(Found::Retry(time)));
                }
            }
            Field::Id(_) | Field::Unknown => {}
        }
        self.text.truncate(start);
        Ok(None)
    }

    /// Stores what the unfinished event still has in the chunk.
    pub(super) fn store(&mut self, chunk: &mut InChunk<'_>) -> Result<(), DecodeError> {
        if let Some(data) = chunk.data.take() {
            let start = self.text.bytes().len();
            self.text.push(data.as_bytes()).map_err(|full| self.full(full))?;
            self.event.data = Some(start..start + data.len());
        }
        if let Some(event_type) = chunk.event_type.take() {
            self.store_event_type(event_type.as_bytes())?;
        }
        if let Some(id) = chunk.id.take() {
            self.store_id(id.as_bytes())?;
        }
        Ok(())
    }

    /// Stores a `data` line behind those that there are.
    pub(super) fn store_data(&mut self, chunk: &mut InChunk<'_>, value: &[u8]) -> Result<(), DecodeError> {
        if let Some(first) = chunk.data.take() {
            self.event.data = Some(0..first.len());
            self.text.push(first.as_bytes()).map_err(|full| self.full(full))?;
        }
        let start = match &self.event.data {
            None => self.text.bytes().len(),
            Some(data) => {
                let start = data.start;
                self.text.push(b"\n").map_err(|full| self.full(full))?;
                start
            }
        };
        self.text.push(value).map_err(|full| self.full(full))?;
        self.event.data = Some(start..self.text.bytes().len());
        Ok(())
    }

    pub(super) fn store_event_type(&mut self, value: &[u8]) -> Result<(), DecodeError> {
        self.event_type.truncate(0);
        let capacity = self.event_type.capacity();
        text::push_lossy(&mut self.event_type, value).map_err(|Full| DecodeError::BufferFull { capacity })
    }

    pub(super) fn store_id(&mut self, value: &[u8]) -> Result<(), DecodeError> {
        self.id.truncate(self.id_len);
        let capacity = self.id.capacity();
        text::push_lossy(&mut self.id, value).map_err(|Full| DecodeError::BufferFull { capacity })?;
        self.event.has_id = true;
        Ok(())
    }

    /// The id stored behind the last event ID takes its place.
    pub(super) fn commit_id(&mut self) {
        let len = self.id.bytes().len() - self.id_len;
        self.id.bytes_mut().copy_within(self.id_len.., 0);
        self.id.truncate(len);
        self.id_len = len;
        self.event.has_id = false;
    }
}
