//! The Server-Sent Events grammar: decodes and encodes `text/event-stream`
//! ([WHATWG HTML 9.2.5 and 9.2.6]).
//!
//! Bytes go in, events come out: no I/O, no time, no runtime. `no_std`, and usable without `alloc`.
//!
//! # Overview
//!
//! | to | use |
//! | --- | --- |
//! | decode what was read into a slice | [`Decoder::decode`] with an [`Input`] |
//! | decode chunks of `Bytes` into events that may be kept | [`Decoder::decode_bytes`] with a [`BytesInput`] |
//! | decode without `alloc` | [`Decoder::in_slices`] |
//! | resume after a reconnection | [`Decoder::last_event_id`], [`Decoder::reset`] |
//! | encode | [`EventBlock`] |
//!
//! ```
//! use sse_codec::{Decoder, Frame, Input};
//!
//! let mut decoder = Decoder::new();
//! let mut seen = Vec::new();
//! for chunk in ["retry: 500\nid: 7\nda", "ta: hello\n\n: a comment\n"] {
//!     let mut input = Input::new(chunk.as_bytes());
//!     loop {
//!         match decoder.decode(&mut input) {
//!             Ok(Some(Frame::Event(event))) => seen.push((event.data.to_owned(), event.last_event_id.to_owned())),
//!             Ok(Some(Frame::Retry(time))) => assert_eq!(time.as_millis(), 500),
//!             Ok(Some(_)) => {}                            // a comment, if asked for
//!             Ok(None) => break,                           // needs the next chunk; never "finished"
//!             Err(error) => eprintln!("dropped: {error}"), // one event; the next call goes on behind it
//!         }
//!     }
//! }
//! assert_eq!(seen, [("hello".to_owned(), "7".to_owned())]);
//! // The connection is gone: reconnect with this, after `decoder.reset()`.
//! assert_eq!(decoder.last_event_id(), "7");
//! ```
//!
//! # Guarantees
//!
//! * **Any chunks.** The result never depends on where the input was cut, down to one byte a chunk. (In the caller's
//!   [slices](Decoder::in_slices): as long as they hold what is cut.) An event is given as soon as its blank line has been
//!   read: nothing waits for the byte behind it, not even behind a bare CR.
//! * **Nothing unfinished.** Of an event whose blank line never came nothing is taken, its id included: taking the id
//!   would lose that event for good on reconnecting.
//! * **Bounded.** Everything a peer controls has a limit ([`Decoder::with_max_event_bytes`]). An event over it is
//!   reported once and dropped whole, and the decoder goes on at the next event. What a large event took is given back.
//! * **Text.** All text is `&str`, decoded as UTF-8 with U+FFFD exactly as the Encoding standard says, also where a chunk
//!   boundary cuts a character.
//! * **No injection.** What is encoded is read as what was given: no value can end its line and begin another field.
//! * **No panics** on any input, and no `unsafe` in what can be called. Inside, `unsafe` is in four kinds of places, each
//!   with its reason beside it: looking at many bytes at once (one file per instruction set), not validating a second
//!   time what is known to be UTF-8, writing into a vector's spare capacity, and counting the events that share a chunk.
//!   Each has a test against safe code, or of what it counts.
//!
//! # What zero-copy means here
//!
//! Exactly this: the data of an event that lies in one chunk and has one `data` line is lent from that chunk, and so are
//! its type and its id. These pass through the decoder's own buffer, once:
//!
//! * what of an event a chunk boundary cuts, or what comes before a `retry` line or a comment (if asked for) in its
//!   middle;
//! * an event of several `data` lines, which are joined by LF;
//! * text that is not valid UTF-8;
//! * the last event ID, which outlives its chunk.
//!
//! An [`OwnedEvent`] of the first kind shares its chunk: the last event of a chunk may take it over, and the others are
//! counted, for which there is one small allocation a chunk, and one atomic operation when an event is dropped. (Events of
//! a clone of the input take another one each.) It keeps the whole chunk in memory, so
//! [detach](struct.OwnedEvent.html#method.detach) what is to stay for long. All others have memory of their own, in one
//! allocation.
//!
//! `EventBlock::encode_around` is the other direction: large data is sent as slices around it.
//!
//! # Cost
//!
//! Time is linear in the bytes, however they are cut: a line of 10 MiB in one-byte chunks costs per byte what one of 100
//! KiB costs. Each byte is looked at once, 64 at a time, for line ends and for what is not ASCII; of text that is not
//! ASCII, a chunk is validated once.
//!
//! Memory is what an unfinished event needs. Between events it is at most 256 KiB, 4 KiB each for a type and an id, and the
//! last event ID where that is longer: once, or twice if owned events inherit it. (Bytes that are not UTF-8 count threefold
//! here: each may become U+FFFD.) An event that is lent from its chunk allocates nothing.
//!
//! With the feature `std` the processor is asked for AVX2 at run time. Without it, what the target is known to have is
//! used: SSE2 on x86-64 (or AVX2 by `-C target-feature=+avx2`), NEON on aarch64, and words of eight bytes elsewhere.
//!
//! # Where browsers and the text differ
//!
//! * The standard, read by the letter, starts each connection with an empty last event ID *buffer*, so that the first
//!   blank line after a reconnection would forget the resume point. Browsers keep it, and so does
//!   [`Decoder::reset`].
//! * `retry` without a value is ignored; a value beyond `u64` milliseconds counts as the largest.
//! * Chromium overlooks a line end that directly follows the BOM; this crate, like the text, does not.
//!
//! And where both leave it open: a `retry` line counts at its own line, not at the blank line; in an event that is
//! dropped because it is too large, it does not count from there on.
//!
//! # Not in scope
//!
//! Reconnection and its timing (`sse-client`), runtimes (`sse-tokio`), HTTP (`sse-hyper`).
//!
//! # Features
//!
//! * `alloc` (default): buffers that grow, encoding into `Vec<u8>`.
//! * `std`: asks the processor at run time what it has.
//! * `bytes`: owned events over [`bytes::Bytes`] that share the chunk instead of copying it, encoding into `Bytes`.
//!
//! [`BytesInput`]: struct.BytesInput.html
//! [`Decoder::decode_bytes`]: struct.Decoder.html#method.decode_bytes
//! [`OwnedEvent`]: struct.OwnedEvent.html
//! [WHATWG HTML 9.2.5 and 9.2.6]: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
//! [`bytes::Bytes`]: https://docs.rs/bytes/latest/bytes/struct.Bytes.html

#![no_std]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(test, fuzzing, feature = "std"))]
extern crate std;

mod copy;
mod decode;
mod encode;
mod error;
mod event;
mod field;
mod input;
mod joined;
mod lines;
#[cfg(feature = "bytes")]
mod owned;
mod scan;
mod scratch;
mod text;

/// Whether what is frequent has code of its own. Not where code is dearer than time: on bare metal.
const FAST: bool = cfg!(not(target_os = "none"));

pub use decode::{DEFAULT_MAX_EVENT_BYTES, Decoder};
pub use encode::EventBlock;
pub use error::{BufferTooSmall, DecodeError, FieldError};
pub use event::{Event, Frame};
pub use input::Input;
#[cfg(feature = "bytes")]
pub use owned::{BytesInput, OwnedEvent, OwnedFrame};
#[cfg(feature = "alloc")]
pub use scratch::GrowingBuf;
pub use scratch::{FixedBuf, Scratch};

/// For fuzzing: every version of the scan finds what is there, or this panics. The first byte says how far from an aligned
/// address the chunk begins.
#[cfg(fuzzing)]
#[doc(hidden)]
pub fn check_scan(input: &[u8]) {
    if let [skip, chunk @ ..] = input {
        scan::check::check(&chunk[chunk.len().min((*skip % 64).into())..]);
    }
}
