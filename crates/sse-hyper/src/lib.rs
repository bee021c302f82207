//! Server-Sent Events over HTTP: a reconnecting client and a server's response body.
//!
//! # Client
//!
//! ```no_run
//! use futures_util::StreamExt as _;
//! use sse_hyper::{Connector, Policy};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let mut events = Connector::get("https://example.org/stream")?.subscribe(Policy::default());
//! while let Some(event) = events.next().await {
//!     let event = event?;
//!     println!("{}: {}", event.event_type(), event.data());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! * [`Connector`] is the HTTP side: what to request, through which [`HttpClient`] or any other
//!   [`tower_service::Service`], redirects, content coding. It reconnects and resumes, and takes a `GET`, or what you say
//!   may be [repeated](Connector::repeating); or asks [your function](Connector::with_requests) for each request.
//! * [`OneResponse`] sends one request, of any method, and never a second one: for a `POST` that is an order, or a bill.
//!   `EventSource<Connector>` and `EventSource<OneResponse>` are two types, so that none is sent again by accident.
//! * What they make is an [`EventSource`], a `Stream` of events. What is retried is a state and not an error: an `Err` is
//!   the end and says who is at fault, with the response head and the first 64 KiB of its body where there was a response.
//!   [`EventSource::updates`] tells everything else that happens.
//! * A stream that has a last event, as those of language models have, is told its [`Ending`]: then the connection is
//!   closed there, and an answer that was cut off is an error.
//! * [`events`] reads the events of one body that came by other means.
//! * [`HttpClient::builder`] sets what lies below HTTP: certificates on both sides ([`Tls`]), proxies ([`Proxy`]; the
//!   environment's by default), a Unix socket, addresses, the time for connecting. Event sources of one client
//!   share HTTP/2 connections.
//!
//! Dropping any of them ends its response at once, and closes the connection unless others share it. Nothing reconnects
//! in the background: all work is done when the stream is polled, but for the socket of an HTTP/2 connection, which hyper
//! serves in a task of its own as far as its buffers go, and for a request of which the server has not taken all when it
//! begins to answer: a task sends the rest, also behind the end of the answer.
//!
//! The guides of `sse-reqwest` (`guide`: like a browser, language models, MCP, feature flags, migration) hold here too, by
//! the same names; each says how this crate differs.
//!
//! # Server
//!
//! [`EventBody`] is an [`http_body::Body`] over any stream of events: keep-alive comments, first `retry`, the right
//! headers. For hyper, axum and whatever else is made of the `http` crate's types.
//!
//! # Where the client differs from a browser
//!
//! The [EventSource processing model] is followed to the letter but for these, each where a program has needs that a
//! page does not have:
//!
//! | | browsers (Chromium 156) | here | why |
//! | --- | --- | --- | --- |
//! | 408, 429, 5xx | end it for good | retried; `Retry-After` heeded; [`Policy::with_retried_statuses`] | a service outlives a deployment of its server, and nobody is there to reload it |
//! | waits | the reconnection time | that at least, growing with each failure, with jitter on top | thousands of clients must not return together |
//! | response head cut short | taken as a head without a content type: ends it for good | a network error: retried | the standard's word for an incomplete message; the server was cut off, not misconfigured |
//! | a content coding that was not asked for | read as if it were text | an error that names it | nobody would know why there are no events |
//! | redirected address | kept for ever | given up after three failed attempts in a row, for the original one | the server that one was sent to may be gone |
//! | cookies, caches, HTTP authentication | the browser's | cookies by the feature; a user name and password in the URL are sent at once | there is no browser |
//!
//! # Features
//!
//! * `client` (default): everything but the server's body, which needs neither TLS nor a resolver.
//! * `json`: `event.json::<T>()`, by `EventExt`.
//! * `cookies`: `Cookies`, a cookie jar around the client.
//! * `brotli`, `zstd`: content codings beside gzip. zstd is a C library. A stream in any other coding is an error that
//!   names it ([`Cause::ContentCoding`]).
//!
//! # Not in scope
//!
//! HTTP/3, caches, HTTP authentication beyond the URL's: a service of one's own behind [`Connector::with_service`] adds
//! them.
//!
//! [EventSource processing model]: https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model

// Most of this page is of the client, whose names are not there without it.
#![cfg_attr(not(feature = "client"), allow(rustdoc::broken_intra_doc_links))]

#[cfg(feature = "client")]
mod alert;
mod body;
#[cfg(feature = "client")]
mod builder;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "client")]
mod connect;
#[cfg(feature = "cookies")]
mod cookies;
#[cfg(feature = "client")]
mod decompress;
#[cfg(feature = "client")]
mod dial;
#[cfg(feature = "client")]
mod error;
#[cfg(feature = "client")]
mod events;
#[cfg(feature = "client")]
mod once;
#[cfg(feature = "client")]
mod own;
#[cfg(feature = "client")]
mod proxy;
#[cfg(feature = "client")]
mod redirect;
#[cfg(feature = "client")]
mod resolve;
#[cfg(feature = "client")]
mod response;
#[cfg(feature = "client")]
mod share;
#[cfg(feature = "client")]
mod tls;

pub use body::{EventBody, IntoBlock};
#[cfg(feature = "client")]
pub use builder::HttpClientBuilder;
#[cfg(feature = "client")]
pub use client::HttpClient;
#[cfg(feature = "client")]
pub use connect::Connector;
#[cfg(feature = "cookies")]
pub use cookies::Cookies;
#[cfg(feature = "client")]
pub use decompress::ByteStream;
#[cfg(feature = "client")]
pub use error::{BoxError, HttpError};
#[cfg(feature = "client")]
pub use events::events;
#[cfg(feature = "client")]
pub use once::OneResponse;
#[cfg(feature = "client")]
pub use proxy::Proxy;
#[cfg(feature = "client")]
pub use redirect::RedirectError;
#[cfg(feature = "client")]
pub use response::ResponseBody;
#[cfg(feature = "client")]
pub use tls::{Tls, TlsError};

// The types of the API that come from below: what a server sends, and what a client is made of and gives.
pub use sse_codec::{EventBlock, FieldError};
#[cfg(feature = "client")]
pub use sse_tokio::{
    Begun, ByteString, Cause, CloseReason, Connect, ContentCoding, ContentType, Counters, Deadlines, Decision,
    DecodeError, Decoder, DelayStrategy, Ending, Error, ErrorStrategy, Event, EventSource, EventStream, Failure,
    FrameStream, Limit, Lost, MAX_SENT_ID_BYTES, Monitor, NextRequest, NoRequest, OwnedEvent, OwnedFrame, Place,
    Policy, ReadyState, RequestStrategy, RetriedStatuses, Retries, Session, State, States, StreamError, Timeout,
    Update, Updates, Wait, random_seed,
};
#[cfg(feature = "json")]
pub use sse_tokio::{EventExt, JsonError};

/// The examples of the repository's front page are compiled as tests.
#[cfg(all(doctest, feature = "client"))]
#[doc = include_str!("../../../README.md")]
struct Readme;
