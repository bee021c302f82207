//! The Server-Sent Events grammar: decodes and encodes `text/event-stream`
//! ([WHATWG HTML 9.2.5 and 9.2.6]).
//!
//! # Contract
//!
//! * **No I/O, no time, no runtime.** Bytes go in, events come out. `no_std`, and usable without `alloc`.
//! * **Any chunks.** The result never depends on where the input was cut, down to one byte a chunk.
//! * **Zero-copy**, which here means exactly this: an event whose single `data` line lies inside one chunk is lent
//!   from that chunk. Only an event that a chunk boundary cut, or that something told before its end cuts (a `retry`
//!   line, a comment that was asked for), an event of several `data` lines, or text that is not valid UTF-8 passes
//!   through the decoder's own buffer, once.
//! * **Linear.** No byte is scanned twice: a 10 MiB line in one-byte chunks costs what it costs in one piece,
//!   plus the calls.
//! * **Bounded.** Everything a peer controls has a limit ([`Decoder::with_max_event_bytes`]); an event over it is
//!   reported once and dropped whole, and the decoder goes on at the next event.
//! * **No panics** on any input. `unsafe` is in four places, each with its reason beside it: the search for line ends
//!   with SSE2, and three where text that has just been validated is not validated again.
//!
//! # The loop
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
//! [`EventBlock`] is the other direction.
//!
//! # Where browsers and the text differ
//!
//! * The standard, read by the letter, starts each connection with an empty last event ID *buffer*, so that the first
//!   blank line after a reconnection would forget the resume point. Browsers keep it, and so does
//!   [`Decoder::reset`].
//! * `retry` without a value is ignored; a value beyond `u64` milliseconds counts as the largest.
//! * Chromium overlooks a line end that directly follows the BOM; this crate, like the text, does not.
//!
//! # Not in scope
//!
//! Reconnection and its timing (`sse-client`), runtimes (`sse-tokio`), HTTP (`sse-hyper`).
//!
//! # Features
//!
//! * `alloc` (default): buffers that grow, encoding into `Vec<u8>`.
//! * `std`: lines are searched and text is validated with what the processor has, found out at run time. Without it, with
//!   what the target is known to have.
//! * `bytes`: owned events over [`bytes::Bytes`] that share the chunk instead of copying it.
//!
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

/// For fuzzing: every version of the scan finds what is there, or this panics.
#[cfg(fuzzing)]
#[doc(hidden)]
pub fn check_scan(chunk: &[u8]) {
    scan::check::check(chunk);
}
