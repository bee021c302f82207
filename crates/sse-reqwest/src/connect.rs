//! One attempt through reqwest, as often as the session asks for it.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use reqwest::{Client, Method, Request, RequestBuilder, Response, Url};
use sse_tokio::{Begun, Connect, EventSource, Policy, RequestStrategy, ResponseHead, Session, head};
use tower_service::Service;

use crate::body::ByteStream;
use crate::error::{BoxError, HttpError, RequestError};
use crate::head::{Head, shown};
use crate::same::Same;

/// The HTTP side of an event source that reconnects: what each attempt requests, and through which client.
///
/// Made from a request, or from a function that makes one for each attempt; then [`subscribe`](Self::subscribe) or
/// [`with_session`](Self::with_session) turns it into an [`EventSource`].
///
/// # What is sent
///
/// The request as given, and these fields unless it has them already: `Accept: text/event-stream` and
/// `Cache-Control: no-cache` (what the standard's cache mode "no-store" puts on the wire). `Last-Event-ID` is the
/// session's, as UTF-8. The rest is the client's business: default headers, cookies, proxies, redirects, content codings.
///
/// Statuses, content types, waits, deadlines and limits are the [`Session`]'s business.
///
/// # Example
///
/// ```no_run
/// use std::time::Duration;
///
/// use futures_util::StreamExt as _;
/// use sse_reqwest::{Connector, Deadlines, Policy, Session, random_seed};
///
/// # async fn example(client: reqwest::Client) -> Result<(), Box<dyn std::error::Error>> {
/// // A server that sends a keep-alive every 15 seconds and has been silent for a minute is gone.
/// let deadlines = Deadlines::default().with_byte_idle(Duration::from_secs(60));
/// let policy = Policy::default().with_max_outage(Duration::from_secs(600));
/// let session = Session::subscribe(policy, random_seed()).with_deadlines(deadlines).with_last_event_id("41")?;
/// let mut events = Connector::new(client.get("https://example.org/stream"))?.with_session(session);
/// while let Some(event) = events.next().await {
///     println!("{}", event?.data());
/// }
/// # Ok(())
/// # }
/// ```
pub struct Connector<S = Client> {
    service: S,
    requests: Requests,
    /// Where the last response came from.
    url: Option<Arc<Url>>,
}

/// What each attempt requests.
enum Requests {
    Same(Same),
    Asked(Box<dyn RequestStrategy<Request>>),
}

impl Connector {
    /// Sends this `GET` on each attempt.
    ///
    /// # Errors
    ///
    /// [`RequestError::Method`] for another method, which may do something each time that it is sent: an order placed
    /// twice, a second bill. [`RequestError::Streamed`] for a body that cannot be sent again, and
    /// [`RequestError::Invalid`] for what cannot be sent at all.
    pub fn new(request: RequestBuilder) -> Result<Self, RequestError> {
        Self::checked(request, head::may_be_repeated)
    }

    /// Sends this request on each attempt, whatever its method: you know that the server can be asked again. To send
    /// it once, there is [`once_events`](crate::RequestBuilderExt::once_events).
    ///
    /// # Errors
    ///
    /// [`RequestError::Streamed`] and [`RequestError::Invalid`], as [`new`](Self::new).
    pub fn repeating(request: RequestBuilder) -> Result<Self, RequestError> {
        Self::checked(request, |_| true)
    }

    fn checked(request: RequestBuilder, may_repeat: fn(&Method) -> bool) -> Result<Self, RequestError> {
        let (client, request) = request.build_split();
        let request = request.map_err(RequestError::Invalid)?;
        if !may_repeat(request.method()) {
            return Err(RequestError::Method { method: request.method().clone() });
        }
        let url = Arc::new(request.url().clone());
        let requests = Same::new(request, &url).ok_or(RequestError::Streamed)?;
        Ok(Self { service: client, requests: Requests::Same(requests), url: Some(url) })
    }

    /// Asks `make` for the request of each attempt: with a fresh token, a changed query, another address.
    ///
    /// It is given the last event ID, which goes into the `Last-Event-ID` field without its doing. If it fails, so does
    /// the attempt, which is retried like any that the network made fail; a request that cannot be sent ends it for good.
    /// The deadline of the response head covers the time that it takes.
    ///
    /// **What it makes is sent, whatever its method**: a `POST` that must not be sent twice it makes once, and answers with
    /// [`NoRequest`](sse_tokio::NoRequest) from then on.
    ///
    /// ```no_run
    /// use sse_reqwest::{BoxError, Connector, Policy};
    ///
    /// # async fn token() -> Result<String, BoxError> { Ok(String::new()) }
    /// # async fn example(client: reqwest::Client) {
    /// let events = Connector::with_requests(client.clone(), move |_last_event_id| {
    ///     let request = client.get("https://example.org/stream");
    ///     async move { Ok(request.bearer_auth(token().await?).build()?) }
    /// })
    /// .subscribe(Policy::default());
    /// # }
    /// ```
    pub fn with_requests<F, R>(client: Client, make: F) -> Self
    where
        F: FnMut(Option<&str>) -> R + Send + 'static,
        R: Future<Output = Result<Request, BoxError>> + Send + 'static,
    {
        Self::with_request_strategy(client, make)
    }

    /// The same for a type of its own, which can also say that there is [no request](sse_tokio::NoRequest) any more.
    pub fn with_request_strategy(client: Client, strategy: impl RequestStrategy<Request> + 'static) -> Self {
        Self { service: client, requests: Requests::Asked(Box::new(strategy)), url: None }
    }
}

impl<S> Connector<S> {
    /// Sends the requests through `service` instead of the client that they were made with.
    ///
    /// Any clonable [`tower_service::Service`] from reqwest's requests to its responses: a stack of layers around the
    /// client, or the client of `reqwest-middleware` with its middleware. The deadline of the
    /// response head covers its readiness too. It must not retry: that is the session's business.
    #[must_use]
    pub fn with_service<T>(self, service: T) -> Connector<T> {
        Connector { service, requests: self.requests, url: self.url }
    }
}

impl<S> Connector<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    /// Goes on from a response that is there: it is what the first attempt gives, for which nothing is sent; the requests
    /// are for the attempts behind it. What a call needs that is made by `POST`, and resumed by `GET`: [MCP's]
    ///
    /// ```no_run
    /// use sse_reqwest::{Connector, Decision, Lost, Policy};
    ///
    /// # async fn example(client: reqwest::Client, url: &str) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.post(url).body("{}").send().await?.error_for_status()?;
    /// let events = Connector::new(client.get(url))?.beginning_with(answer).subscribe(Policy::default());
    /// // Without an ID the `GET` would not ask for the rest of it.
    /// let events = events.with_error_strategy(|lost: &Lost<'_>| match lost.last_event_id {
    ///     "" => Decision::Fail,
    ///     _ => lost.default,
    /// });
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [MCP's]: https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery
    #[must_use]
    pub fn beginning_with(self, response: Response) -> Begun<Self> {
        Begun::new(Head::split(response, None, None), self)
    }

    /// An event source that reconnects by this policy, and resumes after the last event.
    #[must_use]
    pub fn subscribe(self, policy: Policy) -> EventSource<Self> {
        EventSource::subscribe(self, policy)
    }

    /// An event source driven by this session: with another bound on events, a last event ID from before, or for one
    /// response ([`Session::once_with_retries`]).
    #[must_use]
    pub fn with_session(self, session: Session) -> EventSource<Self> {
        EventSource::new(self, session)
    }
}

impl<S> fmt::Debug for Connector<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}

impl<S> Connect for Connector<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    type Head = Head;
    type Error = HttpError;
    type Body = ByteStream;
    type Attempt = Pin<Box<dyn Future<Output = Result<sse_tokio::Response<Head, ByteStream>, HttpError>> + Send>>;

    fn connect(&mut self, last_event_id: Option<&str>) -> Self::Attempt {
        let made = match &mut self.requests {
            Requests::Same(same) => same.next_request(),
            Requests::Asked(strategy) => strategy.next_request(last_event_id),
        };
        let last_event_id = last_event_id.map(str::to_owned);
        let service = self.service.clone();
        let url = self.url.clone();
        Box::pin(async move { send(service, made.await.map_err(HttpError::Request)?, last_event_id, url).await })
    }

    fn response_head<'h>(&mut self, head: &'h Head) -> ResponseHead<'h> {
        self.url = Some(Arc::clone(&head.url));
        head.for_session()
    }

    fn is_futile(&self, error: &HttpError) -> bool {
        error.is_futile()
    }

    fn is_unsent(&self, error: &HttpError) -> bool {
        error.is_unsent()
    }
}

/// Sends `request` with an event source's fields. The response before this one came from `before`.
pub(crate) async fn send<S>(
    mut service: S,
    mut request: Request,
    last_event_id: Option<String>,
    before: Option<Arc<Url>>,
) -> Result<sse_tokio::Response<Head, ByteStream>, HttpError>
where
    S: Service<Request, Response = Response>,
    S::Error: Into<BoxError>,
{
    head::complete_request(request.headers_mut(), last_event_id.as_deref());
    tracing::debug!(name: "sse.request", target: "sse", method = %request.method(), url = %shown(request.url()), "sending a request");
    poll_fn(|cx| service.poll_ready(cx)).await.map_err(|error| HttpError::from_service(error.into()))?;
    let asked = request.url().clone();
    let response = service.call(request).await.map_err(|error| HttpError::from_service(error.into()))?;
    Ok(Head::split(response, Some(&asked), before))
}
