//! Our encoder, in the ways to use it.

use std::hint::black_box;
use std::iter::repeat_n;
use std::time::{Duration, Instant};

use bytes::Bytes;
use bytestring::ByteString;
use sse_codec::EventBlock;

/// What one event is made of.
pub struct Message {
    /// The shape of [`crate::shapes`] that it is.
    pub shape: &'static str,
    pub id: Option<&'static str>,
    pub event_type: Option<&'static str>,
    pub data: ByteString,
}

/// A message of each shape that an encoder can make.
pub fn messages() -> Vec<Message> {
    let message = |shape, id, event_type, data: &str| Message { shape, id, event_type, data: ByteString::from(data) };
    vec![
        message("tiny", None, None, "x"),
        message("openai", None, None, crate::shapes::OPENAI),
        message("anthropic", None, Some("content_block_delta"), crate::shapes::ANTHROPIC),
        message("full", Some("1795385431"), Some("tick"), crate::shapes::FULL),
        message("multi", None, None, &repeat_n(crate::shapes::LINE, 20).collect::<Vec<_>>().join("\n")),
        message("big", None, None, &crate::shapes::big()),
        message("nonascii", None, None, crate::shapes::NOT_ASCII),
    ]
}

impl Message {
    /// The same, its data so many bytes behind the beginning of an allocation.
    pub fn placed(&self, offset: usize) -> Self {
        let mut bytes = vec![b' '; offset];
        bytes.extend_from_slice(self.data.as_bytes());
        let data = ByteString::try_from(Bytes::from(bytes).slice(offset..)).expect("it was text");
        Self { shape: self.shape, id: self.id, event_type: self.event_type, data }
    }

    /// It as a block of ours.
    #[inline(always)]
    pub fn block(&self) -> EventBlock<'_> {
        let mut block = EventBlock::new();
        if let Some(id) = self.id {
            block = block.id(id).expect("no line end");
        }
        if let Some(event_type) = self.event_type {
            block = block.event_type(event_type).expect("no line end");
        }
        block.data(&self.data)
    }
}

/// The strings of a message, to be given away: who encodes them drops them.
pub struct Given<S> {
    pub id: Option<S>,
    pub event_type: Option<S>,
    pub data: S,
}

impl<S: AsRef<str> + From<&'static str>> Given<S> {
    /// Those of `message`, of which the data is here already.
    pub fn new(message: &Message, data: S) -> Self {
        Self { id: message.id.map(Into::into), event_type: message.event_type.map(Into::into), data }
    }

    #[inline(always)]
    fn block(&self) -> EventBlock<'_> {
        let mut block = EventBlock::new();
        if let Some(id) = &self.id {
            block = block.id(id.as_ref()).expect("no line end");
        }
        if let Some(event_type) = &self.event_type {
            block = block.event_type(event_type.as_ref()).expect("no line end");
        }
        block.data(self.data.as_ref())
    }
}

/// How an encoder gets its strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// It looks at them.
    Borrowed,
    /// They are its own, and it drops them: `ByteString`s that share their text, or `String`s.
    ByteStrings,
    Strings,
}

/// An encoder.
pub struct Candidate {
    /// What it is called in the report.
    pub name: &'static str,
    pub takes: Takes,
    /// Encodes the message so many times and says how long that took.
    pub encode: fn(&Message, usize) -> Duration,
    /// What it writes.
    pub output: fn(&Message) -> Vec<u8>,
}

/// Into a buffer that is used again.
pub const REUSED: Candidate = Candidate {
    name: "ours",
    takes: Takes::Borrowed,
    encode: |message, times| {
        reused(message, times, || (), |(), buffer| black_box(message).block().encode_to_vec(buffer))
    },
    output,
};

/// The same, of strings that are given away.
pub const REUSED_GIVEN: [Candidate; 2] = [
    Candidate {
        name: GIVEN_BYTE_STRINGS,
        takes: Takes::ByteStrings,
        encode: |message, times| {
            reused(message, times, || byte_strings(message), |given, buffer| given.block().encode_to_vec(buffer))
        },
        output,
    },
    Candidate {
        name: GIVEN_STRINGS,
        takes: Takes::Strings,
        encode: |message, times| {
            reused(message, times, || strings(message), |given, buffer| given.block().encode_to_vec(buffer))
        },
        output,
    },
];

/// Each event a `Bytes` of its own.
pub const FRESH: Candidate = Candidate {
    name: "ours",
    takes: Takes::Borrowed,
    encode: |message, times| batches(message, times, || (), |()| black_box(message).block().to_bytes()),
    output,
};

/// The same, of strings that are given away.
pub const FRESH_GIVEN: [Candidate; 2] = [
    Candidate {
        name: GIVEN_BYTE_STRINGS,
        takes: Takes::ByteStrings,
        encode: |message, times| batches(message, times, || byte_strings(message), |given| given.block().to_bytes()),
        output,
    },
    Candidate {
        name: GIVEN_STRINGS,
        takes: Takes::Strings,
        encode: |message, times| batches(message, times, || strings(message), |given| given.block().to_bytes()),
        output,
    },
];

const GIVEN_BYTE_STRINGS: &str = "ours, given `ByteString`s";
const GIVEN_STRINGS: &str = "ours, given `String`s";

fn output(message: &Message) -> Vec<u8> {
    message.block().to_bytes().into()
}

/// Its strings, of which the data is shared.
pub fn byte_strings(message: &Message) -> Given<ByteString> {
    Given::new(message, message.data.clone())
}

/// Its strings, copied.
pub fn strings(message: &Message) -> Given<String> {
    Given::new(message, message.data.to_string())
}

/// Has `encode` write into a buffer that is used again, of what `make` makes.
pub fn reused<T>(
    message: &Message,
    times: usize,
    make: impl FnMut() -> T,
    mut encode: impl FnMut(T, &mut Vec<u8>),
) -> Duration {
    let mut buffer = Vec::new();
    batches(message, times, make, |given| {
        buffer.clear();
        encode(given, &mut buffer);
        buffer.len()
    })
}

/// Slices around the data, which is shared.
pub const SLICES: Candidate = Candidate {
    name: "ours, slices",
    takes: Takes::Borrowed,
    encode: |message, times| batches(message, times, || (), |()| around(black_box(message))),
    output: |message| around(message).concat(),
};

fn around(message: &Message) -> Vec<bytes::Bytes> {
    let mut block = EventBlock::new();
    if let Some(id) = message.id {
        block = block.id(id).expect("no line end");
    }
    if let Some(event_type) = message.event_type {
        block = block.event_type(event_type).expect("no line end");
    }
    block.encode_around(&message.data)
}

/// Encodes what `make` makes so many times. What `make` takes, for who wants its strings by value, is not counted;
/// dropping them and the output is.
pub fn batches<T, U>(
    message: &Message,
    times: usize,
    mut make: impl FnMut() -> T,
    mut encode: impl FnMut(T) -> U,
) -> Duration {
    // Long enough for the clock, and no more than a cache holds.
    let batch = (256 * 1024 / message.data.len()).clamp(4, 1024);
    let mut inputs = Vec::with_capacity(batch);
    let mut time = Duration::ZERO;
    let mut left = times;
    while left > 0 {
        inputs.extend((0..batch.min(left)).map(|_| make()));
        left -= inputs.len();
        let start = Instant::now();
        for input in inputs.drain(..) {
            drop(black_box(encode(black_box(input))));
        }
        time += start.elapsed();
    }
    time
}
