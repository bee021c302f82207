//! The blank line: an event is complete and is lent, and its id becomes the last event ID ("dispatch the event").

use super::Decoder;
use super::state::{InChunk, Lent, Told};
use crate::error::DecodeError;
use crate::event::{Event, Frame, MESSAGE};
use crate::scratch::{Full, Scratch, Text};

impl<B: Scratch> Decoder<B> {
    /// The event is complete. Whether there is one to give; if not, it is forgotten.
    #[inline]
    pub(super) fn end_event(&mut self, event: InChunk<'_>) -> Result<bool, DecodeError> {
        if self.event.stored {
            return self.end_stored_event(event);
        }
        self.event.size = 0;
        if let Some(id) = event.id {
            self.take_id(id)?;
        }
        Ok(event.data.is_some())
    }

    #[inline(never)]
    fn end_stored_event(&mut self, event: InChunk<'_>) -> Result<bool, DecodeError> {
        let result = self.dispatch(event);
        if !matches!(result, Ok(true)) {
            self.forget_event();
        }
        result
    }

    fn dispatch(&mut self, event: InChunk<'_>) -> Result<bool, DecodeError> {
        let data = match self.event.data.clone() {
            Some(data) => Some(self.text.make_text(data).map_err(|full| self.full(full))?),
            None => None,
        };
        // Last, because the id must not count if the event is lost; but it counts where there is no data.
        if let Some(id) = event.id {
            self.store_id(id.as_bytes())?;
        }
        if self.event.has_id {
            self.commit_id();
        }
        let complete = event.data.is_some() || data.is_some();
        if complete {
            self.lent = Lent::Event(data);
            self.unsettled = true;
        }
        Ok(complete)
    }

    #[inline]
    pub(super) fn lend<'d, 'i: 'd>(&'d self, event: InChunk<'i>) -> Event<'d> {
        let last_event_id = event.id.unwrap_or_else(|| self.last_event_id());
        let event_type = event.event_type.unwrap_or_else(|| self.event_type.as_str());
        let data = event.data.unwrap_or_else(|| match &self.lent {
            Lent::Event(Some(data)) => self.text.text(data),
            _ => "",
        });
        Event { event_type: if event_type.is_empty() { MESSAGE } else { event_type }, data, last_event_id }
    }

    pub(super) fn tell<'d, 'i: 'd>(&'d self, told: Told<'i>) -> Frame<'d> {
        match told {
            Told::Comment(text) => Frame::Comment(text),
            Told::StoredComment(comment) => Frame::Comment(self.text.text(&comment)),
            Told::Retry(time) => Frame::Retry(time),
        }
    }

    /// The id of an event that lies in the chunk is the last event ID. No other one is stored.
    #[inline]
    pub(crate) fn take_id(&mut self, id: &str) -> Result<(), DecodeError> {
        self.id.replace(id).map_err(|Full| DecodeError::BufferFull { capacity: self.id.capacity() })?;
        self.id_changed(id.len());
        Ok(())
    }

    /// The last event ID is what the buffer of ids begins with, so long.
    #[inline]
    fn id_changed(&mut self, len: usize) {
        self.id_len = len;
        self.id.relax();
        #[cfg(feature = "bytes")]
        if self.inherited_id.is_some() {
            self.inherited_id = None;
        }
    }

    /// The id stored behind the last event ID takes its place.
    pub(super) fn commit_id(&mut self) {
        self.id.remove_front(self.id_len);
        self.id_changed(self.id.as_str().len());
        self.event.has_id = false;
    }
}
