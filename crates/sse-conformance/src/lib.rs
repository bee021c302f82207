//! Test support of this workspace; not published.
//!
//! What the other crates' tests stand on:
//!
//! - [`oracle`]: an event-stream parser so naive that it can be trusted by eye. Everything
//!   fast is compared with it.
//! - [`case`]: the corpus format, one JSON object a line: a byte stream and what it must
//!   dispatch.
//! - [`drive`]: the decoder over a stream in chunks, by each of its paths.
//! - [`check`]: cases against the decoder, cut in every way that matters.
//! - [`laws`]: what holds for any bytes; the bodies of the fuzz targets.
//! - `http` (feature of that name): whole HTTP exchanges, played to the real client.
//!
//! In scope: what an event stream means. Out of scope: speed, and any use outside tests.

mod check;

pub mod case;
pub mod drive;
#[cfg(feature = "http")]
pub mod http;
pub mod laws;
pub mod oracle;
pub mod report;

pub use check::check;
