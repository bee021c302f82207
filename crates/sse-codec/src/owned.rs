//! Owned events over `Bytes`: they share the chunk where they lie in it.

use core::fmt;
use core::time::Duration;

use bytes::Bytes;
use bytestring::ByteString;

use crate::decode::Decoder;
use crate::error::DecodeError;
use crate::event::{Event, Frame, MESSAGE};
use crate::lines::Cursor;

/// [`Frame`], owned. From [`Decoder::decode_bytes`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OwnedFrame {
    /// See [`Frame::Event`].
    Event(OwnedEvent),
    /// See [`Frame::Comment`].
    Comment(ByteString),
    /// See [`Frame::Retry`].
    Retry(Duration),
}

/// [`Event`], owned.
///
/// Cloning costs three reference counts. A field that shares a chunk keeps the whole chunk in memory: what is kept for
/// long is better [`detach`](Self::detach)ed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct OwnedEvent {
    /// See [`Event::event_type`].
    pub event_type: ByteString,
    /// See [`Event::data`].
    pub data: ByteString,
    /// See [`Event::last_event_id`].
    pub last_event_id: ByteString,
}

impl OwnedEvent {
    /// An event that no decoder made: for tests of what consumes events.
    pub fn new(
        event_type: impl Into<ByteString>,
        data: impl Into<ByteString>,
        last_event_id: impl Into<ByteString>,
    ) -> Self {
        Self { event_type: event_type.into(), data: data.into(), last_event_id: last_event_id.into() }
    }

    /// A copy that keeps no chunk in memory.
    #[must_use]
    pub fn detach(&self) -> Self {
        let copy = |text: &ByteString| ByteString::from(&**text);
        Self::new(copy(&self.event_type), copy(&self.data), copy(&self.last_event_id))
    }
}

/// Copies.
impl From<Event<'_>> for OwnedEvent {
    fn from(event: Event<'_>) -> Self {
        Self {
            event_type: own(&Bytes::new(), event.event_type),
            data: own(&Bytes::new(), event.data),
            last_event_id: own(&Bytes::new(), event.last_event_id),
        }
    }
}

/// [`Input`] over `Bytes`: keeps its chunk between calls, as a `Stream` must between polls.
///
/// Making one costs nothing; the chunk is validated as UTF-8 once, when its first text is needed.
///
/// ```
/// use sse_codec::{BytesInput, Decoder, OwnedFrame};
///
/// let mut decoder = Decoder::new();
/// let mut input = BytesInput::new("id: 1\ndata: hello\n\n".into());
/// let Ok(Some(OwnedFrame::Event(event))) = decoder.decode_bytes(&mut input) else { panic!("an event") };
/// assert_eq!(event.data, "hello"); // a slice of the chunk, not a copy
/// assert_eq!(decoder.decode_bytes(&mut input), Ok(None));
/// ```
#[derive(Clone, Default)]
pub struct BytesInput {
    chunk: Bytes,
    /// Of this chunk's bytes, which never change.
    cursor: Cursor,
}

impl BytesInput {
    /// A cursor at the beginning of a chunk. An empty chunk is fine.
    #[inline]
    pub fn new(chunk: Bytes) -> Self {
        Self { chunk, cursor: Cursor::default() }
    }

    /// What has not been decoded yet.
    pub fn remaining(&self) -> &[u8] {
        &self.chunk[self.cursor.position()..]
    }

    /// Whether the whole chunk has been decoded.
    pub fn is_empty(&self) -> bool {
        self.cursor.position() == self.chunk.len()
    }
}

/// Says how much remains, not what.
impl fmt::Debug for BytesInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BytesInput").field("remaining_bytes", &self.remaining().len()).finish_non_exhaustive()
    }
}

impl From<Bytes> for BytesInput {
    fn from(chunk: Bytes) -> Self {
        Self::new(chunk)
    }
}

impl Decoder {
    /// [`decode`](Self::decode) for a chunk of `Bytes`, giving what the caller may keep.
    ///
    /// Fields that lie in the chunk share it: no allocation, no copy. An inherited last event ID is copied once and
    /// then shared by the events that inherit it. Only what came through the decoder's own buffer is copied.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    pub fn decode_bytes(&mut self, input: &mut BytesInput) -> Result<Option<OwnedFrame>, DecodeError> {
        let chunk = &input.chunk;
        match self.decode_chunk(chunk, &mut input.cursor) {
            Ok(None) => Ok(None),
            Err(error) => Err(error),
            Ok(Some(Frame::Comment(comment))) => Ok(Some(OwnedFrame::Comment(own(chunk, comment)))),
            Ok(Some(Frame::Retry(time))) => Ok(Some(OwnedFrame::Retry(time))),
            Ok(Some(Frame::Event(event))) => {
                let event_type = own(chunk, event.event_type);
                let data = own(chunk, event.data);
                let last_event_id = share(chunk, event.last_event_id);
                let last_event_id = last_event_id.unwrap_or_else(|| self.inherited_id());
                Ok(Some(OwnedFrame::Event(OwnedEvent { event_type, data, last_event_id })))
            }
        }
    }

    /// The last event ID, shared by the events that inherit it.
    fn inherited_id(&mut self) -> ByteString {
        if self.inherited_id.is_empty() {
            self.inherited_id = ByteString::from(self.last_event_id());
        }
        self.inherited_id.clone()
    }
}

/// Text that lies in the chunk, as a share of it.
#[inline]
fn share(chunk: &Bytes, text: &str) -> Option<ByteString> {
    if text.is_empty() {
        return Some(ByteString::new());
    }
    let offset = (text.as_ptr() as usize).checked_sub(chunk.as_ptr() as usize)?;
    if offset + text.len() > chunk.len() {
        return None;
    }
    // SAFETY: these are the bytes of `text`, at the same address, and those of a `Bytes` never change.
    #[allow(unsafe_code)]
    Some(unsafe { ByteString::from_bytes_unchecked(chunk.slice_ref(text.as_bytes())) })
}

/// Text as a share of the chunk, or as a copy.
#[inline]
fn own(chunk: &Bytes, text: &str) -> ByteString {
    if text == MESSAGE {
        return ByteString::from_static(MESSAGE);
    }
    share(chunk, text).unwrap_or_else(|| ByteString::from(text))
}
