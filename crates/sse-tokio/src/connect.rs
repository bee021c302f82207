//! What an HTTP library has to do for an `EventSource`.

use std::error::Error;
use std::fmt::Debug;

use bytes::Bytes;
use futures_core::Stream;
use sse_client::ResponseHead;

/// Makes the attempts of an [`EventSource`](crate::EventSource): the call to an HTTP library, and nothing else.
///
/// An implementation sends one request per attempt and gives back what came of it. It decides nothing about statuses,
/// content types, ids and times: that is the session's business, and the same for every library. What is its own:
///
/// * the request: URL, method, headers, body, a fresh token. `Accept: text/event-stream`, `Cache-Control: no-cache`,
///   and `Last-Event-ID` with the bytes of the string given, if one is given;
/// * redirects, proxies, TLS, content codings: it gives the *final* response, and the body decoded;
/// * no deadline, and no retry of its own but what the server asks for at once, having processed nothing (421).
///
/// Dropping an attempt or a body must close or give back its connection; this is how an `EventSource` cancels.
///
/// ```
/// use std::future::{Ready, ready};
/// use std::io;
///
/// use bytes::Bytes;
/// use futures_util::stream;
/// use sse_tokio::{Connect, EventSource, Response, ResponseHead};
///
/// /// Answers each request with one event.
/// struct Hello;
///
/// impl Connect for Hello {
///     type Head = u16;
///     type Error = io::Error;
///     type Body = stream::Iter<std::vec::IntoIter<io::Result<Bytes>>>;
///     type Attempt = Ready<io::Result<Response<u16, Self::Body>>>;
///
///     fn connect(&mut self, _last_event_id: Option<&str>) -> Self::Attempt {
///         ready(Ok(Response { head: 200, body: stream::iter(vec![Ok("data: hello\n\n".into())]) }))
///     }
///
///     fn response_head<'h>(&mut self, status: &'h u16) -> ResponseHead<'h> {
///         ResponseHead::new(*status).with_content_type(Some(b"text/event-stream"))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use futures_util::StreamExt as _;
/// let mut source = EventSource::once(Hello);
/// assert_eq!(source.next().await.unwrap().unwrap().data(), "hello");
/// assert!(source.next().await.is_none());
/// # }
/// ```
pub trait Connect {
    /// The head of a response as the user gets to see it, such as `http::response::Parts`.
    type Head: Debug + Send + Sync + 'static;
    /// What goes wrong below HTTP, in an attempt or in a body.
    type Error: Error + Send + Sync + 'static;
    /// The body of a response: chunks of any size. Not polled again after its end or an error.
    type Body: Stream<Item = Result<Bytes, Self::Error>>;
    /// One attempt: ready when the head of the final response is there. Boxing it is fine, it happens once per attempt.
    type Attempt: Future<Output = Result<Response<Self::Head, Self::Body>, Self::Error>>;

    /// Begins an attempt.
    ///
    /// `last_event_id` is the value of the `Last-Event-ID` header, already known to be a valid one; its bytes are UTF-8,
    /// so make the header value from bytes where a library takes only ASCII strings. `None`: send no such header.
    fn connect(&mut self, last_event_id: Option<&str>) -> Self::Attempt;

    /// What the session needs to know of a head.
    ///
    /// Called once for each response, before anything else happens to it: also the place to remember where redirects
    /// led.
    fn response_head<'h>(&mut self, head: &'h Self::Head) -> ResponseHead<'h>;

    /// Whether an error of an attempt means that no later attempt can succeed either, such as a redirect to a scheme
    /// that is not HTTP. Then it is not retried. Default: never. Not asked about errors of a body.
    ///
    /// Only for what cannot change. A name that is not found, a refused connection or a failed handshake can.
    fn is_futile(&self, error: &Self::Error) -> bool {
        let _ = error;
        false
    }

    /// Whether an error of an attempt means for sure that nothing was sent (the name was not found, there was no
    /// connection, or no TLS on it), or that the server has not looked at it. What may then be done again without harm is
    /// the session's business. Default: never. Not asked about errors of a body.
    fn is_unsent(&self, error: &Self::Error) -> bool {
        let _ = error;
        false
    }
}

/// What came of an attempt: any final response, whatever its status.
#[derive(Clone, Debug)]
pub struct Response<H, B> {
    /// Everything but the body.
    pub head: H,
    /// The body, to be read later or dropped.
    pub body: B,
}
