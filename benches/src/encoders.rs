//! The peers' encoders, in the two ways that an event is encoded: into a buffer that is used again, and as a value of
//! its own. Those that take their strings by value get them made beforehand, which is not counted; that they drop them is,
//! and so they are compared with ours where it drops the same.

use std::borrow::Cow;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::{Bytes, BytesMut};
use futures_io::AsyncRead;
use std::future::Future;
use subject::encode::{Candidate, Message, Takes, batches, byte_strings, reused, strings};

/// Those that write into a buffer that the caller has.
pub const REUSED: [Candidate; 4] = [
    Candidate {
        name: "russe 0.3",
        takes: Takes::ByteStrings,
        encode: |message, times| into_buffer(message, times, || for_russe(message), russe::Encoder::default()),
        output: |message| once(for_russe(message), russe::Encoder::default()),
    },
    Candidate {
        name: "tokio_sse_codec 0.0.2",
        takes: Takes::Borrowed,
        encode: |message, times| {
            into_buffer(message, times, || for_tokio_sse_codec(message), tokio_sse_codec::SseEncoder::new())
        },
        output: |message| once(for_tokio_sse_codec(message), tokio_sse_codec::SseEncoder::new()),
    },
    Candidate {
        name: "sse-codec 0.3",
        takes: Takes::Strings,
        encode: |message, times| {
            let (mut encoder, mut buffer) = (sse_codec_0_3::SSECodec::default(), futures_codec::BytesMut::new());
            batches(
                message,
                times,
                || for_sse_codec_0_3(message),
                |event| {
                    buffer.clear();
                    futures_codec::Encoder::encode(&mut encoder, event, &mut buffer).is_ok()
                },
            )
        },
        output: |message| {
            let mut buffer = futures_codec::BytesMut::new();
            let event = for_sse_codec_0_3(message);
            let result = futures_codec::Encoder::encode(&mut sse_codec_0_3::SSECodec::default(), event, &mut buffer);
            result.map(|()| buffer.to_vec()).unwrap_or_default()
        },
    },
    Candidate {
        name: "write!",
        takes: Takes::Borrowed,
        encode: |message, times| {
            let mut buffer = String::new();
            batches(
                message,
                times,
                || (),
                |()| {
                    buffer.clear();
                    by_hand(message, &mut buffer);
                    buffer.len()
                },
            )
        },
        output: |message| {
            let mut buffer = String::new();
            by_hand(message, &mut buffer);
            buffer.into_bytes()
        },
    },
];

/// Those that make a value of each event.
pub const FRESH: [Candidate; 4] = [
    Candidate {
        name: "sse-stream 0.3",
        takes: Takes::Strings,
        encode: |message, times| batches(message, times, || for_sse_stream(message), |event| event.encode().ok()),
        output: |message| for_sse_stream(message).encode().map(Into::into).unwrap_or_default(),
    },
    Candidate {
        name: "russe 0.3",
        takes: Takes::ByteStrings,
        encode: |message, times| batches(message, times, || for_russe(message), |event| event.into_bytestring().ok()),
        output: |message| for_russe(message).into_bytestring().map(|text| text.as_bytes().to_vec()).unwrap_or_default(),
    },
    Candidate {
        name: "async-sse 5",
        takes: Takes::Borrowed,
        encode: |message, times| batches(message, times, || (), |()| by_async_sse(message)),
        output: by_async_sse,
    },
    Candidate {
        name: "format!",
        takes: Takes::Borrowed,
        encode: |message, times| {
            batches(
                message,
                times,
                || (),
                |()| {
                    let mut text = String::new();
                    by_hand(message, &mut text);
                    Bytes::from(text)
                },
            )
        },
        output: |message| {
            let mut text = String::new();
            by_hand(message, &mut text);
            text.into_bytes()
        },
    },
];

/// A copy of the data into a buffer that is used again; and the same where strings are given away.
pub const MEMCPY_REUSED: [Candidate; 3] = [
    Candidate {
        name: MEMCPY,
        takes: Takes::Borrowed,
        encode: |message, times| {
            reused(message, times, || (), |(), buffer| buffer.extend_from_slice(message.data.as_bytes()))
        },
        output: data,
    },
    Candidate {
        name: "memcpy, given `ByteString`s",
        takes: Takes::ByteStrings,
        encode: |message, times| {
            reused(
                message,
                times,
                || byte_strings(message),
                |given, buffer| buffer.extend_from_slice(given.data.as_bytes()),
            )
        },
        output: data,
    },
    Candidate {
        name: "memcpy, given `String`s",
        takes: Takes::Strings,
        encode: |message, times| {
            reused(message, times, || strings(message), |given, buffer| buffer.extend_from_slice(given.data.as_bytes()))
        },
        output: data,
    },
];

/// A copy of the data as a value of its own; and the same where strings are given away.
pub const MEMCPY_FRESH: [Candidate; 3] = [
    Candidate {
        name: MEMCPY,
        takes: Takes::Borrowed,
        encode: |message, times| batches(message, times, || (), |()| Bytes::copy_from_slice(message.data.as_bytes())),
        output: data,
    },
    Candidate {
        name: "memcpy, given `ByteString`s",
        takes: Takes::ByteStrings,
        encode: |message, times| {
            batches(message, times, || byte_strings(message), |given| Bytes::copy_from_slice(given.data.as_bytes()))
        },
        output: data,
    },
    Candidate {
        name: "memcpy, given `String`s",
        takes: Takes::Strings,
        encode: |message, times| {
            batches(message, times, || strings(message), |given| Bytes::copy_from_slice(given.data.as_bytes()))
        },
        output: data,
    },
];

/// What a copy of the data is called in the report.
pub const MEMCPY: &str = "memcpy of the data";

fn data(message: &Message) -> Vec<u8> {
    message.data.as_bytes().to_vec()
}

fn into_buffer<T, E: tokio_util::codec::Encoder<T>>(
    message: &Message,
    times: usize,
    make: impl FnMut() -> T,
    mut encoder: E,
) -> std::time::Duration {
    let mut buffer = BytesMut::new();
    batches(message, times, make, |event| {
        buffer.clear();
        encoder.encode(event, &mut buffer).is_ok()
    })
}

fn once<T, E: tokio_util::codec::Encoder<T>>(event: T, mut encoder: E) -> Vec<u8> {
    let mut buffer = BytesMut::new();
    encoder.encode(event, &mut buffer).map(|()| buffer.to_vec()).unwrap_or_default()
}

fn for_russe(message: &Message) -> russe::Event {
    russe::Event::Message(russe::Message {
        data: message.data.clone(),
        event: message.event_type.map(Into::into),
        retry: None,
        id: message.id.map(Into::into),
    })
}

fn for_tokio_sse_codec(message: &Message) -> tokio_sse_codec::Frame<&[u8]> {
    tokio_sse_codec::Frame::Event(tokio_sse_codec::Event {
        id: message.id.map(Cow::Borrowed),
        name: Cow::Borrowed(message.event_type.unwrap_or("message")),
        data: message.data.as_bytes(),
    })
}

fn for_sse_codec_0_3(message: &Message) -> sse_codec_0_3::Event {
    sse_codec_0_3::Event::message(message.event_type.unwrap_or("message"), &message.data, message.id)
}

fn for_sse_stream(message: &Message) -> sse_stream::Sse {
    let text = |text: &str| Some(text.to_owned());
    sse_stream::Sse {
        event: message.event_type.and_then(text),
        data: text(&message.data),
        id: message.id.and_then(text),
        retry: None,
    }
}

/// What people write by hand.
fn by_hand(message: &Message, out: &mut String) {
    use std::fmt::Write;
    let mut write = || {
        if let Some(id) = message.id {
            writeln!(out, "id: {id}")?;
        }
        if let Some(event_type) = message.event_type {
            writeln!(out, "event: {event_type}")?;
        }
        for line in message.data.split('\n') {
            writeln!(out, "data: {line}")?;
        }
        out.write_char('\n')
    };
    // Writing to a `String` does not fail.
    let _ = write();
}

/// It sends each line through a channel, from which the body is read.
fn by_async_sse(message: &Message) -> Vec<u8> {
    let (sender, encoder) = async_sse::encode();
    let mut encoder = pin!(encoder);
    let mut context = Context::from_waker(Waker::noop());
    let mut out = vec![0; message.data.len() + 64];
    let mut length = 0;
    let mut sending = pin!(sender.send(message.event_type, &message.data, message.id));
    loop {
        let sent = Future::poll(sending.as_mut(), &mut context).is_ready();
        loop {
            if out.len() - length < 64 {
                out.resize(out.len() * 2, 0);
            }
            match Pin::new(&mut encoder).poll_read(&mut context, &mut out[length..]) {
                Poll::Ready(Ok(count)) if count > 0 => length += count,
                _ => break,
            }
        }
        if sent {
            out.truncate(length);
            return out;
        }
    }
}
