//! Owned events over `Bytes`: they share the chunk where they lie in it.

use core::time::Duration;

use bytes::Bytes;
use bytestring::ByteString;

use crate::decode::Decoder;
use crate::error::DecodeError;
use crate::event::{Event, Frame, MESSAGE};
use crate::input::{Cursor, Input};
use crate::text;

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
/// Cloning costs three reference counts. A field that shares a chunk keeps the whole chunk in memory: copy what is
/// kept for long.
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

/// Copies.
impl From<Event<'_>> for OwnedEvent {
    fn from(event: Event<'_>) -> Self {
        Self {
            event_type: own(&ByteString::new(), event.event_type),
            data: own(&ByteString::new(), event.data),
            last_event_id: own(&ByteString::new(), event.last_event_id),
        }
    }
}

/// [`Input`] over `Bytes`: keeps its chunk between calls, as a `Stream` must between polls.
///
/// Making one validates the chunk as UTF-8, once.
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
#[derive(Clone, Debug, Default)]
pub struct BytesInput {
    bytes: Bytes,
    /// Valid text of the chunk, which shares it, from `cursor.valid_from`.
    valid: ByteString,
    cursor: Cursor,
}

impl BytesInput {
    /// A cursor at the beginning of a chunk. An empty chunk is fine.
    pub fn new(chunk: Bytes) -> Self {
        // A chunk may begin and end within a character; the rest is then still valid.
        let from = chunk.iter().take(3).take_while(|byte| matches!(byte, 0x80..=0xbf)).count();
        let to = from + text::whole_characters(&chunk[from..]);
        let valid = ByteString::try_from(chunk.slice(from..to)).unwrap_or_else(|error| {
            ByteString::try_from(chunk.slice(from..from + error.valid_up_to())).unwrap_or_default()
        });
        Self { bytes: chunk, valid, cursor: Cursor::with_valid_from(from) }
    }

    /// What has not been decoded yet.
    pub fn remaining(&self) -> &[u8] {
        self.lend().remaining()
    }

    /// Whether the whole chunk has been decoded.
    pub fn is_empty(&self) -> bool {
        self.lend().is_empty()
    }

    fn lend(&self) -> Input<'_> {
        Input::resume(&self.bytes, &self.valid, self.cursor.clone())
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
        let mut lent = input.lend();
        let decoded = self.decode(&mut lent);
        let (cursor, valid) = lent.pause();
        // Only behind text that is not UTF-8 is `valid` another part of the chunk than before.
        let valid = if core::ptr::eq(valid, &*input.valid) {
            input.valid.clone()
        } else {
            ByteString::try_from(input.bytes.slice_ref(valid.as_bytes())).unwrap_or_default()
        };
        let frame = match decoded {
            Ok(None) => Ok(None),
            Err(error) => Err(error),
            Ok(Some(Frame::Comment(comment))) => Ok(Some(OwnedFrame::Comment(own(&valid, comment)))),
            Ok(Some(Frame::Retry(time))) => Ok(Some(OwnedFrame::Retry(time))),
            Ok(Some(Frame::Event(event))) => {
                let event_type = own(&valid, event.event_type);
                let data = own(&valid, event.data);
                let last_event_id = share(&valid, event.last_event_id);
                let last_event_id = last_event_id.unwrap_or_else(|| self.inherited_id());
                Ok(Some(OwnedFrame::Event(OwnedEvent { event_type, data, last_event_id })))
            }
        };
        input.cursor = cursor;
        input.valid = valid;
        frame
    }

    /// The last event ID, shared by the events that inherit it.
    fn inherited_id(&mut self) -> ByteString {
        if self.inherited_id != self.last_event_id() {
            self.inherited_id = ByteString::from(self.last_event_id());
        }
        self.inherited_id.clone()
    }
}

/// The part of `whole` that `part` is, if it is one.
fn share(whole: &ByteString, part: &str) -> Option<ByteString> {
    if part.is_empty() {
        return Some(ByteString::new());
    }
    let offset = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
    (offset + part.len() <= whole.len()).then(|| whole.slice_ref(part))
}

/// `part` as a share of `whole`, or a copy.
fn own(whole: &ByteString, part: &str) -> ByteString {
    if part == MESSAGE {
        return ByteString::from_static(MESSAGE);
    }
    share(whole, part).unwrap_or_else(|| ByteString::from(part))
}
