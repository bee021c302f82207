//! Lines become events: what is buffered, what is lent, and when an event is dispatched (WHATWG HTML 9.2.6).

mod state;
mod stored;

use core::ops::Range;

use crate::error::{DecodeError, FieldError};
use crate::event::{Event, Frame, MESSAGE};
use crate::field::{self, Field};
use crate::input::Input;
use crate::scratch::{FixedBuf, Full, Scratch};
use crate::text;
use state::{Found, InChunk, Lent, Line, Size, Unfinished};

/// The largest event a decoder takes unless told otherwise: 16 MiB. Real streams (images in tool results, whole
/// documents) reach several MiB.
pub const DEFAULT_MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Decodes an event stream, chunk by chunk.
///
/// One decoder lives as long as one EventSource: over all its connections, with [`reset`](Self::reset) between them.
///
/// # Guarantees
///
/// What it gives never depends on where the stream was cut into chunks. A bare CR ends its line at once, and an event
/// is given as soon as its blank line has been read. Nothing of an event that never ended is ever given, its id
/// included.
///
/// # Cost
///
/// Time is linear in the bytes. Memory is what an unfinished event needs, at most
/// [`with_max_event_bytes`](Self::with_max_event_bytes) (and, if its data is not UTF-8, up to three times more while
/// it is lent); an event that lies in one chunk and has one `data` line needs none. What a large event took is given
/// back at the next call.
///
/// # Without `alloc`
///
/// [`Decoder::in_slices`] takes its buffers from the caller:
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
#[derive(Debug)]
pub struct Decoder<B = DefaultScratch> {
    /// The stored `data` lines of the unfinished event, joined by LF, and behind them the unfinished line.
    text: B,
    /// The stored event type of the unfinished event, as text.
    event_type: B,
    /// The last event ID, and behind it the stored `id` of the unfinished event, both as text.
    id: B,
    id_len: usize,
    event: Unfinished,
    line: Line,
    /// What the last call lent from `text`.
    lent: Lent,
    /// The last line ended with CR: if a LF comes next it belongs to that line end.
    after_cr: bool,
    /// How many bytes of a BOM have been read; `None`: the stream is past it.
    bom: Option<usize>,
    max_event_bytes: usize,
    comments: bool,
    #[cfg(feature = "bytes")]
    pub(crate) inherited_id: bytestring::ByteString,
}

#[cfg(feature = "alloc")]
type DefaultScratch = alloc::vec::Vec<u8>;
#[cfg(not(feature = "alloc"))]
type DefaultScratch = FixedBuf<'static>;

#[cfg(feature = "alloc")]
impl Decoder {
    /// A decoder with growing buffers. Allocates nothing until it must store something.
    pub const fn new() -> Self {
        Self::with_buffers(alloc::vec::Vec::new(), alloc::vec::Vec::new(), alloc::vec::Vec::new())
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
        Self::with_buffers(FixedBuf::new(text), FixedBuf::new(event_type), FixedBuf::new(id))
    }
}

impl<B> Decoder<B> {
    const fn with_buffers(text: B, event_type: B, id: B) -> Self {
        Self {
            text,
            event_type,
            id,
            id_len: 0,
            event: Unfinished {
                data: None,
                has_id: false,
                size: Size { data: 0, event_type: 0, id: 0 },
                dropped: false,
            },
            line: Line::Fresh,
            lent: Lent::Nothing,
            after_cr: false,
            bom: Some(0),
            max_event_bytes: DEFAULT_MAX_EVENT_BYTES,
            comments: false,
            #[cfg(feature = "bytes")]
            inherited_id: bytestring::ByteString::new(),
        }
    }

    /// Sets how large an event may be, in bytes: at each of its lines, what its fields' values take so far plus that
    /// line. Default: [`DEFAULT_MAX_EVENT_BYTES`].
    ///
    /// Comments do not count: one longer than the limit is skipped, and no event is lost by it.
    #[must_use]
    pub fn with_max_event_bytes(mut self, limit: usize) -> Self {
        self.max_event_bytes = limit;
        self
    }

    /// Sets whether comments are given as [`Frame::Comment`]. Default: no; they are then skipped unread.
    #[must_use]
    pub fn with_comments(mut self, report: bool) -> Self {
        self.comments = report;
        self
    }
}

impl<B: Scratch> Decoder<B> {
    /// Decodes up to the next thing that the stream says.
    ///
    /// * `Ok(Some(frame))`: there may be more in this input; call again. The frame is lent until then.
    /// * `Ok(None)`: the input is used up, and what it left unfinished is stored. It never means that the stream is
    ///   finished: the caller knows when that is, and there is nothing to say to the decoder then, because an event
    ///   without its blank line does not count.
    ///
    /// Leave one input only after `Ok(None)`; what remains of it is otherwise lost.
    ///
    /// # Errors
    ///
    /// One event was too large and is dropped; call again. See [`DecodeError`].
    pub fn decode<'d, 'i: 'd>(&'d mut self, input: &mut Input<'i>) -> Result<Option<Frame<'d>>, DecodeError> {
        self.take_back();
        let mut chunk = InChunk::default();
        match self.run(input, &mut chunk) {
            Ok(None) => Ok(None),
            Ok(Some(Found::Event)) => Ok(Some(Frame::Event(self.lend(&chunk)))),
            Ok(Some(Found::Comment(text))) => Ok(Some(Frame::Comment(text))),
            Ok(Some(Found::StoredComment(range))) => Ok(Some(Frame::Comment(text::known(&self.text.bytes()[range])))),
            Ok(Some(Found::Retry(time))) => Ok(Some(Frame::Retry(time))),
            Ok(Some(Found::Lost(error))) => Err(error),
            Err(error) => {
                self.end_event();
                self.event.dropped = true;
                Err(error)
            }
        }
    }

    /// The last event ID string: what a reconnection reports. Empty if there is none to report.
    ///
    /// Changes at the blank line that ends an event, also of one without data; never by an unfinished event.
    pub fn last_event_id(&self) -> &str {
        text::known(&self.id.bytes()[..self.id_len])
    }

    /// Sets the last event ID, to resume where an earlier process left off.
    ///
    /// # Errors
    ///
    /// The id could not have come from an event stream: it contains CR, LF or NUL, or does not fit the buffer. The
    /// last event ID is then as it was.
    pub fn set_last_event_id(&mut self, id: &str) -> Result<(), FieldError> {
        if let Some(at) = id.bytes().position(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(FieldError::LastEventId { at });
        }
        self.take_back();
        // Behind the one in force, so that this one stays if the new one does not fit.
        self.id.truncate(self.id_len);
        self.event.has_id = false;
        self.id.push(id.as_bytes()).map_err(|Full| FieldError::TooLong { capacity: self.id.capacity() })?;
        self.commit_id();
        Ok(())
    }

    /// A new connection begins: what the last one left unfinished is dropped, its id included, and a BOM may come
    /// again. The last event ID stays.
    pub fn reset(&mut self) {
        self.take_back();
        self.end_event();
        self.line = Line::Fresh;
        self.after_cr = false;
        self.bom = Some(0);
    }

    /// Ends what the last call lent.
    fn take_back(&mut self) {
        match core::mem::replace(&mut self.lent, Lent::Nothing) {
            Lent::Nothing => {}
            Lent::Comment(len) => self.text.truncate(len),
            Lent::Event => self.end_event(),
        }
    }

    /// Forgets the unfinished event.
    fn end_event(&mut self) {
        self.text.truncate(0);
        self.text.relax();
        self.event_type.truncate(0);
        self.event_type.relax();
        self.id.truncate(self.id_len);
        self.event = Unfinished::default();
    }

    fn run<'i>(&mut self, input: &mut Input<'i>, chunk: &mut InChunk<'i>) -> Result<Option<Found<'i>>, DecodeError> {
        if self.bom.is_some() {
            self.skip_bom(input)?;
        }
        loop {
            if self.after_cr && !input.is_empty() {
                input.skip_line_feed();
                self.after_cr = false;
            }
            let Some((line, cr)) = input.take_line() else {
                break;
            };
            self.after_cr = cr;
            let found = match self.line {
                Line::Fresh if line.is_empty() => self.blank_line(chunk),
                Line::Fresh if self.event.dropped => None,
                Line::Fresh => self.line_in_chunk(input, line, chunk)?,
                Line::Stored(start) => {
                    let stored = self.store_line(start, input.bytes(line));
                    let line = core::mem::replace(&mut self.line, Line::Fresh);
                    stored?;
                    self.stored_line(line)?
                }
                Line::Skipped => {
                    self.line = Line::Fresh;
                    None
                }
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        // No line end is left: only now is anything copied, and only of the event that the chunk's end cuts.
        let rest = input.take_rest();
        if let Err(error) = self.store(chunk) {
            self.line = if rest.is_empty() { Line::Fresh } else { Line::Skipped };
            return Err(error);
        }
        match self.line {
            _ if rest.is_empty() => {}
            Line::Fresh if self.event.dropped || (rest[0] == b':' && !self.comments) => self.line = Line::Skipped,
            Line::Fresh => self.store_line(self.text.bytes().len(), rest)?,
            Line::Stored(start) => self.store_line(start, rest)?,
            Line::Skipped => {}
        }
        Ok(None)
    }

    /// "Streams must be decoded using the UTF-8 decode algorithm", which drops one BOM at the very beginning.
    fn skip_bom(&mut self, input: &mut Input<'_>) -> Result<(), DecodeError> {
        while let Some(read) = self.bom {
            if input.is_empty() {
                return Ok(());
            }
            if input.skip_byte(BOM[read]) {
                self.bom = Some(read + 1).filter(|read| *read < BOM.len());
            } else {
                // Not a BOM after all: what was taken for its beginning is the beginning of the first line.
                self.bom = None;
                if read > 0 {
                    self.store_line(0, &BOM[..read])?;
                }
            }
        }
        Ok(())
    }

    /// "If the line is empty (a blank line): dispatch the event."
    fn blank_line<'i>(&mut self, chunk: &mut InChunk<'i>) -> Option<Found<'i>> {
        if self.event.dropped {
            self.end_event();
            return None;
        }
        let found = match self.dispatch(chunk) {
            Ok(true) => {
                self.lent = Lent::Event;
                return Some(Found::Event);
            }
            Ok(false) => None,
            Err(error) => Some(Found::Lost(error)),
        };
        self.end_event();
        *chunk = InChunk::default();
        found
    }

    /// Whether there is an event to give.
    fn dispatch(&mut self, chunk: &mut InChunk<'_>) -> Result<bool, DecodeError> {
        if let Some(data) = self.event.data.clone() {
            self.event.data = Some(text::make_text(&mut self.text, data).map_err(|full| self.full(full))?);
        }
        // Last, because the id must not count if the event is lost; but it counts where there is no data.
        if let Some(id) = chunk.id {
            self.store_id(id.as_bytes())?;
        }
        if self.event.has_id {
            self.commit_id();
        }
        Ok(chunk.data.is_some() || self.event.data.is_some())
    }

    fn lend<'d, 'i: 'd>(&'d self, chunk: &InChunk<'i>) -> Event<'d> {
        let event_type = chunk.event_type.unwrap_or_else(|| text::known(self.event_type.bytes()));
        let stored = || text::known(&self.text.bytes()[self.event.data.clone().unwrap_or_default()]);
        Event {
            event_type: if event_type.is_empty() { MESSAGE } else { event_type },
            data: chunk.data.unwrap_or_else(stored),
            last_event_id: chunk.id.unwrap_or_else(|| self.last_event_id()),
        }
    }

    /// A whole line that lies in the chunk. It is not empty.
    #[inline]
    fn line_in_chunk<'i>(
        &mut self,
        input: &mut Input<'i>,
        range: Range<usize>,
        chunk: &mut InChunk<'i>,
    ) -> Result<Option<Found<'i>>, DecodeError> {
        let line = input.bytes(range.clone());
        let within = |value: &Range<usize>| range.start + value.start..range.start + value.end;
        let field = field::parse(line);
        if let Field::Comment(value) = field {
            if !self.comments || line.len() > self.max_event_bytes {
                return Ok(None);
            }
            self.store(chunk)?;
            if let Some(text) = input.text(within(&value)) {
                return Ok(Some(Found::Comment(text)));
            }
            let stored = self.text.bytes().len();
            text::push_lossy(&mut self.text, &line[value]).map_err(|full| self.full(full))?;
            self.lent = Lent::Comment(stored);
            return Ok(Some(Found::StoredComment(stored..self.text.bytes().len())));
        }
        self.check_size(line.len())?;
        match field {
            Field::Data(value) => {
                let first = chunk.data.is_none() && self.event.data.is_none();
                self.event.size.data += value.len() + usize::from(!first);
                match input.text(within(&value)) {
                    Some(text) if first => chunk.data = Some(text),
                    _ => self.store_data(chunk, &line[value])?,
                }
            }
            Field::EventType(value) => {
                self.event.size.event_type = value.len();
                chunk.event_type = input.text(within(&value));
                if chunk.event_type.is_none() {
                    self.store_event_type(&line[value])?;
                }
            }
            Field::Id(_) if line.contains(&0) => {}
            Field::Id(value) => {
                self.event.size.id = value.len();
                chunk.id = input.text(within(&value));
                if chunk.id.is_none() {
                    self.store_id(&line[value])?;
                }
            }
            Field::Retry(value) => {
                if let Some(time) = field::reconnection_time(&line[value]) {
                    self.store(chunk)?;
                    return Ok(Some(Found::Retry(time)));
                }
            }
            Field::Comment(_) | Field::Unknown => {}
        }
        Ok(None)
    }

    #[inline]
    fn check_size(&self, line: usize) -> Result<(), DecodeError> {
        let Size { data, event_type, id } = self.event.size;
        if data + event_type + id + line > self.max_event_bytes {
            return Err(DecodeError::EventTooLarge { limit: self.max_event_bytes });
        }
        Ok(())
    }

    fn full(&self, Full: Full) -> DecodeError {
        DecodeError::BufferFull { capacity: self.text.capacity() }
    }
}
