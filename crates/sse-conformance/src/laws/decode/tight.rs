//! A decoder in the caller's slices, which may be too small: it loses whole events that do not fit, says so, and nothing
//! else changes.

use std::ops::Range;

use sse_codec::{DecodeError, Decoder, FieldError, Frame as Lent, Input, Scratch};

use crate::drive::written;
use crate::oracle::{self, Frame};

const BOM: &[u8] = b"\xef\xbb\xbf";

/// The sizes of the buffers.
#[derive(Debug)]
pub(super) struct Sizes {
    text: usize,
    event_type: usize,
    id: usize,
}

impl Sizes {
    /// `text` is that of the text; the flags 2 to 64 choose those of the type and the ids.
    pub(super) fn of(text: u8, flags: u8) -> Self {
        let size = |n: u8| [0, 1, 2, 4, 8, 16, 32, 64][usize::from(n & 7)];
        Self { text: text.into(), event_type: size(flags >> 1), id: size(flags >> 4) }
    }

    /// Whether there is room for whatever a decoder may store of these lines after this last event ID.
    fn have_room_for(&self, lines: &[u8], last_event_id: &str) -> bool {
        // Text that is not valid is copied, with three bytes for as little as one.
        let factor = if std::str::from_utf8(lines).is_ok() { 1 } else { 4 };
        let longest = |name: &[u8]| {
            let lines = lines.split(is_line_end).filter(|line| line.starts_with(name));
            lines.map(<[u8]>::len).max().unwrap_or(0) * factor
        };
        lines.len() * factor <= self.text
            && longest(b"event") <= self.event_type
            && last_event_id.len() + longest(b"id") <= self.id
    }
}

fn is_line_end(byte: &u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Two connections of one decoder. The first is left at its first frame, and then the last event ID is set to what the
/// first one sent, and to the last line of that.
pub(super) fn check(sizes: &Sizes, comments: bool, earlier: &[u8], stream: &[u8], chunks: &[usize]) {
    let (mut text, mut event_type, mut id) = (vec![0; sizes.text], vec![0; sizes.event_type], vec![0; sizes.id]);
    let mut decoder = Decoder::in_slices(&mut text, &mut event_type, &mut id).with_comments(comments);

    let mut last_event_id = String::new();
    if !earlier.is_empty() {
        let heard = hear(&mut decoder, earlier, &[earlier.len()], 1);
        last_event_id = compare(sizes, comments, &last_event_id, &heard);
        assert_eq!(decoder.last_event_id(), last_event_id);
        decoder.reset();
        assert_eq!(decoder.last_event_id(), last_event_id, "of another connection");
        for text in earlier.rsplit(is_line_end).take(1).chain([earlier]) {
            last_event_id = set_last_event_id(&mut decoder, sizes, &String::from_utf8_lossy(text), last_event_id);
        }
    }
    let heard = hear(&mut decoder, stream, chunks, usize::MAX);
    let last_event_id = compare(sizes, comments, &last_event_id, &heard);
    assert_eq!(decoder.last_event_id(), last_event_id);
}

/// Sets an id, which is in force from then on, unless it is refused for a reason.
fn set_last_event_id<B: Scratch>(decoder: &mut Decoder<B>, sizes: &Sizes, id: &str, before: String) -> String {
    let set = decoder.set_last_event_id(id);
    let in_force = match (&set, id.find(['\r', '\n', '\0'])) {
        (_, Some(at)) => {
            assert_eq!(set, Err(FieldError::LastEventId { at }));
            before
        }
        (Ok(()), None) => id.to_owned(),
        (Err(error), None) => {
            assert_eq!(*error, FieldError::TooLong { capacity: sizes.id });
            assert!(before.len() + id.len() > sizes.id, "{id:?} has room behind {before:?} in {sizes:?}");
            before
        }
    };
    assert_eq!(decoder.last_event_id(), in_force, "{set:?}");
    in_force
}

/// What a decoder said of a stream, and how much of the stream it had decoded by then.
struct Heard<'s> {
    frames: Vec<(usize, Result<Frame, DecodeError>)>,
    /// As much of it as was decoded.
    stream: &'s [u8],
}

/// Decodes up to so many frames.
fn hear<'s, B: Scratch>(decoder: &mut Decoder<B>, stream: &'s [u8], chunks: &[usize], count: usize) -> Heard<'s> {
    let mut frames = Vec::new();
    let mut end = 0;
    for len in chunks {
        end += len;
        let mut input = Input::new(&stream[end - len..end]);
        loop {
            let frame = decoder.decode(&mut input).map(|frame: Option<Lent<'_>>| frame.map(written));
            let Some(frame) = frame.transpose() else { break };
            let at = end - input.remaining().len();
            frames.push((at, frame));
            if frames.len() == count {
                return Heard { frames, stream: &stream[..at] };
            }
        }
        assert!(input.is_empty(), "asked for more with {} bytes left", input.remaining().len());
    }
    Heard { frames, stream }
}

/// Compares with the oracle, block by block. Returns the last event ID.
fn compare(sizes: &Sizes, comments: bool, last_event_id: &str, heard: &Heard<'_>) -> String {
    let mut last_event_id = last_event_id.to_owned();
    let mut frames = heard.frames.as_slice();
    for block in blocks(heard.stream) {
        let of_block = frames.iter().take_while(|(at, _)| *at <= block.end).count();
        let (said, rest) = frames.split_at(of_block);
        frames = rest;

        let bytes = &heard.stream[block];
        let at_start = [BOM, bytes].concat(); // a BOM is dropped at the beginning of a stream only
        let expected = oracle::interpret_after(&last_event_id, &at_start);
        let all_fits = sizes.have_room_for(bytes, &last_event_id);
        // No event is lost by a comment.
        let lines = bytes.split_inclusive(is_line_end).filter(|line| !line.starts_with(b":"));
        let event_fits = sizes.have_room_for(&lines.collect::<Vec<_>>().concat(), &last_event_id);
        let mut said = said.iter().map(|(_, frame)| frame).peekable();
        for frame in &expected.frames {
            let is_comment = matches!(frame, Frame::Comment(_));
            match said.peek() {
                _ if is_comment && !comments => {}
                Some(Ok(next)) if next == frame => drop(said.next()),
                Some(Err(_)) => break,
                // One that does not fit is passed over.
                _ if is_comment && !all_fits => {}
                other => panic_at(bytes, &format!("{frame:?} was to come, not {other:?}")),
            }
        }
        match said.next() {
            None => last_event_id = expected.last_event_id,
            Some(Err(DecodeError::BufferFull { capacity })) if !event_fits => {
                assert!([sizes.text, sizes.event_type, sizes.id].contains(capacity), "{capacity} of {sizes:?}");
            }
            Some(other) => panic_at(bytes, &format!("{other:?} for no reason, in {sizes:?}")),
        }
        assert_eq!(said.next(), None, "behind a block: {:?}", bytes.escape_ascii().to_string());
    }
    assert!(frames.is_empty(), "behind the stream");
    last_event_id
}

#[expect(clippy::panic, reason = "a broken law panics")]
fn panic_at(block: &[u8], what: &str) -> ! {
    panic!("{what}, in {:?}", block.escape_ascii().to_string())
}

/// Where the blocks of a stream lie, without a BOM at its beginning. The last one may be unfinished.
fn blocks(stream: &[u8]) -> Vec<Range<usize>> {
    let mut at = if stream.starts_with(BOM) { BOM.len() } else { 0 };
    let mut start = at;
    let mut blocks = Vec::new();
    while let Some(len) = stream[at..].iter().position(is_line_end) {
        let end = at + len;
        at = end + if stream[end..].starts_with(b"\r\n") { 2 } else { 1 };
        if len == 0 {
            blocks.push(start..at);
            start = at;
        }
    }
    blocks.push(start..stream.len());
    blocks
}
