//! One attempt over HTTP: the request, the way to the final response, its body as bytes.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderValue};
use http::response::Parts;
use http::{Request, Response, StatusCode, Uri};
use http_body::Body;
use http_body_util::Full;
use percent_encoding::percent_decode_str;
use sse_tokio::{Begun, Connect, EventSource, Policy, RequestStrategy, ResponseHead, Session, head};
use tower_service::Service;
use url::Url;

use crate::client::{FreshConnection, HttpClient};
use crate::decompress::{self, ByteStream};
use crate::error::{BoxError, HttpError};
use crate::redirect::Trail;
use crate::share::Carrier;

/// After so many attempts in a row that a redirected address did not answer with 200, the next one asks the original
/// address again. A browser never does; but there somebody presses "reload", and a service has to find by itself
/// the machine that took over from the one that it had been sent to.
const MOVED_ATTEMPTS: u8 = 3;

/// The HTTP side of an event source that reconnects: what each attempt requests, and through which client.
///
/// Made from a URL, a request, or a function that makes a request for each attempt; then
/// [`subscribe`](Self::subscribe) or [`with_session`](Self::with_session) turns it into an [`EventSource`]. The one for
/// a request that is sent once is [`OneResponse`](crate::OneResponse).
///
/// # What is sent
///
/// The request as given, and these fields unless it has them already: `Accept: text/event-stream`,
/// `Cache-Control: no-cache` (what the standard's cache mode "no-store" puts on the wire) and `Accept-Encoding` with
/// what can be undone: `gzip`, and `br` and `zstd` by the features `brotli` and `zstd`.
/// `Last-Event-ID` is the session's, as UTF-8. A user name and password in the URL become `Authorization: Basic`.
///
/// # Where it leads
///
/// Redirects are followed by the [Fetch standard]: 301, 302, 303, 307 and 308, at most 20 in an attempt, to `http` and
/// `https` only; a `POST` becomes a `GET` where the standard says so, and `Authorization`, `Cookie`,
/// `Proxy-Authorization` and every field whose value is [marked as a secret](HeaderValue::set_sensitive) are not sent to
/// another origin, nor on any way that led over one: mark the value of a field such as `X-Api-Key`. A reconnection goes
/// to the redirected address with the same care, as in browsers; unlike there, the original address gets another try
/// when three attempts in a row failed. 421 Misdirected Request, by which a server says that it has
/// not handled a request, makes the same request go once more over another connection.
///
/// Statuses, content types, waits, deadlines and limits are the [`Session`]'s business.
///
/// # Example
///
/// A fresh token on each attempt:
///
/// ```no_run
/// use bytes::Bytes;
/// use futures_util::StreamExt as _;
/// use sse_hyper::{BoxError, Connector, Policy};
///
/// # async fn token() -> Result<String, BoxError> { Ok(String::new()) }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let mut events = Connector::with_requests(|_last_event_id| async {
///     let request = http::Request::get("https://example.org/stream");
///     Ok(request.header("authorization", format!("Bearer {}", token().await?)).body(Bytes::new())?)
/// })
/// .subscribe(Policy::default());
/// while let Some(event) = events.next().await {
///     println!("{}", event?.data());
/// }
/// # Ok(())
/// # }
/// ```
///
/// [Fetch standard]: https://fetch.spec.whatwg.org/#http-redirect-fetch
pub struct Connector<S = HttpClient> {
    service: S,
    requests: Box<dyn RequestStrategy<Request<Bytes>>>,
    /// Seldom there, and large.
    moved: Option<Box<Moved>>,
    /// Whether the attempt at hand has been redirected: then something has been sent, whatever goes wrong behind it.
    redirected: Arc<AtomicBool>,
    /// The connection of the last response of 200, if it is one that others use too.
    carrier: Option<Carrier>,
    /// Whether the last response has not come to an end.
    unfinished: Arc<AtomicBool>,
}

/// Where redirects led the last attempt that was answered with 200.
struct Moved {
    trail: Trail,
    /// How often it has been tried since.
    attempts: u8,
}

impl Connector {
    /// Gets `url` on each attempt.
    ///
    /// The URL is read as browsers read it: spaces and letters outside ASCII are encoded.
    ///
    /// # Errors
    ///
    /// [`HttpError::Url`] if it is no absolute `http` or `https` URL.
    pub fn get(url: &str) -> Result<Self, HttpError> {
        let encoded = Url::parse(url).map_err(|_| HttpError::bad_url(url))?;
        let request = Request::get(encoded.as_str()).body(Bytes::new()).map_err(|_| HttpError::bad_url(url))?;
        Self::new(request)
    }

    /// Sends this `GET` on each attempt: any header fields and body, and an absolute URI.
    ///
    /// # Errors
    ///
    /// [`HttpError::Method`] for another method, which may do something each time that it is sent: an order placed
    /// twice, a second bill. [`HttpError::Url`] as [`get`](Self::get).
    pub fn new(request: Request<Bytes>) -> Result<Self, HttpError> {
        if !head::may_be_repeated(request.method()) {
            return Err(HttpError::Method { method: request.method().clone() });
        }
        Self::repeating(request)
    }

    /// Sends this request on each attempt, whatever its method: you know that the server can be asked again. To send
    /// it once, there is [`OneResponse`](crate::OneResponse).
    ///
    /// # Errors
    ///
    /// [`HttpError::Url`], as [`get`](Self::get).
    pub fn repeating(request: Request<Bytes>) -> Result<Self, HttpError> {
        absolute(request.uri())?;
        Ok(Self::with_requests(move |_| std::future::ready(Ok(request.clone()))))
    }

    /// Asks `make` for the request of each attempt: with a fresh token, a changed query, another address.
    ///
    /// It is given the last event ID, which goes into the `Last-Event-ID` field without its doing. If it fails, so does
    /// the attempt, which is retried like any that the network made fail; an unusable URL ends it for good. The
    /// deadline of the response head covers the time that it takes.
    ///
    /// **What it makes is sent, whatever its method**: a `POST` that must not be sent twice it makes once, and answers with
    /// [`NoRequest`](sse_tokio::NoRequest) from then on.
    pub fn with_requests<F, R>(make: F) -> Self
    where
        F: FnMut(Option<&str>) -> R + Send + 'static,
        R: Future<Output = Result<Request<Bytes>, BoxError>> + Send + 'static,
    {
        Self::with_request_strategy(make)
    }

    /// The same for a type of its own, which can also say that there is [no request](sse_tokio::NoRequest) any more.
    pub fn with_request_strategy(strategy: impl RequestStrategy<Request<Bytes>> + 'static) -> Self {
        Self {
            service: HttpClient::platform(),
            requests: Box::new(strategy),
            moved: None,
            redirected: Arc::default(),
            carrier: None,
            unfinished: Arc::default(),
        }
    }
}

impl<S> Connector<S> {
    /// Sends the requests through `service` instead of [`HttpClient::platform`].
    ///
    /// Any clonable [`tower_service::Service`] from requests to responses: an [`HttpClient`] with other TLS settings, a
    /// stack of layers, a router in the same process. The deadline of the response head covers its readiness too. It
    /// must not retry and need not follow redirects.
    #[must_use]
    pub fn with_service<T>(self, service: T) -> Connector<T> {
        Connector {
            service,
            requests: self.requests,
            moved: None,
            redirected: self.redirected,
            carrier: None,
            unfinished: self.unfinished,
        }
    }
}

impl<S, B> Connector<S>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    /// Goes on from a response that is there: it is what the first attempt gives, for which nothing is sent; the requests
    /// are for the attempts behind it. What a call needs that is made by `POST`, and resumed by `GET`.
    ///
    /// ```no_run
    /// use bytes::Bytes;
    /// use http_body_util::Full;
    /// use sse_hyper::{BoxError, Connector, Decision, HttpClient, Lost, Policy};
    /// use tower::ServiceExt as _;
    ///
    /// # async fn example(url: &str) -> Result<(), BoxError> {
    /// let call = http::Request::post(url).body(Full::from("{}"))?;
    /// let answer = HttpClient::platform().oneshot(call).await?;
    /// // `HttpClient` follows no redirect, and looks at no status: both are the source's, which has this response.
    /// let events = Connector::get(url)?.beginning_with(answer).subscribe(Policy::default());
    /// // Without an ID the `GET` would not ask for the rest of it.
    /// let events = events.with_error_strategy(|lost: &Lost<'_>| match lost.last_event_id {
    ///     "" => Decision::Fail,
    ///     _ => lost.default,
    /// });
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn beginning_with(self, response: Response<B>) -> Begun<Self> {
        Begun::new(split(response, Arc::clone(&self.unfinished)), self)
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

impl<S, B> Connect for Connector<S>
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
    type Attempt = Pin<Box<dyn Future<Output = Result<sse_tokio::Response<Parts, ByteStream<B>>, HttpError>> + Send>>;

    fn connect(&mut self, last_event_id: Option<&str>) -> Self::Attempt {
        let made = self.requests.next_request(last_event_id);
        let last_event_id = last_event_id.map(str::to_owned);
        let moved = self.moved.as_mut().filter(|moved| moved.attempts < MOVED_ATTEMPTS).map(|moved| {
            moved.attempts += 1;
            moved.trail.clone()
        });
        // Who drops a source asks for nothing any more. This is its session, which has met a deadline and goes on.
        if let Some(carrier) = self.carrier.take().filter(|_| self.unfinished.load(Ordering::Relaxed)) {
            carrier.suspect();
        }
        let service = self.service.clone();
        self.redirected.store(false, Ordering::Relaxed);
        let redirected = Arc::clone(&self.redirected);
        let unfinished = Arc::clone(&self.unfinished);
        Box::pin(async move {
            let mut request = made.await.map_err(HttpError::Request)?;
            let url = complete(&mut request, last_event_id.as_deref())?;
            let trail = match moved {
                Some(moved) if moved.starts_at(request.uri()) => moved.renewed(),
                _ => Trail::new(request.uri().clone(), url),
            };
            Ok(split(send(service, &request, trail, &redirected).await?, unfinished))
        })
    }

    fn response_head<'h>(&mut self, parts: &'h Parts) -> ResponseHead<'h> {
        if parts.status == StatusCode::OK {
            let trail = parts.extensions.get::<Trail>().cloned();
            self.moved = trail.map(|trail| Box::new(Moved { trail, attempts: 0 }));
            self.carrier = parts.extensions.get().cloned();
        }
        head::of_response(parts.status, &parts.headers).with_redirected(self.redirected.load(Ordering::Relaxed))
    }

    fn is_futile(&self, error: &HttpError) -> bool {
        error.is_futile()
    }

    fn is_unsent(&self, error: &HttpError) -> bool {
        error.is_unsent() && !self.redirected.load(Ordering::Relaxed)
    }
}

/// The head as it is kept, and the body as bytes.
fn split<B>(response: Response<B>, unfinished: Arc<AtomicBool>) -> sse_tokio::Response<Parts, ByteStream<B>>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let (mut parts, body) = response.into_parts();
    let body = ByteStream::new(&mut parts.headers, body, unfinished);
    head::join_lines(&mut parts.headers);
    head::detach(&mut parts.headers);
    sse_tokio::Response { head: parts, body }
}

/// Sends `request` to where `trail` leads, and on from there, up to the final response. If it was redirected, its trail is
/// among the response's extensions.
async fn send<S, B>(
    mut service: S,
    request: &Request<Bytes>,
    mut trail: Trail,
    redirected: &AtomicBool,
) -> Result<Response<B>, HttpError>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>>,
    S::Error: Into<BoxError>,
{
    let mut misdirected = false;
    // Held until the next one is there, if it came over HTTP/2: it may be all that holds the connection, over which the next
    // request can go. A connection that nobody can share goes before another is opened, or hears of it then, if it has a task.
    let mut _before = None;
    loop {
        let mut hop = request.clone();
        trail.apply(&mut hop, uri_of(trail.url())?);
        if misdirected {
            hop.extensions_mut().insert(FreshConnection);
        }
        tracing::debug!(name: "sse.request", target: "sse", method = %hop.method(), url = %without_query(trail.url()), "sending a request");
        poll_fn(|cx| service.poll_ready(cx)).await.map_err(|error| HttpError::from_service(error.into()))?;
        let response = service.call(hop.map(Full::new));
        let mut response = response.await.map_err(|error| HttpError::from_service(error.into()))?;
        // Fetch, HTTP-network-or-cache fetch, step 15: once, and over a new connection.
        if response.status() == StatusCode::MISDIRECTED_REQUEST && !misdirected {
            misdirected = true;
            if let Some(carrier) = response.extensions().get::<Carrier>() {
                carrier.suspect();
            }
            continue;
        }
        if !trail.follow(request.method(), response.status(), response.headers())? {
            if trail.is_redirected() {
                response.extensions_mut().insert(trail);
            }
            return Ok(response);
        }
        misdirected = false;
        _before = Some(response).filter(|response| response.extensions().get::<Carrier>().is_some());
        redirected.store(true, Ordering::Relaxed);
    }
}

/// Adds what an event source's request has, and takes user name and password out of its URL. Gives the URL without.
fn complete(request: &mut Request<Bytes>, last_event_id: Option<&str>) -> Result<Url, HttpError> {
    let url = absolute(request.uri())?;
    let headers = request.headers_mut();
    head::complete_request(headers, last_event_id);
    headers.entry(ACCEPT_ENCODING).or_insert(HeaderValue::from_static(decompress::ACCEPTED));
    if let Some(basic) = basic(&url) {
        headers.entry(AUTHORIZATION).or_insert(basic);
    }
    Ok(url)
}

/// The user name and password of a URL, as [RFC 7617] sends them.
///
/// [RFC 7617]: https://www.rfc-editor.org/rfc/rfc7617
fn basic(url: &Url) -> Option<HeaderValue> {
    let password = url.password().unwrap_or_default();
    if url.username().is_empty() && password.is_empty() {
        return None;
    }
    let mut pair: Vec<u8> = percent_decode_str(url.username()).collect();
    pair.push(b':');
    pair.extend(percent_decode_str(password));
    let mut value = HeaderValue::try_from(format!("Basic {}", BASE64_STANDARD.encode(pair))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn absolute(uri: &Uri) -> Result<Url, HttpError> {
    let text = uri.to_string();
    match Url::parse(&text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        _ => Err(HttpError::bad_url(&text)),
    }
}

/// What of a URL goes into a request: everything but user name, password and fragment.
pub(crate) fn uri_of(url: &Url) -> Result<Uri, HttpError> {
    let mut url = url.clone();
    url.set_fragment(None);
    // Both fail for URLs without a host only, which no http or https URL is.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Uri::try_from(url.as_str()).map_err(|_| HttpError::bad_url(url.as_str()))
}

/// For logs: tokens travel in queries.
fn without_query(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}
