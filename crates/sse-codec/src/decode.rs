//! Lines become events: what is buffered, what is lent, and when an event is dispatched (WHATWG HTML 9.2.6).

mod cut;
mod dispatch;
mod settle;
mod state;
mod stored;
mod whole;

use core::fmt;

use crate::FAST;
use crate::error::{DecodeError, FieldError};
use crate::event::{Event, Frame, MESSAGE};
use crate::field::{self, Field};
use crate::input::Input;
use crate::joined::{Joined, Piece};
use crate::lines::{Cursor, Lines};
use crate::scratch::{FixedBuf, FixedText, Full, Scratch, Text};
pub(crate) use state::InChunk;
use state::{Lent, Started, Unfinished};
#[cfg(feature = "bytes")]
pub(crate) use whole::Whole;

/// The largest event a decoder takes unless told otherwise: 16 MiB. Real streams (images in tool results, whole
/// documents) reach several MiB.
pub const DEFAULT_MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;

/// Decodes an event stream, chunk by chunk.
///
/// One decoder lives as long as one EventSource: over all its connections, with [`reset`](Self::reset) between them.
///
/// # Guarantees
///
/// What it gives never depends on where the stream was cut into chunks, as long as its buffers hold what is cut. A bare
/// CR ends its line at once, and an event is given as soon as its blank line has been read. Nothing of an event that never
/// ended is ever given, its id included.
///
/// # Cost
///
/// Time is linear in the bytes. Memory is what an unfinished event needs, at most
/// [`with_max_event_bytes`](Self::with_max_event_bytes) (and, if its data is not UTF-8, up to three times more while
/// it is lent); an event that lies in one chunk and has one `data` line needs none. What a large event took is given
/// back at the next call, but for at most 256 KiB.
///
/// # Without `alloc`
///
/// [`Decoder::in_slices`] takes its buffers from the caller. Its type is `Decoder<FixedBuf<'_>>`: name it in full, since
/// the default is the one of the `alloc` feature, which another crate may turn on. Each event that inherits the last
/// event ID costs its length, which is that of the caller's slice at most: it is validated as it is lent.
///
/// ```
/// use sse_codec::{Decoder, Frame, Input};
///
/// let (mut text, mut event_type, mut id) = ([0; 256], [0; 32], [0; 64]);
/// let mut decoder = Decoder::in_slices(&mut text, &mut event_type, &mut id);
/// let mut input = Input::new(b"event: tick\ndata: 1\n\n");
/// let Ok(Some(Frame::Event(event))) = decoder.decode(&mut input) else { panic!("an event") };
/// assert_eq!((event.event_type, event.data), ("tick", "1"));
/// ```
pub struct Decoder<B: Scratch = DefaultScratch> {
    /// The stored `data` lines of the unfinished event, joined by LF, and behind them the unfinished line.
    text: Joined<B>,
    /// The stored event type of the unfinished event.
    event_type: B::Text,
    /// The last event ID, and behind it the stored `id` of the unfinished event.
    id: B::Text,
    id_len: usize,
    event: Unfinished,
    line: Started,
    /// What the last call lent from `text`.
    lent: Lent,
    /// The last line ended with CR: if a LF comes next it belongs to that line end.
    after_cr: bool,
    /// There may be something to do before the next line.
    pub(crate) unsettled: bool,
    /// How many bytes of a BOM have been read; `None`: the stream is past it.
    bom: Option<u8>,
    pub(crate) max_event_bytes: usize,
    comments: bool,
    /// The last event ID, once an owned event has inherited it.
    #[cfg(feature = "bytes")]
    pub(crate) inherited_id: Option<crate::owned::SharedId>,
}

#[cfg(feature = "alloc")]
type DefaultScratch = crate::scratch::GrowingBuf;
#[cfg(not(feature = "alloc"))]
type DefaultScratch = FixedBuf<'static>;

#[cfg(feature = "alloc")]
impl Decoder {
    /// A decoder with growing buffers. Allocates nothing until it must store something.
    pub const fn new() -> Self {
        Self::with_buffers(
            crate::scratch::GrowingBuf::new(),
            alloc::string::String::new(),
            alloc::string::String::new(),
        )
    }
}

#[cfg(feature = "alloc")]
impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> Decoder<FixedBuf<'a>> {
    /// A decoder without `alloc`.
    ///
    /// `text` holds an event that a chunk boundary cut, or that has several `data` lines: its data, plus the
    /// unfinished line. `event_type` holds one event type, `id` two ids: the last and the one to come. An event that
    /// does not fit is dropped with [`DecodeError::BufferFull`], like one over the limit.
    pub fn in_slices(text: &'a mut [u8], event_type: &'a mut [u8], id: &'a mut [u8]) -> Self {
        Self::with_buffers(FixedBuf::new(text), FixedText::new(event_type), FixedText::new(id))
    }
}

impl<B: Scratch> Decoder<B> {
    const fn with_buffers(text: B, event_type: B::Text, id: B::Text) -> Self {
        Self {
            text: Joined::new(text),
            event_type,
            id,
            id_len: 0,
            event: Unfinished { stored: false, dropped: false, data: None, has_id: false, size: 0 },
            line: Started::No,
            lent: Lent::Nothing,
            after_cr: false,
            unsettled: true,
            bom: Some(0),
            max_event_bytes: DEFAULT_MAX_EVENT_BYTES,
            comments: false,
            #[cfg(feature = "bytes")]
            inherited_id: None,
        }
    }

    /// Sets how large an event may be, in bytes: at each of its lines, what the values of its fields took so far plus
    /// that line. Default: [`DEFAULT_MAX_EVENT_BYTES`].
    ///
    /// Comments do not count, and no event is lost by one: a comment line over what is left of the limit is skipped.
    /// No limit is above 1 GiB: a larger one means that.
    #[must_use]
    pub fn with_max_event_bytes(mut self, limit: usize) -> Self {
        // So that no sum of it and a line overflows, nor the length of an owned event, which what is not UTF-8 makes three
        // times as large.
        self.max_event_bytes = limit.min(1 << 30);
        self
    }

    /// Sets whether comments are given as [`Frame::Comment`]. Default: no; they are then skipped unread.
    #[must_use]
    pub fn with_comments(mut self, report: bool) -> Self {
        self.comments = report;
        self
    }

    /// Decodes up to the next thing that the stream says.
    ///
    /// * `Ok(Some(frame))`: there may be more in this input; call again. The frame is lent until then.
    /// * `Ok(None)`: the input is used up, and what it left unfinished is stored. It never means that the stream is
    ///   finished: the caller knows when that is, and there is nothing to say to the decoder then, because an event
    ///   without its blank line does not count.
    ///
    /// The loop may be left and entered again with the same input at any time. Go on to another input only after
    /// `Ok(None)`: what remains of this one is not decoded.
    ///
    /// # Errors
    ///
    /// One event was too large and is dropped; call again. See [`DecodeError`].
    pub fn decode<'d, 'i: 'd>(&'d mut self, input: &mut Input<'i>) -> Result<Option<Frame<'d>>, DecodeError> {
        self.decode_chunk(input.bytes, &mut input.cursor)
    }

    #[inline]
    pub(crate) fn decode_chunk<'d, 'i: 'd>(
        &'d mut self,
        chunk: &'i [u8],
        cursor: &mut Cursor,
    ) -> Result<Option<Frame<'d>>, DecodeError> {
        let mut event = InChunk::default();
        if FAST && !self.unsettled {
            if let Some(data) = self.whole_event(&mut Lines::new(chunk, cursor), &mut event) {
                // For data alone there is much less to do.
                if event.is_empty() {
                    let last_event_id = self.last_event_id();
                    return Ok(Some(Frame::Event(Event { event_type: MESSAGE, data, last_event_id })));
                }
                if let Some(id) = event.id {
                    self.take_id(id)?;
                }
                let event_type = event.event_type.filter(|event_type| !event_type.is_empty()).unwrap_or(MESSAGE);
                let last_event_id = event.id.unwrap_or_else(|| self.last_event_id());
                return Ok(Some(Frame::Event(Event { event_type, data, last_event_id })));
            }
        }
        self.decode_other(chunk, cursor, event)
    }

    /// Decodes what [`whole_event`](Self::whole_event) does not take, and what has been stored.
    #[inline(always)]
    pub(crate) fn decode_other<'d, 'i: 'd>(
        &'d mut self,
        chunk: &'i [u8],
        cursor: &mut Cursor,
        event: InChunk<'i>,
    ) -> Result<Option<Frame<'d>>, DecodeError> {
        // If its last line ended with CR, the LF that may come is taken for one more blank line, which says nothing.
        let used_up = cursor.position() == chunk.len() && event.is_empty();
        if used_up && !self.unsettled {
            return Ok(None);
        }
        if FAST && self.line != Started::No {
            if self.go_on_with_line(chunk, cursor) {
                return Ok(None);
            }
        } else if FAST && used_up {
            self.settle_used_up();
            return Ok(None);
        }
        self.decode_lines(chunk, cursor, event)
    }

    /// Decodes line by line, from the event so far on.
    #[inline(never)]
    fn decode_lines<'d, 'i: 'd>(
        &'d mut self,
        chunk: &'i [u8],
        cursor: &mut Cursor,
        mut event: InChunk<'i>,
    ) -> Result<Option<Frame<'d>>, DecodeError> {
        if self.unsettled {
            match self.settle(&mut Lines::new(chunk, cursor)) {
                Ok(None) => {}
                Ok(Some(told)) => return Ok(Some(self.tell(told))),
                Err(error) => return Err(self.lose(error)),
            }
        }
        // In registers, as far as that goes: out of hand it is given only where it is slow anyway.
        let mut lines = Lines::new(chunk, cursor);
        let mut size = self.event.size + event.size;
        while let Some(line) = if FAST { lines.next() } else { lines.next_seldom() } {
            // "If the line is empty (a blank line): dispatch the event."
            if line.is_empty() {
                let ended = self.end_event(event);
                if matches!(ended, Ok(false)) {
                    event = InChunk::default();
                    size = 0;
                    continue;
                }
                lines.save();
                self.note_cr(&lines);
                return ended.map(|_| Some(Frame::Event(self.lend(event))));
            }
            let (field, at) = field::parse(lines.from(line), line.len());
            if field == Field::Comment && !self.comments {
                continue;
            }
            let text = lines.text(line, at);
            if size + line.len() <= self.max_event_bytes {
                // The first data, a type and an id stay in the chunk if they can.
                let place = match field {
                    Field::Data if event.data.is_none() && self.event.data.is_none() => Some(&mut event.data),
                    Field::EventType => Some(&mut event.event_type),
                    Field::Id if !lines.bytes(line, at).contains(&0) => Some(&mut event.id),
                    _ => None,
                };
                if let (Some(place), Some(text)) = (place, text) {
                    *place = Some(text);
                    size += text.len();
                    continue;
                }
            }
            let value = text.map_or_else(|| Piece::Bytes(lines.bytes(line, at)), Piece::Text);
            lines.save();
            self.event.size = size;
            let mut so_far = event;
            let told = if field == Field::Data {
                self.store_lines(chunk, cursor, line, at, &mut so_far)
            } else {
                self.other_line(line.len(), field, value, &mut so_far)
            };
            lines = Lines::new(chunk, cursor);
            self.note_cr(&lines);
            match told {
                Ok(None) => {}
                Ok(Some(told)) => return Ok(Some(self.tell(told))),
                Err(error) => return Err(self.lose(error)),
            }
            event = so_far;
            size = self.event.size;
        }
        self.event.size = size;
        let rest = lines.take_rest();
        lines.save();
        self.note_cr(&lines);
        if rest.bytes().is_empty() && event.is_empty() {
            return Ok(None);
        }
        match self.store_rest(event, rest) {
            Ok(()) => Ok(None),
            Err(error) => Err(self.lose(error)),
        }
    }

    /// The last event ID string: what a reconnection reports. Empty if there is none to report.
    ///
    /// Changes at the blank line that ends an event, also of one without data; never by an unfinished event.
    pub fn last_event_id(&self) -> &str {
        // `id_len` is between characters; `get` spares small machines the words for saying that it is not.
        self.id.as_str().get(..self.id_len).unwrap_or_default()
    }

    /// Sets the last event ID, to resume where an earlier process left off.
    ///
    /// # Errors
    ///
    /// The id could not have come from an event stream: it contains CR, LF or NUL, or does not fit the buffer. The
    /// last event ID is then as it was. (If it does not fit, an `id` of the unfinished event is forgotten even so.)
    pub fn set_last_event_id(&mut self, id: &str) -> Result<(), FieldError> {
        if let Some(at) = id.bytes().position(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(FieldError::LastEventId { at });
        }
        self.take_back();
        // Behind the one in force, so that this one stays if the new one does not fit.
        self.id.truncate(self.id_len);
        self.event.has_id = false;
        self.id.push(id).map_err(|Full| FieldError::TooLong { capacity: self.id.capacity() })?;
        self.commit_id();
        Ok(())
    }

    /// A new connection begins: what the last one left unfinished is dropped, its id included, and a BOM may come
    /// again. The last event ID stays.
    pub fn reset(&mut self) {
        self.take_back();
        self.forget_event();
        self.line = Started::No;
        self.after_cr = false;
        self.bom = Some(0);
        self.unsettled = true;
    }

    /// Something of the unfinished event is stored.
    fn keep_event(&mut self) {
        self.event.stored = true;
        self.unsettled = true;
    }

    /// If a CR ended the chunk, the LF that belongs to it may come first in the next one.
    #[inline(never)]
    fn note_cr(&mut self, lines: &Lines<'_, '_>) {
        if lines.ended_with_cr() {
            self.after_cr = true;
            self.unsettled = true;
        }
    }

    /// Ends what the last call lent.
    fn take_back(&mut self) {
        match core::mem::replace(&mut self.lent, Lent::Nothing) {
            Lent::Nothing => {}
            Lent::Comment(len) => self.text.truncate(len),
            Lent::Event(_) => self.forget_event(),
        }
    }

    /// Forgets the unfinished event.
    fn forget_event(&mut self) {
        self.text.clear();
        self.event_type.truncate(0);
        self.event_type.relax();
        self.id.truncate(self.id_len);
        self.id.relax();
        self.event = Unfinished::default();
    }

    /// The unfinished event is lost; its blank line is still to come.
    #[cold]
    fn lose(&mut self, error: DecodeError) -> DecodeError {
        self.forget_event();
        self.event.dropped = true;
        self.unsettled = true;
        error
    }

    fn full(&self, Full: Full) -> DecodeError {
        DecodeError::BufferFull { capacity: self.text.capacity() }
    }
}

/// Says how much is stored, not what: that may be large, and is nobody's business in a log.
impl<B: Scratch> fmt::Debug for Decoder<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("last_event_id", &self.last_event_id())
            .field("stored_bytes", &self.text.len())
            .field("max_event_bytes", &self.max_event_bytes)
            .finish_non_exhaustive()
    }
}
