//! The reconnection state machine of Server-Sent Events: the [EventSource processing model] without I/O.
//!
//! # Contract
//!
//! * **No I/O, no clock, no random source, no runtime**; `no_std` with `alloc`. The time and a seed are passed in.
//! * **Inputs are `handle_*`, the answer is [`Session::step`]**, which is pure. An input that does not fit the state is
//!   ignored and an early or repeated timeout does nothing, so there is no order of calls to get wrong.
//! * **Closed is final.** No input reopens a session.
//! * **Never early**: no attempt begins before the server's reconnection time or `Retry-After` has passed. Jitter is
//!   only ever added, from the first reconnection on, so the clients of one dead server do not return together.
//! * **Nothing is lost by the id of an event that was not delivered**: the last event ID is taken at an event's blank
//!   line only. It lives on over connections, as in browsers.
//! * **Nothing is sent twice that must not be**: by [`Session::once`] nothing at all, and with retries nothing after the
//!   first event.
//! * **What was cut off is known to be**, of streams that end by an event and whose [`Ending`] is said.
//! * **All policy is here**: status, content type and coding, `Retry-After`, `retry`, backoff, limits, deadlines, ids
//!   that cannot be sent. An adapter moves bytes and sets timers.
//!
//! # The whole loop
//!
//! ```
//! use core::time::Duration;
//! use sse_client::{CloseReason, End, Policy, ResponseHead, Session, Step};
//! use sse_codec::{Frame, Input};
//!
//! // In place of a network: what the server answers, attempt by attempt. In place of a clock: a number.
//! let script: [(u16, &[&str]); 4] =
//!     [(200, &["id: 1\nda", "ta: a\n\nid: 2\nda"]), (503, &[]), (200, &["data: b\n\n"]), (204, &[])];
//! let mut server = script.into_iter();
//! let mut body = [].iter();
//! let mut now = Duration::ZERO;
//! let (mut events, mut sent) = (Vec::new(), Vec::new());
//!
//! let mut session = Session::subscribe(Policy::default(), 0x5eed);
//! loop {
//!     match session.step() {
//!         Step::Connect { last_event_id } => {
//!             sent.push(last_event_id.map(str::to_owned)); // a header of the request
//!             session.handle_connecting(now);
//!         }
//!         Step::AwaitHead { deadline: _ } => match server.next() {
//!             Some((status, chunks)) => {
//!                 body = chunks.iter();
//!                 session.handle_head(now, ResponseHead::new(status).with_content_type(Some(b"text/event-stream")));
//!             }
//!             None => session.handle_end(now, End::TransportError),
//!         },
//!         Step::Read { deadline: _ } => match body.next() {
//!             Some(chunk) => {
//!                 let mut input = Input::new(chunk.as_bytes());
//!                 loop {
//!                     match session.handle_data(now, &mut input) {
//!                         Ok(Some(Frame::Event(event))) => events.push(event.data.to_owned()),
//!                         Ok(Some(_)) => {}                            // a retry, which the session has noted
//!                         Ok(None) => break,                           // the chunk is used up
//!                         Err(error) => eprintln!("dropped: {error}"), // one event; go on
//!                     }
//!                 }
//!                 session.handle_waiting(now); // from here on it is the server that is silent
//!             }
//!             None => session.handle_end(now, End::Eof),
//!         },
//!         Step::Wait { until, cause } => {
//!             eprintln!("{cause}");
//!             now = until; // sleep
//!             session.handle_timeout(now);
//!         }
//!         Step::Closed(reason) => {
//!             assert_eq!(*reason, CloseReason::NoContent);
//!             break;
//!         }
//!     }
//! }
//! assert_eq!(events, ["a", "b"]);
//! // The second event of the first connection never ended: its id was not taken.
//! assert_eq!(sent, [None, Some("1".to_owned()), Some("1".to_owned()), Some("1".to_owned())]);
//! // Two reconnection times of three seconds, one after a failure, and a third.
//! assert!(now >= Duration::from_secs(9));
//! ```
//!
//! # Not in scope
//!
//! URLs, methods, headers, bodies, redirects and TLS are an adapter's (`sse-hyper`); timers and tasks are a runtime's
//! (`sse-tokio`); the grammar is `sse-codec`'s.
//!
//! [EventSource processing model]: https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model

#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod backoff;
mod coding;
mod ending;
mod head;
mod mime;
mod mode;
mod open;
mod policy;
mod reason;
mod reconnect;
mod session;
mod step;
mod strategy;

pub use ending::{Ending, Place};
pub use head::ResponseHead;
pub use mode::Retries;
pub use policy::{Deadlines, Policy, RetriedStatuses};
pub use reason::{Cause, CloseReason, ContentCoding, ContentType, Limit, Timeout};
pub use session::{MAX_SENT_ID_BYTES, Session};
pub use step::{End, ReadyState, Step};
pub use strategy::{Decision, DelayStrategy, ErrorStrategy, Lost, Wait};
