//! Our decoder, in the ways to use it.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use sse_codec::{BytesInput, Decoder, Frame, Input, OwnedFrame};
use sse_tokio::EventStream;

use crate::{Tally, drain};

/// A decoder.
pub struct Candidate {
    /// What it is called in the report.
    pub name: &'static str,
    /// Decodes the chunks, from a new decoder on.
    pub decode: fn(&[Bytes]) -> Tally,
}

/// Text lent as `&str`.
pub const LENT: Candidate = Candidate { name: "ours, lent", decode: lent };
/// Events that own their text, sharing the chunk.
pub const OWNED: Candidate = Candidate { name: "ours, owned", decode: owned };
/// The same as a `Stream`.
pub const TOKIO: Candidate = Candidate { name: "ours, tokio", decode: tokio };

fn lent(chunks: &[Bytes]) -> Tally {
    let mut tally = Tally::default();
    let mut decoder = Decoder::new();
    for chunk in chunks {
        let mut input = Input::new(chunk);
        while let Some(frame) = decoder.decode(&mut input).expect("under the limit") {
            if let Frame::Event(event) = frame {
                tally.count(event.event_type, event.data, event.last_event_id);
            }
        }
    }
    tally
}

fn owned(chunks: &[Bytes]) -> Tally {
    let mut tally = Tally::default();
    let (mut decoder, mut input) = (Decoder::new(), BytesInput::default());
    for chunk in chunks {
        input.replace(chunk.clone());
        while let Some(frame) = decoder.decode_bytes(&mut input).expect("under the limit") {
            if let OwnedFrame::Event(event) = frame {
                tally.count(event.event_type(), event.data(), event.last_event_id());
            }
        }
    }
    tally
}

fn tokio(chunks: &[Bytes]) -> Tally {
    let chunks = stream::iter(chunks.iter().cloned().map(Ok::<_, Infallible>));
    let mut tally = Tally::default();
    drain(EventStream::new(chunks), |event| {
        let event = event.expect("under the limit");
        tally.count(event.event_type(), event.data(), event.last_event_id());
    });
    tally
}

/// One event whose data is a line of so many bytes, which arrive one by one.
pub fn line_by_the_byte(length: usize) -> Tally {
    let mut tally = Tally::default();
    let mut decoder = Decoder::new();
    let bytes = b"data: ".iter().chain(std::iter::repeat_n(&b'x', length)).chain(b"\n\n");
    for byte in bytes {
        let mut input = Input::new(std::slice::from_ref(byte));
        while let Some(frame) = decoder.decode(&mut input).expect("under the limit") {
            if let Frame::Event(event) = frame {
                tally.count(event.event_type, event.data, event.last_event_id);
            }
        }
    }
    tally
}
