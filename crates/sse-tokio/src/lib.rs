//! Server-Sent Events over tokio: events from bytes, and subscriptions that reconnect.
//!
//! # Contract
//!
//! * [`EventStream`] turns one stream of bytes into its events: a `Stream` of chunks ([`EventStream::new`]) or an
//!   `AsyncRead` ([`EventStream::from_reader`]); [`EventStream::frames`] has the comments too. No reconnection, no
//!   timers.
//! * [`EventSource`] drives a [`Session`] over an HTTP library behind [`Connect`]. What is retried
//!   is a state; an `Err` is the end, and `None` after a proper one.
//! * **Only outputs are moved here.** Every rule about statuses, types, ids, times and limits is the session's.
//! * **Nothing is spawned.** All work happens when the stream is polled; dropping it closes the connection at once.
//! * **Cooperative.** Endless ready input takes tokio's budget like any other resource, and yields.
//! * **Zero-copy**, which here means exactly this: an event whose single `data` line lies inside one chunk shares that
//!   chunk. Others are copied once.
//!
//! # One stream
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! use futures_util::{StreamExt as _, stream};
//! use sse_tokio::EventStream;
//!
//! let chunks = ["data: a\n\nda", "ta: b\n\n"].map(|chunk| Ok::<_, std::io::Error>(chunk.into()));
//! let mut events = EventStream::new(stream::iter(chunks));
//! while let Some(event) = events.next().await {
//!     match event {
//!         Ok(event) => println!("{}: {}", event.event_type(), event.data()),
//!         Err(error) => eprintln!("{error}"),
//!     }
//! }
//! # }
//! ```
//!
//! # A subscription
//!
//! [`Connect`] has an example with a server in memory; `sse-hyper` and `sse-reqwest` are the implementations for real
//! ones.
//!
//! # What it tells
//!
//! [`Monitor`] shows an event source to others: a stream of its states, and counters for a layer of metrics. By `tracing`,
//! all with the target `sse`, and names that stay:
//!
//! | | name | level | fields |
//! | --- | --- | --- | --- |
//! | span | `sse.connection`: an attempt, and the connection that comes of it | DEBUG | `attempt` |
//! | event | `sse.connecting` | DEBUG | `attempt`, `last_event_id` |
//! | event | `sse.open` | DEBUG | `attempt` |
//! | event | `sse.waiting`: lost, to be retried | DEBUG | `failure`, `error` (its source, if it has one), `wait` |
//! | event | `sse.closed`, unless it was dropped | DEBUG | `reason`, `error` (of the HTTP library, if it has one) |
//! | event | `sse.dropped`: an event was too large | WARN | `error` |
//! | event | `sse.unsendable_id`: the server is asked for no id | WARN | `beginning`, `bytes` |
//!
//! `sse-hyper` and `sse-reqwest` add `sse.request`: a request is sent (DEBUG: `method`, `url` without its query). Over
//! hyper there is one for each redirect, which reqwest follows by itself. `sse-hyper` adds `sse.unwritable`: a server takes
//! no more of a request, and what it has said is read (DEBUG: `error`). The events' text is never logged, nor are headers.
//!
//! # Features
//!
//! * `http`: the module `head`, what adapters over the `http` crate's types share.
//! * `json`: `event.json::<T>()`, by `EventExt`.
//!
//! # Not in scope
//!
//! HTTP, TLS, redirects (`sse-hyper`, `sse-reqwest`); policy (`sse-client`); the grammar (`sse-codec`).

mod begun;
mod connect;
mod error;
mod explanation;
#[cfg(feature = "http")]
pub mod head;
#[cfg(feature = "json")]
mod json;
mod monitor;
mod request;
mod source;
mod stream;
mod timer;
mod update;
mod updates;

pub use begun::{Begun, BegunAttempt};
pub use connect::{Connect, Response};
pub use error::{Error, Failure, StreamError, links};
#[cfg(feature = "json")]
pub use json::{EventExt, JsonError};
pub use monitor::{Counters, Monitor, State, States};
pub use request::{NextRequest, NoRequest, RequestStrategy};
pub use source::{EventSource, random_seed};
pub use stream::{EventStream, FrameStream, ReaderChunks};
pub use update::Update;
pub use updates::Updates;

// The types of the public API that come from below.
pub use bytestring::ByteString;
pub use sse_client::{
    Cause, CloseReason, ContentCoding, ContentType, Deadlines, Decision, DelayStrategy, Ending, ErrorStrategy, Limit,
    Lost, MAX_SENT_ID_BYTES, Place, Policy, ReadyState, ResponseHead, RetriedStatuses, Retries, Session, Timeout, Wait,
};
pub use sse_codec::{DecodeError, Decoder, Event, FieldError, OwnedEvent, OwnedFrame};
