//! Owned events over `Bytes`: they share the chunk where they lie in it.

mod input;
mod memory;
mod shares;

use core::fmt;
use core::time::Duration;

use alloc::vec::Vec;
use bytestring::ByteString;

use crate::event::{Event, MESSAGE};
pub use input::BytesInput;
use memory::{Memory, Span};

/// [`Frame`](crate::Frame), owned. From [`Decoder::decode_bytes`](crate::Decoder::decode_bytes).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OwnedFrame {
    /// See [`Frame::Event`](crate::Frame::Event).
    Event(OwnedEvent),
    /// See [`Frame::Comment`](crate::Frame::Comment).
    Comment(ByteString),
    /// See [`Frame::Retry`](crate::Frame::Retry).
    Retry(Duration),
}

/// [`Event`], owned.
///
/// Its texts are parts of one piece of memory: the chunk that it came in, or, if it was cut or put together, a copy of its
/// own. Cloning costs a reference count, and another one if the last event ID is inherited; the first clone of an event
/// with memory of its own allocates that count. An event that shares a chunk
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
    memory: Memory,
    /// Empty: `message`.
    event_type: Span,
    data: Span,
    last_event_id: LastEventId,
}

/// Whose the last event ID is.
///
/// A word, and one that says which: the compiler keeps both in registers. Anything larger is moved through memory, where
/// what has just been written word by word is read by two at once, for which the processor waits.
#[derive(Clone)]
enum LastEventId {
    /// The event's own, in its memory. Or there is none.
    Own(Span),
    /// An earlier event's.
    Inherited(SharedId),
}

/// A last event ID, shared by the events that inherit it.
pub(crate) type SharedId = alloc::sync::Arc<alloc::boxed::Box<str>>;

impl OwnedEvent {
    /// An event that no decoder made: for tests of what consumes events. Copies.
    ///
    /// A decoder's has 1 GiB or so at the most; of texts that have 4 GiB together, those that end behind that are left
    /// out.
    pub fn new(event_type: &str, data: &str, last_event_id: &str) -> Self {
        let event_type = if event_type == MESSAGE { "" } else { event_type };
        let mut memory = Vec::with_capacity(data.len() + event_type.len() + last_event_id.len());
        let mut add = |text: &str| {
            let span = Span::new(memory.len(), text.len());
            memory.extend_from_slice(text.as_bytes());
            span.unwrap_or(Span::EMPTY)
        };
        let (data, event_type, last_event_id) = (add(data), add(event_type), add(last_event_id));
        Self { memory: Memory::Whole(memory.into()), event_type, data, last_event_id: LastEventId::Own(last_event_id) }
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
        match &self.last_event_id {
            LastEventId::Own(span) => span.of(&self.memory),
            LastEventId::Inherited(id) => id,
        }
    }

    /// The data alone, sharing its memory: nothing is copied.
    pub fn into_data(self) -> ByteString {
        self.data.share(&self.memory)
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
