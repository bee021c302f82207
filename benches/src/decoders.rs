//! The peers' decoders. All of them hand out events that own their text; none lends it.

use std::borrow::Cow;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use eventsource_stream::Eventsource;
use futures_io::{AsyncBufRead, AsyncRead};
use futures_util::{Stream, stream};
use subject::decode::Candidate;
use subject::{Tally, drain};

/// Every peer.
pub const PEERS: [Candidate; 10] = [
    Candidate { name: "sse-core 0.2", decode: sse_core },
    Candidate { name: "sse-stream 0.3", decode: sse_stream },
    Candidate { name: "sse-parse 0.1", decode: sse_parse },
    Candidate { name: "sseer 0.3", decode: sseer },
    Candidate { name: "eventsrc 0.0.2", decode: eventsrc },
    Candidate { name: "russe 0.3", decode: russe },
    Candidate { name: "tokio_sse_codec 0.0.2", decode: tokio_sse_codec },
    Candidate { name: "eventsource-stream 0.2", decode: eventsource_stream },
    Candidate { name: "sse-codec 0.3", decode: sse_codec_0_3 },
    Candidate { name: "async-sse 5", decode: async_sse },
];

fn ready(chunks: &[Bytes]) -> impl Stream<Item = Result<Bytes, Infallible>> {
    stream::iter(chunks.iter().cloned().map(Ok))
}

fn sse_core(chunks: &[Bytes]) -> Tally {
    let mut tally = Tally::default();
    let mut decoder = sse_core::SseDecoder::new();
    for chunk in chunks {
        let mut chunk = chunk.clone();
        while let Some(event) = decoder.next(&mut chunk) {
            if let sse_core::SseEvent::Message(event) = event.expect("under the limit") {
                tally.count(&event.event, &event.data, event.last_event_id.as_deref().unwrap_or_default());
            }
        }
    }
    tally
}

fn sse_stream(chunks: &[Bytes]) -> Tally {
    let mut tally = Tally::default();
    drain(sse_stream::SseByteStream::new(ready(chunks)), |event| {
        // It gives every block, also those that dispatch nothing.
        let Ok(event) = event else { return };
        if let Some(data) = event.data {
            tally.count(event.event.as_deref().unwrap_or("message"), &data, event.id.as_deref().unwrap_or_default());
        }
    });
    tally
}

fn sse_parse(chunks: &[Bytes]) -> Tally {
    let mut tally = Tally::default();
    let mut parser = sse_parse::SseParser::new();
    for chunk in chunks {
        parser.feed(chunk);
        while let Some(event) = parser.next_event() {
            tally.count(&event.event, &event.data, &event.id);
        }
    }
    tally
}

fn sseer(chunks: &[Bytes]) -> Tally {
    let mut tally = Tally::default();
    drain(sseer::EventStream::new(ready(chunks)), |event| {
        let Ok(event) = event else { return };
        tally.count(&event.event, &event.data, &event.id);
    });
    tally
}

fn eventsrc(chunks: &[Bytes]) -> Tally {
    let mut tally = Tally::default();
    drain(eventsrc::EventStream::new(ready(chunks)), |event| {
        let Ok(event) = event else { return };
        tally.count(event.event(), event.data(), event.id());
    });
    tally
}

fn eventsource_stream(chunks: &[Bytes]) -> Tally {
    let mut tally = Tally::default();
    drain(ready(chunks).eventsource(), |event| {
        let Ok(event) = event else { return };
        tally.count(&event.event, &event.data, &event.id);
    });
    tally
}

fn russe(chunks: &[Bytes]) -> Tally {
    let mut tally = Tally::default();
    framed(chunks, russe::Decoder::default(), |event| {
        if let russe::Event::Message(event) = event {
            let (event_type, id) = (event.event.as_deref(), event.id.as_deref());
            tally.count(event_type.unwrap_or("message"), &event.data, id.unwrap_or_default());
        }
    });
    tally
}

fn tokio_sse_codec(chunks: &[Bytes]) -> Tally {
    let mut tally = Tally::default();
    framed(chunks, tokio_sse_codec::SseDecoder::<String>::new(), |frame| {
        if let tokio_sse_codec::Frame::Event(event) = frame {
            tally.count(&event.name, &event.data, &event.id.unwrap_or(Cow::Borrowed("")));
        }
    });
    tally
}

/// As tokio-util's `FramedRead` does it, without the reader: to the buffer, and out of it.
fn framed<D: tokio_util::codec::Decoder>(chunks: &[Bytes], mut decoder: D, mut each: impl FnMut(D::Item)) {
    let mut buffer = BytesMut::new();
    for chunk in chunks {
        buffer.extend_from_slice(chunk);
        while let Ok(Some(item)) = decoder.decode(&mut buffer) {
            each(item);
        }
    }
}

fn sse_codec_0_3(chunks: &[Bytes]) -> Tally {
    use futures_codec::Decoder;
    let mut tally = Tally::default();
    let mut decoder = sse_codec_0_3::SSECodec::default();
    let mut buffer = futures_codec::BytesMut::new();
    for chunk in chunks {
        buffer.extend_from_slice(chunk);
        while let Ok(Some(event)) = decoder.decode(&mut buffer) {
            if let sse_codec_0_3::Event::Message { id, event, data } = event {
                tally.count(&event, &data, id.as_deref().unwrap_or_default());
            }
        }
    }
    tally
}

fn async_sse(chunks: &[Bytes]) -> Tally {
    let mut tally = Tally::default();
    drain(async_sse::decode(Reader { chunks, at: 0 }), |event| {
        if let Ok(async_sse::Event::Message(event)) = event {
            // It gives bytes; the text is what is compared.
            let data = simdutf8::basic::from_utf8(event.data()).unwrap_or_default();
            tally.count(event.name(), data, event.id().as_deref().unwrap_or_default());
        }
    });
    tally
}

/// The chunks as a buffered reader that is always ready.
struct Reader<'a> {
    chunks: &'a [Bytes],
    at: usize,
}

impl AsyncBufRead for Reader<'_> {
    fn poll_fill_buf(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        Poll::Ready(Ok(this.chunks.first().map_or(&[], |chunk| &chunk[this.at..])))
    }

    fn consume(self: Pin<&mut Self>, count: usize) {
        let this = self.get_mut();
        this.at += count;
        if let [first, rest @ ..] = this.chunks
            && this.at >= first.len()
        {
            *this = Self { chunks: rest, at: 0 };
        }
    }
}

impl AsyncRead for Reader<'_> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut [u8]) -> Poll<io::Result<usize>> {
        let Poll::Ready(Ok(chunk)) = self.as_mut().poll_fill_buf(cx) else { return Poll::Ready(Ok(0)) };
        let count = chunk.len().min(out.len());
        out[..count].copy_from_slice(&chunk[..count]);
        self.consume(count);
        Poll::Ready(Ok(count))
    }
}
