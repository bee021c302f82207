//! Writes event streams: the other direction of WHATWG HTML 9.2.5.

use core::time::Duration;

use crate::error::{BufferTooSmall, FieldError};

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
/// Making one copies nothing. Encode an event once, however many receive it: `to_bytes` (with the feature `bytes`) is
/// one allocation of the exact length.
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
    pub const fn new() -> Self {
        Self { comment: None, retry: None, id: None, event_type: None, data: None }
    }

    /// Sets a comment, which receivers ignore. Each of its lines becomes a comment line.
    pub const fn comment(mut self, comment: &'a str) -> Self {
        self.comment = Some(comment);
        self
    }

    /// Sets the reconnection time, sent in whole milliseconds (rounded down), at most `u64::MAX` of them.
    pub fn retry(mut self, time: Duration) -> Self {
        self.retry = Some(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        self
    }

    /// Sets the id: the receiver's last event ID from this block on. Empty: it forgets the one it has.
    ///
    /// # Errors
    ///
    /// The id contains CR, LF or NUL.
    pub fn id(mut self, id: &'a str) -> Result<Self, FieldError> {
        if let Some(at) = id.bytes().position(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(FieldError::LastEventId { at });
        }
        self.id = Some(id);
        Ok(self)
    }

    /// Sets the event type. Without one, or with an empty one, the event is a `message`.
    ///
    /// # Errors
    ///
    /// The type contains CR or LF.
    pub fn event_type(mut self, event_type: &'a str) -> Result<Self, FieldError> {
        if let Some(at) = memchr::memchr2(b'\r', b'\n', event_type.as_bytes()) {
            return Err(FieldError::EventType { at });
        }
        self.event_type = Some(event_type);
        Ok(self)
    }

    /// Sets the data: any text. Each of its lines becomes a `data` line.
    pub const fn data(mut self, data: &'a str) -> Self {
        self.data = Some(data);
        self
    }

    /// The exact length of the encoded block, in bytes. Reads the data once.
    pub fn encoded_len(&self) -> usize {
        let mut len = 0;
        self.write(&mut |piece| len += piece.len());
        len
    }

    /// Writes the block to the beginning of a slice and says how long it is.
    ///
    /// # Errors
    ///
    /// The slice is shorter than [`encoded_len`](Self::encoded_len); nothing was written.
    pub fn encode_to_slice(&self, out: &mut [u8]) -> Result<usize, BufferTooSmall> {
        let needed = self.encoded_len();
        let available = out.len();
        let mut rest = out.get_mut(..needed).ok_or(BufferTooSmall { needed, available })?;
        self.write(&mut |piece| {
            if let Some((to, behind)) = core::mem::take(&mut rest).split_at_mut_checked(piece.len()) {
                to.copy_from_slice(piece);
                rest = behind;
            }
        });
        Ok(needed)
    }

    /// Appends the block to a buffer. Reusing the buffer saves the allocation.
    #[cfg(feature = "alloc")]
    pub fn encode_to_vec(&self, out: &mut alloc::vec::Vec<u8>) {
        self.write(&mut |piece| out.extend_from_slice(piece));
    }

    /// The block as `Bytes`, to be cloned for each receiver. One allocation.
    #[cfg(feature = "bytes")]
    pub fn to_bytes(&self) -> bytes::Bytes {
        let mut out = alloc::vec::Vec::with_capacity(self.encoded_len());
        self.encode_to_vec(&mut out);
        out.into()
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
        let mut head = alloc::vec::Vec::new();
        self.write_head(&mut |piece| head.extend_from_slice(piece));
        head.extend_from_slice(b"data: ");
        let mut slices = alloc::vec![bytes::Bytes::from(head)];
        for (n, line) in lines(data).enumerate() {
            if n > 0 {
                slices.push(bytes::Bytes::from_static(b"\ndata: "));
            }
            slices.push(data.as_bytes().slice_ref(line.as_bytes()));
        }
        slices.push(bytes::Bytes::from_static(b"\n\n"));
        slices
    }

    fn write(&self, sink: &mut impl FnMut(&[u8])) {
        self.write_head(sink);
        if let Some(data) = self.data {
            for line in lines(data) {
                write_line(b"data: ", line, sink);
            }
        }
        sink(b"\n");
    }

    /// All but the data and the blank line.
    fn write_head(&self, sink: &mut impl FnMut(&[u8])) {
        if let Some(comment) = self.comment {
            for line in lines(comment) {
                write_line(b": ", line, sink);
            }
        }
        if let Some(retry) = self.retry {
            let (digits, start) = decimal(retry);
            sink(b"retry: ");
            sink(&digits[start..]);
            sink(b"\n");
        }
        if let Some(id) = self.id {
            write_line(b"id: ", id, sink);
        }
        if let Some(event_type) = self.event_type {
            write_line(b"event: ", event_type, sink);
        }
    }
}

#[inline]
fn write_line(name: &[u8], value: &str, sink: &mut impl FnMut(&[u8])) {
    sink(name);
    sink(value.as_bytes());
    sink(b"\n");
}

/// The lines of a text: cut at each CR, LF or CRLF. One more than there are line ends, so at least one.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    core::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = memchr::memchr2(b'\r', b'\n', text.as_bytes()) else {
            return rest.take();
        };
        let behind = &text[end..];
        rest = Some(behind.strip_prefix("\r\n").unwrap_or(&behind[1..]));
        Some(&text[..end])
    })
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
