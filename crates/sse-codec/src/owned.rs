//! Owned events over `Bytes`: they share the chunk where they lie in it.

use core::fmt;
use core::time::Duration;

use alloc::vec::Vec;
use bytes::Bytes;
use bytestring::ByteString;

use crate::FAST;
use crate::decode::{Decoder, InChunk};
use crate::error::DecodeError;
use crate::event::{Event, Frame, MESSAGE};
use crate::lines::{Cursor, Lines};

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
/// Its texts are parts of one piece of memory: the chunk that it came in, or, if it was cut or put together, a copy of its
/// own. Cloning costs a reference count, and another one if the last event ID is inherited. An event that shares a chunk
/// keeps all of it in memory: what is kept for long is better [`detach`](Self::detach)ed.
///
/// ```
/// use sse_codec::OwnedEvent;
///
/// let event = OwnedEvent::new("tick", "1", "7");
/// assert_eq!((event.event_type(), event.data(), event.last_event_id()), ("tick", "1", "7"));
/// ```
#[derive(Clone)]
pub struct OwnedEvent {
    memory: Bytes,
    /// Empty: `message`.
    event_type: Span,
    data: Span,
    last_event_id: Span,
    /// The last event ID, if it is of an earlier event.
    inherited_id: Option<ByteString>,
}

/// An id of so many bytes is copied with the event that is copied.
const SMALL_ID: usize = 64;

/// Where a text is in the memory of its event.
#[derive(Clone, Copy)]
struct Span {
    from: usize,
    to: usize,
}

impl OwnedEvent {
    /// An event that no decoder made: for tests of what consumes events. Copies.
    pub fn new(event_type: &str, data: &str, last_event_id: &str) -> Self {
        let event_type = if event_type == MESSAGE { "" } else { event_type };
        let mut memory = Vec::with_capacity(data.len() + event_type.len() + last_event_id.len());
        let mut add = |text: &str| {
            let from = memory.len();
            memory.extend_from_slice(text.as_bytes());
            Span { from, to: memory.len() }
        };
        let (data, event_type, last_event_id) = (add(data), add(event_type), add(last_event_id));
        Self { memory: memory.into(), event_type, data, last_event_id, inherited_id: None }
    }

    /// See [`Event::event_type`].
    #[inline]
    pub fn event_type(&self) -> &str {
        let event_type = self.event_type.of(&self.memory);
        if event_type.is_empty() { MESSAGE } else { event_type }
    }

    /// See [`Event::data`].
    #[inline]
    pub fn data(&self) -> &str {
        self.data.of(&self.memory)
    }

    /// See [`Event::last_event_id`].
    #[inline]
    pub fn last_event_id(&self) -> &str {
        match &self.inherited_id {
            Some(id) => id,
            None => self.last_event_id.of(&self.memory),
        }
    }

    /// The data alone, sharing its memory: nothing is copied.
    pub fn into_data(self) -> ByteString {
        self.data.share(self.memory)
    }

    /// A copy that keeps no chunk in memory.
    #[must_use]
    pub fn detach(&self) -> Self {
        Self::new(self.event_type(), self.data(), self.last_event_id())
    }

    /// The same, lent.
    pub fn as_event(&self) -> Event<'_> {
        Event { event_type: self.event_type(), data: self.data(), last_event_id: self.last_event_id() }
    }
}

/// Copies.
impl From<Event<'_>> for OwnedEvent {
    fn from(event: Event<'_>) -> Self {
        Self::new(event.event_type, event.data, event.last_event_id)
    }
}

impl PartialEq for OwnedEvent {
    fn eq(&self, other: &Self) -> bool {
        self.as_event() == other.as_event()
    }
}

impl Eq for OwnedEvent {}

impl core::hash::Hash for OwnedEvent {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.as_event().hash(state);
    }
}

impl fmt::Debug for OwnedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let event = self.as_event();
        f.debug_struct("OwnedEvent")
            .field("event_type", &event.event_type)
            .field("data", &event.data)
            .field("last_event_id", &event.last_event_id)
            .finish()
    }
}

impl Span {
    const EMPTY: Self = Self { from: 0, to: 0 };

    /// Where a text lies, if it is a part of this memory.
    #[inline]
    fn find(memory: &[u8], text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::EMPTY);
        }
        let from = (text.as_ptr() as usize).checked_sub(memory.as_ptr() as usize)?;
        let to = from + text.len();
        (to <= memory.len()).then_some(Self { from, to })
    }

    /// The text, from the memory that it was made for.
    #[inline]
    fn of(self, memory: &[u8]) -> &str {
        let bytes = memory.get(self.from..self.to).unwrap_or_default();
        // SAFETY: a span is made from a `str` that lies there, or of one that was copied there, and stays with that
        // memory, which never changes.
        #[allow(unsafe_code)]
        unsafe {
            core::str::from_utf8_unchecked(bytes)
        }
    }

    /// The text as a share of its memory.
    fn share(self, memory: Bytes) -> ByteString {
        // SAFETY: as above.
        #[allow(unsafe_code)]
        unsafe {
            ByteString::from_bytes_unchecked(memory.slice(self.from..self.to))
        }
    }
}

/// [`Input`](crate::Input) over `Bytes`: keeps its chunk between calls, as a `Stream` must between polls.
///
/// Making one is cheap: some hundred bytes of cursor, and nothing of the chunk is looked at. The last event of a chunk
/// may take the chunk over, which leaves the input empty.
///
/// ```
/// use sse_codec::{BytesInput, Decoder, OwnedFrame};
///
/// let mut decoder = Decoder::new();
/// let mut input = BytesInput::new("id: 1\ndata: hello\n\n".into());
/// let Ok(Some(OwnedFrame::Event(event))) = decoder.decode_bytes(&mut input) else { panic!("an event") };
/// assert_eq!(event.data(), "hello"); // a slice of the chunk, not a copy
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
    /// An event that lies in the chunk shares it: no allocation, no copy. An inherited last event ID is copied once and
    /// then shared by the events that inherit it. An event of which something came through the decoder's own buffer has
    /// memory of its own, in one allocation; only an id over 64 bytes that it inherits is shared even so.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    #[inline]
    pub fn decode_bytes(&mut self, input: &mut BytesInput) -> Result<Option<OwnedFrame>, DecodeError> {
        let chunk = &input.chunk;
        let mut event = InChunk::default();
        if FAST && !self.unsettled {
            if let Some(data) = self.whole_event(&mut Lines::new(chunk, &mut input.cursor), &mut event) {
                if let Some(id) = event.id {
                    self.take_id(id)?;
                }
                let span = |text| Span::find(chunk, text).unwrap_or(Span::EMPTY);
                let (event_type, data) = (span(event.event_type.unwrap_or_default()), span(data));
                let last_event_id = span(event.id.unwrap_or_default());
                let inherited_id = if event.id.is_some() { None } else { self.inherited_id() };
                // The last event of a chunk takes it, the others share it. (A CR at its end is still to be looked at.)
                let used_up = input.is_empty() && input.chunk.last() == Some(&b'\n');
                let memory = if used_up { core::mem::take(input).chunk } else { input.chunk.clone() };
                let event = OwnedEvent { memory, event_type, data, last_event_id, inherited_id };
                return Ok(Some(OwnedFrame::Event(event)));
            }
        }
        match self.decode_other(chunk, &mut input.cursor, event) {
            Ok(None) => Ok(None),
            Err(error) => Err(error),
            Ok(Some(Frame::Retry(time))) => Ok(Some(OwnedFrame::Retry(time))),
            Ok(Some(Frame::Comment(comment))) => {
                let shared = Span::find(chunk, comment).map(|span| span.share(chunk.clone()));
                Ok(Some(OwnedFrame::Comment(shared.unwrap_or_else(|| ByteString::from(comment)))))
            }
            Ok(Some(Frame::Event(event))) => {
                let event_type = if event.event_type == MESSAGE { "" } else { event.event_type };
                let (Some(data), Some(event_type)) = (Span::find(chunk, event.data), Span::find(chunk, event_type))
                else {
                    // A large id is shared even so: events that inherit it may be many and small.
                    let shares_id = event.last_event_id.len() > SMALL_ID;
                    let last_event_id = if shares_id { "" } else { event.last_event_id };
                    let mut owned = OwnedEvent::new(event.event_type, event.data, last_event_id);
                    if shares_id {
                        owned.inherited_id = self.inherited_id();
                    }
                    return Ok(Some(OwnedFrame::Event(owned)));
                };
                let (last_event_id, inherited_id) = match Span::find(chunk, event.last_event_id) {
                    Some(here) => (here, None),
                    None => (Span::EMPTY, self.inherited_id()),
                };
                let memory = chunk.clone();
                let event = OwnedEvent { memory, event_type, data, last_event_id, inherited_id };
                Ok(Some(OwnedFrame::Event(event)))
            }
        }
    }

    /// The last event ID, shared by the events that inherit it. `None`: it is empty.
    #[inline]
    fn inherited_id(&mut self) -> Option<ByteString> {
        if self.last_event_id().is_empty() {
            return None;
        }
        if self.inherited_id.is_empty() {
            self.inherited_id = ByteString::from(self.last_event_id());
        }
        Some(self.inherited_id.clone())
    }
}
