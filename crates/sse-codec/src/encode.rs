//! Writes event streams: the other direction of WHATWG HTML 9.2.5.

mod line_ends;
mod output;
mod plain;

use core::time::Duration;

use crate::error::{BufferTooSmall, FieldError};
use crate::scan;
use line_ends::line_ends;
use output::{Output, Room, Slice};
use plain::is_plain;

/// One block of an event stream to be written: a comment, `retry`, `id`, `event`, `data` lines, and the blank line
/// that dispatches it.
///
/// # Guarantees
///
/// What a receiver reads is what was given, and nothing else: no value can end its line and begin a field of its own.
/// Data may hold anything. CR, LF and CRLF are each one line break and arrive as LF; empty data, a trailing line break
/// and leading spaces arrive as they are.
///
/// A block without [`data`](Self::data) dispatches no event at the receiver: with an [`id`](Self::id) alone it sets
/// the last event ID, with [`retry`](Self::retry) the reconnection time, with a [`comment`](Self::comment) it keeps the
/// connection alive.
///
/// # Cost
///
/// Making one copies nothing. Encoding reads and copies each byte once, and takes no call for what is short: an event of
/// a few hundred bytes costs little more than a copy of them, one of 64 KiB in one line what the copy costs. Encode an
/// event once, however many receive it: `to_bytes` (with the feature `bytes`) is one allocation of the exact length.
///
/// ```
/// use sse_codec::EventBlock;
///
/// # fn main() -> Result<(), sse_codec::FieldError> {
/// let mut out = Vec::new();
/// EventBlock::new().id("7")?.event_type("greeting")?.data("hello\nworld").encode_to_vec(&mut out);
/// assert_eq!(out, b"id: 7\nevent: greeting\ndata: hello\ndata: world\n\n");
///
/// // What would inject a field is refused when it is given.
/// assert!(EventBlock::new().event_type("x\rdata: evil").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct EventBlock<'a> {
    comment: Option<&'a str>,
    retry: Option<u64>,
    id: Option<&'a str>,
    event_type: Option<&'a str>,
    data: Option<&'a str>,
}

impl<'a> EventBlock<'a> {
    /// An empty block, which is a blank line.
    #[inline]
    pub const fn new() -> Self {
        Self { comment: None, retry: None, id: None, event_type: None, data: None }
    }

    /// Sets a comment, which receivers ignore. Each of its lines becomes a comment line.
    #[inline]
    pub const fn comment(mut self, comment: &'a str) -> Self {
        self.comment = Some(comment);
        self
    }

    /// Sets the reconnection time, sent in whole milliseconds (rounded down), at most `u64::MAX` of them.
    #[inline]
    pub fn retry(mut self, time: Duration) -> Self {
        self.retry = Some(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        self
    }

    /// Sets the id: the receiver's last event ID from this block on. Empty: it forgets the one it has.
    ///
    /// # Errors
    ///
    /// The id contains CR, LF or NUL.
    #[inline]
    pub fn id(mut self, id: &'a str) -> Result<Self, FieldError> {
        if !is_plain(id.as_bytes()) {
            if let Some(at) = memchr::memchr3(b'\r', b'\n', 0, id.as_bytes()) {
                return Err(FieldError::LastEventId { at });
            }
        }
        self.id = Some(id);
        Ok(self)
    }

    /// Sets the event type. Without one, or with an empty one, the event is a `message`.
    ///
    /// # Errors
    ///
    /// The type contains CR or LF.
    #[inline]
    pub fn event_type(mut self, event_type: &'a str) -> Result<Self, FieldError> {
        if !is_plain(event_type.as_bytes()) {
            if let Some(at) = memchr::memchr2(b'\r', b'\n', event_type.as_bytes()) {
                return Err(FieldError::EventType { at });
            }
        }
        self.event_type = Some(event_type);
        Ok(self)
    }

    /// Sets the data: any text. Each of its lines becomes a `data` line.
    #[inline]
    pub const fn data(mut self, data: &'a str) -> Self {
        self.data = Some(data);
        self
    }

    /// The exact length of the encoded block, in bytes. Reads the data.
    pub fn encoded_len(&self) -> usize {
        let data = self.data.unwrap_or_default().as_bytes();
        let growth = if is_plain(data) { 0 } else { line_ends::growth(data, NEXT_DATA.len()) };
        self.prelude_len().saturating_add(self.one_line_len()).saturating_add(growth)
    }

    /// Writes the block to the beginning of a slice and says how long it is.
    ///
    /// # Errors
    ///
    /// The slice is shorter than [`encoded_len`](Self::encoded_len); nothing was written.
    pub fn encode_to_slice(&self, out: &mut [u8]) -> Result<usize, BufferTooSmall> {
        let (needed, available) = (self.encoded_len(), out.len());
        let bytes = out.get_mut(..needed).ok_or(BufferTooSmall { needed, available })?;
        self.write(&mut Slice { bytes, len: 0 });
        Ok(needed)
    }

    /// Appends the block to a buffer. Reusing the buffer saves the allocation.
    #[cfg(feature = "alloc")]
    pub fn encode_to_vec(&self, out: &mut alloc::vec::Vec<u8>) {
        self.write(out);
    }

    /// The block as `Bytes` of the exact length, to be cloned for each receiver.
    ///
    /// One allocation. Only data of more than 2 KiB whose first line end lies behind these takes more: it is taken for
    /// one line, and written in one pass, until it turns out not to be.
    #[cfg(feature = "bytes")]
    #[inline]
    pub fn to_bytes(&self) -> bytes::Bytes {
        self.boxed().into()
    }

    /// Comes back in registers, which a `Bytes` does not.
    #[cfg(feature = "bytes")]
    fn boxed(&self) -> alloc::boxed::Box<[u8]> {
        let data = self.data.unwrap_or_default().as_bytes();
        let start = data.get(..LIKELY).unwrap_or(data);
        let is_likely = is_plain(start);
        let growth = if is_likely { 0 } else { line_ends::growth(data, NEXT_DATA.len()) };
        let mut out = alloc::vec::Vec::with_capacity(
            self.prelude_len().saturating_add(self.one_line_len()).saturating_add(growth),
        );
        if is_likely && start.len() == data.len() {
            self.write_by(&mut out, |room, data| (room.bytes(data), &[])); // it has been looked at
        } else {
            self.write(&mut out);
        }
        out.into_boxed_slice()
    }

    /// The block with `data` as its data, as slices around it: its bytes are shared, not copied. For large data, to be
    /// sent by a vectored write.
    ///
    /// One slice per line of the data and one between each two. The block's own [`data`](Self::data) is not used.
    ///
    /// ```
    /// # use sse_codec::EventBlock;
    /// let slices = EventBlock::new().encode_around(&"one\ntwo".into());
    /// assert_eq!(slices, [&b"data: "[..], b"one", b"\ndata: ", b"two", b"\n\n"]);
    /// ```
    #[cfg(feature = "bytes")]
    pub fn encode_around(&self, data: &bytestring::ByteString) -> alloc::vec::Vec<bytes::Bytes> {
        use bytes::Bytes;
        let mut head = alloc::vec::Vec::with_capacity(self.prelude_len() + self.fields_len() + DATA.len());
        self.write_prelude(&mut head);
        head.append_with(self.fields_len() + DATA.len(), |room| self.write_fields(room).array(DATA));
        let data = data.as_bytes();
        // Head, line, end: what it takes for one line.
        let mut slices = alloc::vec::Vec::with_capacity(3);
        slices.push(Bytes::from(head));
        let mut start = 0;
        for end in line_ends(data) {
            slices.extend([data.slice(start..end.start), Bytes::from_static(NEXT_DATA)]);
            start = end.end;
        }
        slices.extend([data.slice(start..), Bytes::from_static(b"\n\n")]);
        slices
    }

    // What is always inlined is so because the compiler, left to itself, puts a call here or there, depending on what
    // else there is: a call, and values that go through memory for it, cost a quarter of a short event.

    /// Looks for line ends while it copies.
    #[inline(always)]
    fn write(&self, out: &mut impl Output) {
        self.write_by(out, |room, data| room.plain(data));
    }

    /// Room is made once for what most blocks are: an id, an event type, and data of one line. Or less. `write_start`
    /// writes the beginning of the data, as far as no line ends there, and gives back what is left.
    #[inline(always)]
    fn write_by<W>(&self, out: &mut impl Output, write_start: W)
    where
        W: for<'r> FnOnce(Room<'r>, &'a [u8]) -> (Room<'r>, &'a [u8]),
    {
        if self.comment.is_some() || self.retry.is_some() {
            self.write_prelude(out);
        }
        let mut left: &[u8] = &[];
        out.append_with(self.one_line_len(), |room| {
            let room = self.write_fields(room);
            let Some(data) = self.data else { return room.array(b"\n") };
            let (room, rest) = write_start(room.array(DATA), data.as_bytes());
            left = rest;
            if left.is_empty() { room.array(b"\n\n") } else { room }
        });
        if !left.is_empty() {
            write_lines(left, NEXT_DATA, out);
            out.append_with(2, |room| room.array(b"\n\n"));
        }
    }

    /// The length of all but the prelude if the data is one line, and the least if it is not.
    #[inline]
    fn one_line_len(&self) -> usize {
        self.fields_len() + self.data.map_or(1, |data| DATA.len() + data.len() + 2)
    }

    /// The comment and the reconnection time.
    #[inline(never)]
    fn write_prelude(&self, out: &mut impl Output) {
        if let Some(comment) = self.comment {
            out.append_with(COMMENT.len(), |room| room.array(COMMENT));
            write_lines(comment.as_bytes(), NEXT_COMMENT, out);
            out.append_with(1, |room| room.array(b"\n"));
        }
        if let Some(retry) = self.retry {
            let (digits, start) = decimal(retry);
            let digits = &digits[start..];
            out.append_with(RETRY.len() + digits.len() + 1, |room| room.array(RETRY).bytes(digits).array(b"\n"));
        }
    }

    #[inline]
    fn prelude_len(&self) -> usize {
        let comment = |comment: &str| {
            (COMMENT.len() + comment.len() + 1)
                .saturating_add(line_ends::growth(comment.as_bytes(), NEXT_COMMENT.len()))
        };
        let retry = |retry: u64| RETRY.len() + 1 + retry.checked_ilog10().unwrap_or(0) as usize + 1;
        self.comment.map_or(0, comment).saturating_add(self.retry.map_or(0, retry))
    }

    /// The id and the event type.
    #[inline(always)]
    fn write_fields<'r>(&self, mut room: Room<'r>) -> Room<'r> {
        if let Some(id) = self.id {
            room = room.array(ID).bytes(id.as_bytes()).array(b"\n");
        }
        if let Some(event_type) = self.event_type {
            room = room.array(EVENT).bytes(event_type.as_bytes()).array(b"\n");
        }
        room
    }

    #[inline]
    fn fields_len(&self) -> usize {
        let id = self.id.map_or(0, |id| ID.len() + id.len() + 1);
        let event_type = self.event_type.map_or(0, |event_type| EVENT.len() + event_type.len() + 1);
        id + event_type
    }
}

/// Data of which so many bytes have no line end is likely to have none.
#[cfg(feature = "bytes")]
const LIKELY: usize = 2048;

const COMMENT: &[u8; 2] = b": ";
const RETRY: &[u8; 7] = b"retry: ";
const ID: &[u8; 4] = b"id: ";
const EVENT: &[u8; 7] = b"event: ";
const DATA: &[u8; 6] = b"data: ";
/// What becomes of a line end in a comment and in data.
const NEXT_COMMENT: &[u8; 3] = b"\n: ";
const NEXT_DATA: &[u8; 7] = b"\ndata: ";

/// Writes a text with something else in place of each line end.
#[inline(never)]
fn write_lines<const N: usize>(mut text: &[u8], line_end: &[u8; N], out: &mut impl Output) {
    loop {
        let before = text.len();
        out.append_with(before, |room| {
            let (room, rest) = room.lines(text, line_end);
            text = rest;
            room
        });
        // Mostly that was all but the last line. If it was the room that came to an end, there is more now.
        if text.len() < scan::BLOCK * scan::BLOCKS || text.len() == before {
            break;
        }
    }
    // The end of it, for which room is made as it is needed: no more than the block takes.
    let mut start = 0;
    for end in line_ends(text) {
        let line = &text[start..end.start];
        out.append_with(line.len() + N, |room| room.bytes(line).array(line_end));
        start = end.end;
    }
    let line = &text[start..];
    out.append_with(line.len(), |room| room.bytes(line));
}

/// The digits of a number, right-aligned, and where they begin.
fn decimal(mut number: u64) -> ([u8; 20], usize) {
    let mut digits = [b'0'; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return (digits, start);
        }
    }
}
