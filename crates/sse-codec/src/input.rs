//! The caller's cursor over one chunk.

use core::fmt;

use crate::lines::Cursor;

/// One chunk of an event stream, and how far it has been decoded.
///
/// The cursor is the caller's: leaving the loop in the middle of a chunk loses nothing, and the next
/// [`Decoder::decode`](crate::Decoder::decode) with the same `Input` goes on without scanning a byte again.
///
/// Making one is cheap: some hundred bytes of cursor, and nothing of the chunk is looked at.
///
/// ```
/// use sse_codec::{Decoder, Frame, Input};
///
/// let mut decoder = Decoder::new();
/// let mut input = Input::new(b"data: 1\n\ndata: 2\n\n");
/// assert!(matches!(decoder.decode(&mut input), Ok(Some(Frame::Event(event))) if event.data == "1"));
/// // … something else …
/// assert!(matches!(decoder.decode(&mut input), Ok(Some(Frame::Event(event))) if event.data == "2"));
/// assert!(input.is_empty());
/// ```
#[derive(Clone)]
pub struct Input<'i> {
    pub(crate) bytes: &'i [u8],
    pub(crate) cursor: Cursor,
}

impl<'i> Input<'i> {
    /// A cursor at the beginning of a chunk. An empty chunk is fine.
    #[inline]
    pub fn new(bytes: &'i [u8]) -> Self {
        Self { bytes, cursor: Cursor::default() }
    }

    /// What has not been decoded yet.
    #[inline]
    pub fn remaining(&self) -> &'i [u8] {
        &self.bytes[self.cursor.position()..]
    }

    /// Whether the whole chunk has been decoded.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.cursor.position() == self.bytes.len()
    }
}

/// Says how much remains, not what.
impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").field("remaining_bytes", &self.remaining().len()).finish_non_exhaustive()
    }
}
