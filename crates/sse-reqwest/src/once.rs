//! One response and no more.

use std::fmt;
use std::future::ready;
use std::mem;
use std::pin::Pin;

use reqwest::{Client, Request, RequestBuilder, Response};
use sse_tokio::{Connect, NoRequest, ResponseHead};

use crate::body::ByteStream;
use crate::connect::send;
use crate::error::HttpError;
use crate::head::Head;

/// The one response of an [`EventSource`](crate::EventSource) that never makes a second attempt.
///
/// Made from a request, which is sent once, or from a response, for which nothing is sent. It cannot repeat itself,
/// whoever drives it: a second attempt fails with [`NoRequest`], without having sent anything, and is not retried. A session with
/// retries is for [`Connector::repeating`](crate::Connector::repeating): here it would hide what the server said.
///
/// [`once_events`](crate::RequestBuilderExt::once_events) and [`events`](crate::ResponseExt::events) are the short way;
/// the long one is for a session of one's own:
///
/// ```no_run
/// use futures_util::StreamExt as _;
/// use sse_reqwest::{EventSource, OneResponse, Session};
///
/// # async fn example(client: reqwest::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let request = client.post("https://api.example.org/v1/messages").body("{}");
/// let session = Session::once().with_max_event_bytes(64 * 1024);
/// let mut events = EventSource::new(OneResponse::from(request), session);
/// while let Some(event) = events.next().await {
///     println!("{}", event?.data());
/// }
/// # Ok(())
/// # }
/// ```
pub struct OneResponse(State);

enum State {
    /// Boxed: both are large, and moved once.
    Request(Box<(Client, reqwest::Result<Request>)>),
    Response(Box<Response>),
    Spent,
}

/// Sends the request once, with the fields of an event source unless it has them: `Accept: text/event-stream` and
/// `Cache-Control: no-cache`.
impl From<RequestBuilder> for OneResponse {
    fn from(request: RequestBuilder) -> Self {
        Self(State::Request(Box::new(request.build_split())))
    }
}

/// Sends nothing.
impl From<Response> for OneResponse {
    fn from(response: Response) -> Self {
        Self(State::Response(Box::new(response)))
    }
}

impl fmt::Debug for OneResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            State::Request(_) => "OneResponse(not yet sent)",
            State::Response(_) => "OneResponse(here)",
            State::Spent => "OneResponse(spent)",
        })
    }
}

impl Connect for OneResponse {
    type Head = Head;
    type Error = HttpError;
    type Body = ByteStream;
    type Attempt = Pin<Box<dyn Future<Output = Result<sse_tokio::Response<Head, ByteStream>, HttpError>> + Send>>;

    fn connect(&mut self, last_event_id: Option<&str>) -> Self::Attempt {
        match mem::replace(&mut self.0, State::Spent) {
            State::Request(split) => match *split {
                (client, Ok(request)) => Box::pin(send(client, request, last_event_id.map(str::to_owned), None)),
                (_, Err(error)) => Box::pin(ready(Err(HttpError::from_service(error.into())))),
            },
            State::Response(response) => Box::pin(ready(Ok(Head::split(*response, None, None)))),
            State::Spent => {
                let spent = NoRequest::new("there was one response, and nothing is sent twice");
                Box::pin(ready(Err(HttpError::Request(spent.into()))))
            }
        }
    }

    fn response_head<'h>(&mut self, head: &'h Head) -> ResponseHead<'h> {
        head.for_session()
    }

    fn is_futile(&self, error: &HttpError) -> bool {
        error.is_futile()
    }

    fn is_unsent(&self, error: &HttpError) -> bool {
        error.is_unsent()
    }
}
