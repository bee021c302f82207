//! A cookie jar around a client.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use cookie_store::{CookieStore, RawCookie};
use http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use http::{Request, Response, Uri};
use tower_service::Service;
use url::Url;

use crate::client::HttpClient;

/// A service that keeps the cookies which servers set, and sends them back: at reconnections, along redirects, and on
/// every other request through it or its clones.
///
/// Domain, path, `Secure` and expiry are heeded as [RFC 6265] says. Cookies live in memory, as long as the last clone.
/// There is no list of public suffixes, so a server may set a cookie for all of its top-level domain: use one jar for
/// the servers of one application. A request that has a `Cookie` field of its own is sent with that alone.
///
/// # Example
///
/// ```no_run
/// use sse_hyper::{Connector, Cookies, HttpClient, Policy};
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Cookies::new(HttpClient::platform());
/// let events = Connector::get("https://example.org/stream")?.with_service(client).subscribe(Policy::default());
/// # Ok(())
/// # }
/// ```
///
/// In a stack of layers: `ServiceBuilder::new().layer_fn(Cookies::new)`.
///
/// [RFC 6265]: https://www.rfc-editor.org/rfc/rfc6265#section-5
#[derive(Clone)]
pub struct Cookies<S = HttpClient> {
    service: S,
    jar: Jar,
}

#[derive(Clone, Default)]
struct Jar(Arc<Mutex<CookieStore>>);

impl<S> Cookies<S> {
    /// An empty jar around `service`.
    pub fn new(service: S) -> Self {
        Self { service, jar: Jar::default() }
    }
}

impl Jar {
    fn lock(&self) -> MutexGuard<'_, CookieStore> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The field for a request to `url`, if there is any cookie for it.
    fn field(&self, url: &Url) -> Option<HeaderValue> {
        let jar = self.lock();
        let pairs: Vec<_> = jar.get_request_values(url).map(|(name, value)| format!("{name}={value}")).collect();
        if pairs.is_empty() {
            return None;
        }
        let mut field = HeaderValue::try_from(pairs.join("; ")).ok()?;
        field.set_sensitive(true);
        Some(field)
    }

    /// Keeps what the response to a request to `url` sets. What is no cookie is passed over, as the RFC says.
    fn keep(&self, url: &Url, headers: &HeaderMap) {
        let fields = headers.get_all(SET_COOKIE).iter();
        let cookies =
            fields.filter_map(|field| RawCookie::parse(std::str::from_utf8(field.as_bytes()).ok()?.to_owned()).ok());
        self.lock().store_response_cookies(cookies, url);
    }
}

fn url(uri: &Uri) -> Option<Url> {
    Url::parse(&uri.to_string()).ok()
}

impl<S, B, R> Service<Request<B>> for Cookies<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let url = url(request.uri());
        if let Some(url) = url.as_ref().filter(|_| !request.headers().contains_key(COOKIE)) {
            if let Some(field) = self.jar.field(url) {
                request.headers_mut().insert(COOKIE, field);
            }
        }
        let jar = self.jar.clone();
        let response = self.service.call(request);
        Box::pin(async move {
            let response = response.await?;
            if let Some(url) = url {
                jar.keep(&url, response.headers());
            }
            Ok(response)
        })
    }
}

impl<S> fmt::Debug for Cookies<S> {
    /// Without the cookies, which are secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cookies").finish_non_exhaustive()
    }
}
