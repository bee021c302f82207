//! Test support of this workspace; not published.
//!
//! What the other crates' tests stand on:
//!
//! - [`oracle`]: an event-stream parser so naive that it can be trusted by eye. Everything
//!   fast is compared with it.
//! - [`case`]: the corpus format, one JSON object a line: a byte stream and what it must
//!   dispatch.
//!
//! In scope: what an event stream means. Out of scope: speed, and any use outside tests.

pub mod case;
pub mod oracle;
