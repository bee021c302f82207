//! The decoders, each as a function over chunks.

use std::convert::Infallible;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use eventsource_stream::Eventsource;
use futures_util::{Stream, stream};
use sse_codec::{BytesInput, Decoder, Frame, Input, OwnedFrame};

use crate::Tally;

/// A decoder.
pub struct Candidate {
    /// What it is called in the report.
    pub name: &'static str,
    /// Decodes the chunks.
    pub decode: fn(&[Bytes]) -> Tally,
}

/// Ours, lending and owning, and the peers, which own.
pub const ALL: [Candidate; 5] = [
    Candidate { name: "ours-lent", decode: lent },
    Candidate { name: "ours-owned", decode: owned },
    Candidate { name: "sse-core", decode: sse_core },
    Candidate { name: "sse-stream", decode: sse_stream },
    Candidate { name: "eventsource-stream", decode: eventsource_stream },
];

fn lent(chunks: &[Bytes]) -> Tally {
    let mut tally = Tally::default();
    let mut decoder = Decoder::new();
    for chunk in chunks {
        let mut input = Input::new(chunk);
        while let Some(frame) = decoder.decode(&mut input).expect("under the limit") {
            if let Frame::Event(event) = frame {
                tally.count(event.event_type, event.data);
            }
        }
    }
    tally
}

fn owned(chunks: &[Bytes]) -> Tally {
    let mut tally = Tally::default();
    let mut decoder = Decoder::new();
    for chunk in chunks {
        let mut input = BytesInput::new(chunk.clone());
        while let Some(frame) = decoder.decode_bytes(&mut input).expect("under the limit") {
            if let OwnedFrame::Event(event) = frame {
                tally.count(&event.event_type, &event.data);
            }
        }
    }
    tally
}

fn sse_core(chunks: &[Bytes]) -> Tally {
    let mut tally = Tally::default();
    let mut decoder = sse_core::SseDecoder::new();
    for chunk in chunks {
        let mut chunk = chunk.clone();
        while let Some(event) = decoder.next(&mut chunk) {
            if let sse_core::SseEvent::Message(event) = event.expect("under the limit") {
                tally.count(&event.event, &event.data);
            }
        }
    }
    tally
}

fn sse_stream(chunks: &[Bytes]) -> Tally {
    let chunks = stream::iter(chunks.iter().cloned().map(Ok::<_, Infallible>));
    let mut tally = Tally::default();
    drain(sse_stream::SseByteStream::new(chunks), |event| {
        // It gives every block, also those that dispatch nothing.
        let event = event.expect("valid UTF-8");
        if let Some(data) = event.data {
            tally.count(event.event.as_deref().unwrap_or("message"), &data);
        }
    });
    tally
}

fn eventsource_stream(chunks: &[Bytes]) -> Tally {
    let chunks = stream::iter(chunks.iter().cloned().map(Ok::<_, Infallible>));
    let mut tally = Tally::default();
    drain(chunks.eventsource(), |event| {
        let event = event.expect("valid UTF-8");
        tally.count(&event.event, &event.data);
    });
    tally
}

/// Polls a stream that is always ready to its end.
fn drain<S: Stream>(stream: S, mut each: impl FnMut(S::Item)) {
    let mut stream = pin!(stream);
    let mut context = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(item)) = stream.as_mut().poll_next(&mut context) {
        each(item);
    }
}
