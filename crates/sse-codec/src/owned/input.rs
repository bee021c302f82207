//! `BytesInput`: the caller's cursor over a chunk that events share.

use core::fmt;

use bytes::Bytes;
use bytestring::ByteString;

use super::memory::{Memory, Span};
use super::{LastEventId, OwnedEvent, OwnedFrame, SharedId};
use crate::FAST;
use crate::decode::{Decoder, InChunk, Whole};
use crate::error::DecodeError;
use crate::event::{Frame, MESSAGE};
use crate::lines::{Cursor, Lines};

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
    chunk: Memory,
    /// Of this chunk's bytes, which never change.
    cursor: Cursor,
    /// What has been taken of the next event.
    begun: Begun,
}

/// What is known of the next event, once the short way to it has been tried in vain.
#[derive(Clone, Copy, Default)]
struct Begun {
    tried: bool,
    /// Its lines that are taken, and lie in the chunk: its type and its id.
    event_type: Option<Span>,
    id: Option<Span>,
    size: usize,
}

impl Begun {
    fn new(chunk: &[u8], event: &InChunk<'_>) -> Self {
        let span = |text: Option<&str>| text.and_then(|text| Span::find(chunk, text));
        Self { tried: true, event_type: span(event.event_type), id: span(event.id), size: event.size }
    }

    /// Of the chunk that it was made for.
    fn event(self, chunk: &[u8]) -> InChunk<'_> {
        let text = |span: Option<Span>| span.map(|span| span.of(chunk));
        InChunk { data: None, event_type: text(self.event_type), id: text(self.id), size: self.size }
    }
}

impl BytesInput {
    /// A cursor at the beginning of a chunk. An empty chunk is fine.
    #[inline]
    pub fn new(chunk: Bytes) -> Self {
        Self { chunk: Memory::new(chunk), cursor: Cursor::default(), begun: Begun::default() }
    }

    /// What has not been decoded yet.
    pub fn remaining(&self) -> &[u8] {
        &self.chunk[self.cursor.position()..]
    }

    /// Whether the whole chunk has been decoded.
    pub fn is_empty(&self) -> bool {
        self.cursor.position() == self.chunk.len()
    }

    /// Puts another chunk in place of this one, whatever is left of it. Cheaper than another input.
    ///
    /// ```
    /// use sse_codec::{BytesInput, Decoder, OwnedFrame};
    ///
    /// let (mut decoder, mut input) = (Decoder::new(), BytesInput::default());
    /// let mut events = Vec::new();
    /// for chunk in ["data: 1\n\nda", "ta: 2\n\n"] {
    ///     input.replace(chunk.into());
    ///     while let Ok(Some(frame)) = decoder.decode_bytes(&mut input) {
    ///         if let OwnedFrame::Event(event) = frame {
    ///             events.push(event.into_data());
    ///         }
    ///     }
    /// }
    /// assert_eq!(events, ["1", "2"]);
    /// ```
    #[inline]
    pub fn replace(&mut self, chunk: Bytes) {
        self.cursor.reset();
        self.begun = Begun::default();
        self.chunk = Memory::new(chunk);
    }

    /// Lets go of the chunk, which leaves the input empty: who waits for another one should keep none in memory.
    #[inline]
    pub fn clear(&mut self) {
        if !self.chunk.is_empty() {
            self.replace(Bytes::new());
        }
    }

    /// The chunk, for an event in it. The last one takes it, the others share it. (A CR at its end is still to be looked
    /// at.)
    #[inline(always)]
    fn memory(&mut self) -> Memory {
        let used_up = self.is_empty() && self.chunk.last() == Some(&b'\n');
        if used_up {
            self.cursor.reset();
            core::mem::take(&mut self.chunk)
        } else {
            self.chunk.share()
        }
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

/// An id of so many bytes is copied with the event that is copied.
const SMALL_ID: usize = 64;

impl Decoder {
    /// [`decode`](Self::decode) for a chunk of `Bytes`, giving what the caller may keep.
    ///
    /// An event that lies in the chunk shares it without a copy; all the events of a chunk take one small allocation
    /// together, and a lone one takes none. An inherited last event ID is copied once and
    /// then shared by the events that inherit it. An event of which something came through the decoder's own buffer has
    /// memory of its own, in one allocation; only an id over 64 bytes that it inherits is shared even so.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    #[inline]
    pub fn decode_bytes(&mut self, input: &mut BytesInput) -> Result<Option<OwnedFrame>, DecodeError> {
        match self.decode_whole_event(input) {
            Some(event) => Ok(Some(OwnedFrame::Event(event))),
            None => self.decode_other_bytes(input),
        }
    }

    /// The next event, if it is one of those that lie in the chunk as a whole: most are. `None` says nothing: ask
    /// [`decode_bytes`](Self::decode_bytes), about this input and before anything else is done to the decoder.
    ///
    /// For adapters, which would move an event from a frame in a result into a result of their own: moves of what has
    /// just been written are most of what it costs.
    ///
    /// ```
    /// use sse_codec::{BytesInput, Decoder, OwnedEvent, OwnedFrame};
    ///
    /// fn next_event(decoder: &mut Decoder, input: &mut BytesInput) -> Option<OwnedEvent> {
    ///     if let Some(event) = decoder.decode_whole_event(input) {
    ///         return Some(event);
    ///     }
    ///     match decoder.decode_bytes(input) {
    ///         Ok(Some(OwnedFrame::Event(event))) => Some(event),
    ///         _ => None, // …
    ///     }
    /// }
    ///
    /// let (mut decoder, mut input) = (Decoder::new(), BytesInput::new("data: 1\n\ndata: 2\ndata: 3\n\n".into()));
    /// assert_eq!(next_event(&mut decoder, &mut input).unwrap().data(), "1");
    /// assert_eq!(next_event(&mut decoder, &mut input).unwrap().data(), "2\n3");
    /// ```
    // The compiler finds it too large, and would have the event written to memory and read again.
    #[inline(always)]
    pub fn decode_whole_event(&mut self, input: &mut BytesInput) -> Option<OwnedEvent> {
        if !FAST || self.unsettled || input.begun.tried {
            return None;
        }
        let chunk: &Bytes = &input.chunk;
        if chunk.len() > Span::MAX {
            return None; // behind that, events are copied
        }
        let mut event = InChunk::default();
        let span = |text| Span::find(chunk, text).unwrap_or(Span::EMPTY);
        let event = match self.whole(&mut Lines::new(chunk, &mut input.cursor), &mut event) {
            Whole::Data(data) => {
                let data = span(data);
                let last_event_id = self.inherited_id();
                OwnedEvent { memory: input.memory(), event_type: Span::EMPTY, data, last_event_id }
            }
            Whole::Event(data) => {
                if let Some(id) = event.id {
                    // Buffers that grow are never full.
                    self.take_id(id).ok()?;
                }
                let (event_type, data) = (span(event.event_type.unwrap_or_default()), span(data));
                let own_id = event.id.map(|id| LastEventId::Own(span(id)));
                let last_event_id = own_id.unwrap_or_else(|| self.inherited_id());
                OwnedEvent { memory: input.memory(), event_type, data, last_event_id }
            }
            Whole::No => {
                input.begun.tried = true;
                if !event.is_empty() {
                    input.begun = Begun::new(chunk, &event);
                }
                return None;
            }
        };
        Some(event)
    }

    #[inline(never)]
    fn decode_other_bytes(&mut self, input: &mut BytesInput) -> Result<Option<OwnedFrame>, DecodeError> {
        let chunk: &Bytes = &input.chunk;
        let event = core::mem::take(&mut input.begun).event(chunk);
        match self.decode_other(chunk, &mut input.cursor, event) {
            Ok(None) => Ok(None),
            Err(error) => Err(error),
            Ok(Some(Frame::Retry(time))) => Ok(Some(OwnedFrame::Retry(time))),
            Ok(Some(Frame::Comment(comment))) => {
                let shared = Span::find(chunk, comment).map(|span| span.share(chunk));
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
                        owned.last_event_id = self.inherited_id();
                    }
                    return Ok(Some(OwnedFrame::Event(owned)));
                };
                let own_id = Span::find(chunk, event.last_event_id).map(LastEventId::Own);
                let last_event_id = own_id.unwrap_or_else(|| self.inherited_id());
                let memory = input.memory();
                let event = OwnedEvent { memory, event_type, data, last_event_id };
                Ok(Some(OwnedFrame::Event(event)))
            }
        }
    }

    /// The last event ID, shared by the events that inherit it.
    #[inline(always)]
    fn inherited_id(&mut self) -> LastEventId {
        if self.last_event_id().is_empty() { LastEventId::Own(Span::EMPTY) } else { self.shared_id() }
    }

    fn shared_id(&mut self) -> LastEventId {
        let shared = self.inherited_id.take().unwrap_or_else(|| SharedId::new(self.last_event_id().into()));
        LastEventId::Inherited(self.inherited_id.insert(shared).clone())
    }
}
