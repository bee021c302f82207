//! Runs a decoder over a stream cut into chunks, by each of its paths.
// A module that several tests include, each using a part of it.
#![allow(unreachable_pub, dead_code)]

use sse_codec::{BytesInput, DecodeError, Decoder, FixedBuf, Input, Scratch};
use sse_conformance::{drive, oracle};

/// What a decoder gave, in the oracle's words, with what it dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    Frame(oracle::Frame),
    Dropped(DecodeError),
}

/// What was seen of a whole stream, and the last event ID after it.
pub type Outcome = (Vec<Seen>, String);

pub fn borrowed<B: Scratch>(decoder: &mut Decoder<B>, chunks: &[&[u8]]) -> Outcome {
    let mut seen = Vec::new();
    for chunk in chunks {
        let mut input = Input::new(chunk);
        loop {
            seen.push(match decoder.decode(&mut input) {
                Ok(None) => break,
                Ok(Some(frame)) => Seen::Frame(drive::written(frame)),
                Err(error) => Seen::Dropped(error),
            });
        }
        assert!(input.is_empty(), "Ok(None) leaves nothing behind");
    }
    (seen, decoder.last_event_id().to_owned())
}

pub fn owned(decoder: &mut Decoder, chunks: &[&[u8]]) -> Outcome {
    let mut seen = Vec::new();
    for chunk in chunks {
        let mut input = BytesInput::new(chunk.to_vec().into());
        loop {
            seen.push(match decoder.decode_bytes(&mut input) {
                Ok(None) => break,
                Ok(Some(frame)) => Seen::Frame(drive::owned(frame)),
                Err(error) => Seen::Dropped(error),
            });
        }
        assert!(input.is_empty(), "Ok(None) leaves nothing behind");
    }
    (seen, decoder.last_event_id().to_owned())
}

/// A decoder without `alloc`, with buffers that are large enough for small streams.
pub fn fixed(chunks: &[&[u8]], configure: impl FnOnce(Decoder<FixedBuf<'_>>) -> Decoder<FixedBuf<'_>>) -> Outcome {
    let (mut text, mut event_type, mut id) = ([0; 64 * 1024], [0; 8 * 1024], [0; 8 * 1024]);
    borrowed(&mut configure(Decoder::in_slices(&mut text, &mut event_type, &mut id)), chunks)
}

/// What the oracle says of the stream.
pub fn expected(stream: &[u8]) -> Outcome {
    let outcome = oracle::interpret(stream);
    (outcome.frames.into_iter().map(Seen::Frame).collect(), outcome.last_event_id)
}

pub fn bytewise(stream: &[u8]) -> Vec<&[u8]> {
    stream.chunks(1).collect()
}

/// Cuts a stream at places given as any numbers.
pub fn cut<'s>(stream: &'s [u8], places: &[usize]) -> Vec<&'s [u8]> {
    let mut places: Vec<_> = places.iter().map(|place| place % (stream.len() + 1)).collect();
    places.sort_unstable();
    let mut chunks = Vec::new();
    let mut from = 0;
    for place in places.into_iter().chain([stream.len()]) {
        chunks.push(&stream[from..place]);
        from = place;
    }
    chunks
}
