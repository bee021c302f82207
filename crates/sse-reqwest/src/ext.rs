//! The short way: methods of reqwest's own types.

use reqwest::{RequestBuilder, Response};
use sse_tokio::{EventSource, Policy};

use crate::connect::Connector;
use crate::error::RequestError;
use crate::once::OneResponse;

/// The events that a request asks for.
///
/// ```no_run
/// use futures_util::StreamExt as _;
/// use sse_reqwest::RequestBuilderExt as _;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = reqwest::Client::new();
/// let mut events = client.get("https://example.org/stream").event_source()?;
/// while let Some(event) = events.next().await {
///     println!("{}", event?.data());
/// }
/// # Ok(())
/// # }
/// ```
pub trait RequestBuilderExt: Sized + sealed::Sealed {
    /// An event source that reconnects and resumes, by the default policy: this request is sent on each attempt.
    ///
    /// Nothing is sent before the first poll. For another policy, deadlines or a last event ID from before:
    /// [`Connector::new`].
    ///
    /// # Errors
    ///
    /// As [`Connector::new`]: the method is not `GET`, the body is a stream, or the request is none.
    fn event_source(self) -> Result<EventSource<Connector>, RequestError>;

    /// The events of one response: this request is sent once, and there is never a second attempt. (Where a server redirects it
    /// by 307 or 308, the client's redirect policy may send it on.)
    ///
    /// Any method and any body. Nothing is sent before the first poll. A request that cannot be sent is the error of the
    /// first item, like all that goes wrong. [`EventSource::with_ending`] says by which event the answer is complete, and
    /// [`EventSource::with_deadlines`] for how long to wait.
    fn once_events(self) -> EventSource<OneResponse>;
}

impl RequestBuilderExt for RequestBuilder {
    fn event_source(self) -> Result<EventSource<Connector>, RequestError> {
        Ok(Connector::new(self)?.subscribe(Policy::default()))
    }

    fn once_events(self) -> EventSource<OneResponse> {
        EventSource::once(self.into())
    }
}

/// The events of a response that is there.
///
/// ```no_run
/// use futures_util::StreamExt as _;
/// use sse_reqwest::ResponseExt as _;
///
/// # async fn example(client: reqwest::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let response = client.get("https://example.org/stream").header("accept", "text/event-stream").send().await?;
/// let mut events = response.events();
/// while let Some(event) = events.next().await {
///     println!("{}", event?.data());
/// }
/// # Ok(())
/// # }
/// ```
pub trait ResponseExt: sealed::Sealed {
    /// The events of this response; its end is the end.
    ///
    /// The first item is an error if its status is not 200 or its content type not `text/event-stream`, with the head and
    /// the beginning of the body; do without reqwest's `error_for_status`, which throws the body away. For the bytes alone, whatever status and type say, there is
    /// [`EventStream`](crate::EventStream) over reqwest's `bytes_stream`.
    fn events(self) -> EventSource<OneResponse>;
}

impl ResponseExt for Response {
    fn events(self) -> EventSource<OneResponse> {
        EventSource::once(self.into())
    }
}

mod sealed {
    /// These traits give methods to two types of reqwest's, and to no others.
    pub trait Sealed {}
    impl Sealed for reqwest::RequestBuilder {}
    impl Sealed for reqwest::Response {}
}
