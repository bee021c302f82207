//! What a decoder is to say: the oracle, under a limit on the event (`Decoder::with_max_event_bytes`, naively).

use sse_codec::DecodeError;

use crate::drive::Heard;
use crate::oracle;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// What a decoder says of the stream of a connection that begins with this last event ID.
pub(super) fn expected(last_event_id: &str, stream: &[u8], limit: Option<usize>, comments: bool) -> Heard {
    let mut heard = match limit {
        Some(limit) => interpret(last_event_id, stream, limit),
        None => {
            let outcome = oracle::interpret_after(last_event_id, stream);
            Heard { frames: outcome.frames.into_iter().map(Ok).collect(), last_event_id: outcome.last_event_id }
        }
    };
    if !comments {
        heard.frames.retain(|frame| !matches!(frame, Ok(oracle::Frame::Comment(_))));
    }
    heard
}

/// The same with this limit, comments included.
///
/// An event is too large if at one of its lines, the unfinished one included, the values of its fields so far and that
/// line are more bytes than the limit. What came before that line still counts if it was
/// a comment or a `retry`; the rest of the block, id and all, is as if it had never been sent.
/// A comment that is too large for it by the same measure is overlooked.
fn interpret(last_event_id: &str, stream: &[u8], limit: usize) -> Heard {
    let mut heard = Heard { frames: Vec::new(), last_event_id: last_event_id.to_owned() };
    if BOM.starts_with(stream) {
        return heard; // not a line yet, nor ever
    }
    let mut block = Block::default();
    let mut rest = stream.strip_prefix(BOM).unwrap_or(stream);
    while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
        let line = &rest[..end];
        rest = rest[end..].strip_prefix(b"\r\n").unwrap_or(&rest[end + 1..]);
        block.line(line, b"\n", limit);
        if line.is_empty() {
            block.kept.push(b'\n');
            std::mem::take(&mut block).say(&mut heard, limit);
        }
    }
    block.line(rest, b"", limit);
    block.say(&mut heard, limit);
    heard
}

/// The lines up to a blank one.
#[derive(Default)]
struct Block {
    /// What the oracle is to see, each line ended by LF, or not ended.
    kept: Vec<u8>,
    /// The same without what makes an event.
    without_event: Vec<u8>,
    /// Bytes of the values so far, also of those that a later line replaced.
    size: usize,
    has_data: bool,
    too_large: bool,
}

impl Block {
    fn line(&mut self, line: &[u8], end: &[u8], limit: usize) {
        if line.is_empty() || self.too_large {
            return;
        }
        let is_comment = line.starts_with(b":");
        if self.size + line.len() > limit {
            self.too_large = !is_comment;
            return;
        }
        let keep = |lines: &mut Vec<u8>| lines.extend_from_slice(&[line, end].concat());
        keep(&mut self.kept);
        if is_comment || line.starts_with(b"retry") {
            keep(&mut self.without_event);
        }
        let (name, value) = match line.iter().position(|&byte| byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &line[line.len()..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value).len();
        match name {
            b"data" => {
                // From the second one on, one more for the LF before it.
                self.size += usize::from(self.has_data) + value;
                self.has_data = true;
            }
            b"event" => self.size += value,
            b"id" if !line.contains(&0) => self.size += value,
            _ => {}
        }
    }

    fn say(self, heard: &mut Heard, limit: usize) {
        let lines = if self.too_large { self.without_event } else { self.kept };
        // A BOM is dropped at the beginning of a stream only, and this may be the middle of one.
        let outcome = oracle::interpret_after(&heard.last_event_id, &[BOM, &lines].concat());
        heard.frames.extend(outcome.frames.into_iter().map(Ok));
        if self.too_large {
            heard.frames.push(Err(DecodeError::EventTooLarge { limit }));
        } else {
            heard.last_event_id = outcome.last_event_id;
        }
    }
}
