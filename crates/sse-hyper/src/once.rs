//! One response and no more.

use std::fmt;
use std::future::ready;

use bytes::Bytes;
use http::response::Parts;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use sse_tokio::{Connect, NoRequest, ResponseHead};
use tower_service::Service;

use crate::client::HttpClient;
use crate::connect::Connector;
use crate::decompress::ByteStream;
use crate::error::{BoxError, HttpError};

/// The one response of an [`EventSource`](crate::EventSource) that never makes a second attempt.
///
/// Made from a request of any method, which is sent once, with the fields that a [`Connector`] adds. It cannot repeat
/// itself, whoever drives it: a second attempt fails with [`NoRequest`], without having sent anything, and is not
/// retried. A session with retries is for [`Connector::repeating`]: here it would hide what the server said. A request
/// that cannot be sent is the error of the first item, like all that goes wrong.
///
/// "Once" has two exceptions. Both are the server's own word that it did not do what the request asks for: a redirect
/// (of which 307 and 308 keep method and body), and 421 Misdirected Request, after which the same request goes once more
/// over another connection.
///
/// ```no_run
/// use bytes::Bytes;
/// use futures_util::StreamExt as _;
/// use sse_hyper::{Ending, EventSource, OneResponse};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let request = http::Request::post("https://api.example.org/v1/messages").body(Bytes::from(r#"{"stream": true}"#))?;
/// let mut events = EventSource::once(OneResponse::from(request)).with_ending(Ending::done());
/// while let Some(event) = events.next().await {
///     println!("{}", event?.data());
/// }
/// # Ok(())
/// # }
/// ```
///
/// For a session of one's own there is [`EventSource::new`](crate::EventSource::new).
pub struct OneResponse<S = HttpClient>(Connector<S>);

/// Sends the request once.
impl From<Request<Bytes>> for OneResponse {
    fn from(request: Request<Bytes>) -> Self {
        let mut request = Some(request);
        let spent = || NoRequest::new("there was one response, and nothing is sent twice");
        Self(Connector::with_requests(move |_| ready(request.take().ok_or_else(|| spent().into()))))
    }
}

impl<S> OneResponse<S> {
    /// Sends the request through `service`, as [`Connector::with_service`] does.
    #[must_use]
    pub fn with_service<T>(self, service: T) -> OneResponse<T> {
        OneResponse(self.0.with_service(service))
    }
}

impl<S> fmt::Debug for OneResponse<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OneResponse").finish_non_exhaustive()
    }
}

impl<S, B> Connect for OneResponse<S>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Head = Parts;
    type Error = HttpError;
    type Body = ByteStream<B>;
    type Attempt = <Connector<S> as Connect>::Attempt;

    fn connect(&mut self, last_event_id: Option<&str>) -> Self::Attempt {
        self.0.connect(last_event_id)
    }

    fn response_head<'h>(&mut self, parts: &'h Parts) -> ResponseHead<'h> {
        self.0.response_head(parts)
    }

    fn is_futile(&self, error: &HttpError) -> bool {
        self.0.is_futile(error)
    }

    fn is_unsent(&self, error: &HttpError) -> bool {
        self.0.is_unsent(error)
    }
}
