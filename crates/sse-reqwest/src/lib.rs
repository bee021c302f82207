//! Server-Sent Events over the [`reqwest`] client that you have: its proxies, cookies, TLS, redirects and default
//! headers are kept.
//!
//! # As browsers do: [`event_source`](RequestBuilderExt::event_source)
//!
//! Reconnects when the connection is lost, and asks the server to resume after the last event:
//!
//! ```no_run
//! use futures_util::StreamExt as _;
//! use sse_reqwest::RequestBuilderExt as _;
//!
//! # async fn example(client: reqwest::Client) -> Result<(), Box<dyn std::error::Error>> {
//! let mut events = client.get("https://example.org/stream").event_source()?;
//! while let Some(event) = events.next().await {
//!     let event = event?;
//!     println!("{}: {}", event.event_type(), event.data());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! What is retried is a state and not an error: an `Err` is the end and says who is at fault.
//! [`EventSource::updates`] tells everything else that happens. For a [`Policy`], [`Deadlines`] or a last event ID from
//! before, or for a fresh token on each attempt, there is the [`Connector`].
//!
//! # A language model: [`once_events`](RequestBuilderExt::once_events) or [`events`](ResponseExt::events)
//!
//! One response, never a second attempt, whatever happens: a second request is a second bill. (Only a redirect by 307 or 308
//! has reqwest send it on, to another address; `redirect::Policy::none()` has it not.)
//!
//! ```no_run
//! use futures_util::StreamExt as _;
//! use sse_reqwest::{Ending, RequestBuilderExt as _};
//!
//! # async fn example(client: reqwest::Client) -> Result<(), Box<dyn std::error::Error>> {
//! let request = client.post("https://api.example.org/v1/messages").bearer_auth("the key").body(r#"{"stream": true}"#);
//! let mut events = request.header("content-type", "application/json").once_events().with_ending(Ending::done());
//! while let Some(event) = events.next().await {
//!     match event {
//!         Ok(event) => print!("{}", event.data()),
//!         Err(error) => {
//!             // The model's own words about what it did not like.
//!             eprintln!("{:?}", error.failure().body());
//!             return Err(error.into());
//!         }
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! An answer that was cut off is an error, since its [`Ending`] did not come. More in the guide, `guide::language_models`
//! (with the feature `json`): typed events, silence, retries, refusals.
//!
//! # Guides
//!
//! With the feature `json`: `guide::like_a_browser`, `guide::language_models`, `guide::mcp`, `guide::feature_flags`, and
//! `guide::migration` from reqwest-eventsource, eventsource-client and eventsource-stream.
//!
//! # Which one is it?
//!
//! The types say so, and a request that must not be repeated never is by accident:
//!
//! | | type | sends | takes |
//! | --- | --- | --- | --- |
//! | [`event_source`](RequestBuilderExt::event_source) | `EventSource<Connector>` | again on each attempt | `GET`; anything else is an error at once |
//! | [`once_events`](RequestBuilderExt::once_events) | `EventSource<OneResponse>` | once | any request, one with a streaming body too |
//! | [`events`](ResponseExt::events) | `EventSource<OneResponse>` | nothing | a response that is there |
//! | [`Connector::repeating`] | `EventSource<Connector>` | again on each attempt: you said so | any request that can be cloned |
//! | [`Connector::with_requests`] | `EventSource<Connector>` | what your function makes, on each attempt | any: it says what may be sent again, or `NoRequest` |
//!
//! All of them hold to the same rules: status 200 and `text/event-stream`, or an error with the response's [`Head`] and
//! the first 64 KiB of its body. Dropping any of them closes the connection at once (over HTTP/2: the stream), and
//! nothing happens in the background.
//!
//! # What to know of reqwest
//!
//! * Its **timeouts** go on counting while a stream is read. [`ClientBuilder::timeout`](reqwest::ClientBuilder::timeout)
//!   cuts every stream at that age: an event source resumes, one response is lost. Give a client for streams none, but
//!   [`Deadlines`], which begin anew with each byte or event.
//! * Its **default headers** give way to what an event source sends: `Accept: text/event-stream` and
//!   `Cache-Control: no-cache`. Set these two on the request if you want others.
//! * **Content codings** are undone if its features `gzip`, `brotli`, `zstd` or `deflate` are on, event by event; what
//!   is in another is [`Cause::ContentCoding`]. Its gzip stops behind the first member: of a server that writes one per
//!   flush, the events behind it are lost without an error. (`sse-hyper` reads all of them.) Leave the feature off for
//!   such a server.
//! * **Redirects** are followed by the client's own policy, on each attempt from the request's own URL on. (Browsers and
//!   `sse-hyper` go to the redirected address again; which credentials are left out there is known to the policy alone.)
//!   A redirect that it refuses is the end.
//! * **It may send a request twice** where an HTTP/2 server said that it did not process the first; see [`reqwest::retry`].
//! * **Certificates** that either side refuses are a failed connection like any other, which is tried again for as long as
//!   the [`Policy`] has it. (`sse-hyper` gives up at once where it is its own that is missing or refused.)
//! * **421** Misdirected Request is an answer like any other that is not 200; `sse-hyper` tries another connection.
//!
//! # Features and scope
//!
//! `json`: `event.json::<T>()`, by `EventExt`. reqwest is taken without its defaults, so what your own dependency on it
//! switches on is what there is. Without one for TLS it has no `https`: such a request fails for good, with
//! [`HttpError::Invalid`].
//!
//! Not in scope: WebAssembly, where the browser's `EventSource` is; the blocking client.

mod body;
mod connect;
mod error;
mod ext;
#[cfg(feature = "json")]
pub mod guide;
mod head;
mod once;
mod same;

pub use body::ByteStream;
pub use connect::Connector;
pub use error::{BoxError, HttpError, RequestError};
pub use ext::{RequestBuilderExt, ResponseExt};
pub use head::Head;
pub use once::OneResponse;

// The types of the API that come from below.
pub use sse_tokio::{
    Begun, ByteString, Cause, CloseReason, Connect, ContentCoding, ContentType, Counters, Deadlines, Decision,
    DecodeError, Decoder, DelayStrategy, Ending, Error, ErrorStrategy, Event, EventSource, EventStream, Failure,
    FieldError, FrameStream, Limit, Lost, MAX_SENT_ID_BYTES, Monitor, NextRequest, NoRequest, OwnedEvent, OwnedFrame,
    Place, Policy, ReadyState, RequestStrategy, RetriedStatuses, Retries, Session, State, States, StreamError, Timeout,
    Update, Updates, Wait, random_seed,
};
#[cfg(feature = "json")]
pub use sse_tokio::{EventExt, JsonError};
