//! Drives the decoder over a stream in chunks, by each of its paths, and writes down what it says.

use bytes::Bytes;
use sse_codec::{BytesInput, DecodeError, Decoder, Frame, Input, OwnedFrame, Scratch};

use crate::oracle;

/// A way through the decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// `decode`: events lent from a slice, growing buffers.
    Borrowed,
    /// `decode_bytes`: owned events that share the chunk.
    Owned,
    /// `decode` of a decoder in the caller's slices, as without `alloc`.
    InSlices,
}

impl Path {
    /// Every path.
    pub const ALL: [Self; 3] = [Self::Borrowed, Self::Owned, Self::InSlices];
}

/// What a decoder is told before it begins.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The limit on an event; `None`: the decoder's own.
    pub max_event_bytes: Option<usize>,
    /// Report comments.
    pub comments: bool,
    /// Streams before this one, each followed by a new connection.
    pub earlier: Vec<Vec<u8>>,
}

/// What a decoder said of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The frames and the errors, in order.
    pub frames: Vec<Result<oracle::Frame, DecodeError>>,
    /// The last event ID string at the end.
    pub last_event_id: String,
}

/// Decodes `stream` in chunks of these lengths, which add up to it.
///
/// # Panics
/// The decoder asked for more input before it had used up what it had, or went on without end.
pub fn drive(path: Path, options: &Options, stream: &[u8], chunks: &[usize]) -> Heard {
    assert_eq!(chunks.iter().sum::<usize>(), stream.len(), "the chunks are of another stream");
    match path {
        Path::Borrowed => over_slices(&mut configure(Decoder::new(), options), options, stream, chunks),
        Path::Owned => over_bytes(&mut configure(Decoder::new(), options), options, stream, chunks),
        Path::InSlices => {
            // One ill-formed byte becomes the three bytes of U+FFFD; an id is kept beside its successor.
            let longest = options.earlier.iter().map(Vec::len).fold(stream.len(), usize::max);
            let buffer = || vec![0; 8 * longest + 64];
            let (mut text, mut event_type, mut id) = (buffer(), buffer(), buffer());
            let decoder = Decoder::in_slices(&mut text, &mut event_type, &mut id);
            over_slices(&mut configure(decoder, options), options, stream, chunks)
        }
    }
}

fn configure<B: Scratch>(decoder: Decoder<B>, options: &Options) -> Decoder<B> {
    let decoder = decoder.with_comments(options.comments);
    match options.max_event_bytes {
        Some(limit) => decoder.with_max_event_bytes(limit),
        None => decoder,
    }
}

fn over_slices<B: Scratch>(decoder: &mut Decoder<B>, options: &Options, stream: &[u8], chunks: &[usize]) -> Heard {
    for earlier in &options.earlier {
        let mut input = Input::new(earlier);
        while !matches!(decoder.decode(&mut input), Ok(None)) {}
        decoder.reset();
    }
    let mut heard = Heard::default();
    let mut rest = stream;
    for &len in chunks {
        let (chunk, behind) = rest.split_at(len);
        rest = behind;
        let mut input = Input::new(chunk);
        // Each byte ends one frame at the most, and what was left over from before one more.
        for calls in 0.. {
            assert!(calls <= len + 1, "goes on without end");
            let frame = match decoder.decode(&mut input) {
                Ok(None) => break,
                Ok(Some(frame)) => Ok(written(frame)),
                Err(error) => Err(error),
            };
            heard.frames.push(frame);
        }
        assert!(input.is_empty(), "asked for more with {} bytes left", input.remaining().len());
    }
    decoder.last_event_id().clone_into(&mut heard.last_event_id);
    heard
}

fn over_bytes(decoder: &mut Decoder, options: &Options, stream: &[u8], chunks: &[usize]) -> Heard {
    let mut input = BytesInput::default();
    for earlier in &options.earlier {
        input.replace(Bytes::copy_from_slice(earlier));
        while !matches!(decoder.decode_bytes(&mut input), Ok(None)) {}
        decoder.reset();
    }
    let mut heard = Heard::default();
    let mut rest = Bytes::copy_from_slice(stream);
    for &len in chunks {
        input.replace(rest.split_to(len));
        for calls in 0.. {
            assert!(calls <= len + 1, "goes on without end");
            let frame = match decoder.decode_bytes(&mut input) {
                Ok(None) => break,
                Ok(Some(frame)) => Ok(owned(frame)),
                Err(error) => Err(error),
            };
            heard.frames.push(frame);
        }
        assert!(input.is_empty(), "asked for more with {} bytes left", input.remaining().len());
    }
    decoder.last_event_id().clone_into(&mut heard.last_event_id);
    heard
}

/// A frame in the oracle's words.
///
/// # Panics
/// The oracle knows no such frame.
pub fn written(frame: Frame<'_>) -> oracle::Frame {
    match frame {
        Frame::Event(event) => oracle::Frame::Event(oracle::Event {
            event_type: event.event_type.to_owned(),
            data: event.data.to_owned(),
            last_event_id: event.last_event_id.to_owned(),
        }),
        Frame::Comment(text) => oracle::Frame::Comment(text.to_owned()),
        Frame::Retry(time) => oracle::Frame::Retry(milliseconds(time)),
        other => unreachable!("a frame that the oracle does not know: {other:?}"),
    }
}

/// [`written`] for an owned frame.
///
/// # Panics
/// As [`written`].
pub fn owned(frame: OwnedFrame) -> oracle::Frame {
    match frame {
        OwnedFrame::Event(event) => oracle::Frame::Event(oracle::Event {
            event_type: event.event_type().to_owned(),
            data: event.data().to_owned(),
            last_event_id: event.last_event_id().to_owned(),
        }),
        OwnedFrame::Comment(text) => oracle::Frame::Comment(text.to_string()),
        OwnedFrame::Retry(time) => oracle::Frame::Retry(milliseconds(time)),
        other => unreachable!("a frame that the oracle does not know: {other:?}"),
    }
}

fn milliseconds(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
