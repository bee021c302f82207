//! A cookie jar around a client.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use cookie_store::{Cookie, CookieStore, RawCookie};
use http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use http::{Request, Response, Uri};
use tower_service::Service;
use url::Url;

use crate::client::HttpClient;

// RFC 6265, 6.1, has every client keep so much at least. More would be memory that servers have a say over.

/// The most bytes of one cookie: name, value and attributes.
const MAX_BYTES: usize = 4096;

/// The most cookies of one domain.
const MAX_OF_DOMAIN: usize = 50;

/// The most cookies in all.
const MAX_COOKIES: usize = 3000;

/// A service that keeps the cookies which servers set, and sends them back: at reconnections, along redirects, and on
/// every other request through it or its clones.
///
/// Domain, path, `Secure` and expiry are heeded as [RFC 6265] says. Cookies live in memory, as long as the last clone.
/// A jar takes cookies of up to 4096 bytes, 50 of a domain and 3000 in all, which is what the RFC asks for (6.1); what is
/// too much is passed over, until others have expired or are removed by their server.
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
        let mut cookies = jar.matches(url);
        // RFC 6265, 5.4: longer paths first, so that of two of one name a server sees the nearer one first.
        cookies.sort_by_key(|cookie| std::cmp::Reverse(String::from(&cookie.path).len()));
        let pairs: Vec<_> = cookies.iter().map(|cookie| format!("{}={}", cookie.name(), cookie.value())).collect();
        if pairs.is_empty() {
            return None;
        }
        let mut field = HeaderValue::try_from(pairs.join("; ")).ok()?;
        field.set_sensitive(true);
        Some(field)
    }

    /// Keeps what the response to a request to `url` sets. What is no cookie is passed over, as the RFC says.
    fn keep(&self, url: &Url, headers: &HeaderMap) {
        let fields = headers.get_all(SET_COOKIE).iter().filter(|field| field.len() <= MAX_BYTES);
        let mut jar = self.lock();
        for text in fields.filter_map(|field| std::str::from_utf8(field.as_bytes()).ok()) {
            let Ok(cookie) = RawCookie::parse(text) else { continue };
            let Ok(cookie) = Cookie::try_from_raw_cookie(&cookie, url) else { continue };
            if has_room(&mut jar, &cookie) {
                // It still fails for a domain that is not the server's.
                let _ = jar.insert(cookie.into_owned(), url);
            }
        }
    }
}

/// Whether a jar may take a cookie: in place of another of its name, or as a further one.
fn has_room(jar: &mut CookieStore, cookie: &Cookie<'_>) -> bool {
    let domain = String::from(&cookie.domain);
    if jar.contains_any(&domain, &cookie.path, cookie.name()) {
        return true;
    }
    let is_full = |jar: &CookieStore| {
        let of_domain = jar.iter_any().filter(|other| String::from(&other.domain) == domain);
        of_domain.count() >= MAX_OF_DOMAIN || jar.iter_any().count() >= MAX_COOKIES
    };
    if is_full(jar) {
        forget_expired(jar);
    }
    !is_full(jar)
}

/// The store keeps what has expired, and sends it no more.
fn forget_expired(jar: &mut CookieStore) {
    let expired: Vec<_> = jar
        .iter_any()
        .filter(|cookie| cookie.is_expired())
        .map(|cookie| (String::from(&cookie.domain), String::from(&cookie.path), cookie.name().to_owned()))
        .collect();
    for (domain, path, name) in expired {
        jar.remove(&domain, &path, &name);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn set(jar: &Jar, host: &str, cookie: &str) {
        let mut headers = HeaderMap::new();
        headers.insert(SET_COOKIE, cookie.parse().unwrap());
        jar.keep(&Url::parse(&format!("http://{host}/")).unwrap(), &headers);
    }

    fn count(jar: &Jar) -> usize {
        jar.lock().iter_any().count()
    }

    #[test]
    fn a_cookie_has_4096_bytes_at_most() {
        let jar = Jar::default();
        set(&jar, "a.test", &format!("a={}", "x".repeat(MAX_BYTES - 2)));
        set(&jar, "a.test", &format!("b={}", "x".repeat(MAX_BYTES - 1)));
        assert!(jar.lock().contains("a.test", "/", "a"));
        assert_eq!(count(&jar), 1);
    }

    #[test]
    fn longer_paths_come_first() {
        let jar = Jar::default();
        for path in ["/", "/a/b", "/a"] {
            set(&jar, "a.test", &format!("name={}; Path={path}", path.len()));
        }
        let field = jar.field(&Url::parse("http://a.test/a/b/c").unwrap()).unwrap();
        assert_eq!(field, "name=4; name=2; name=1");
    }

    #[test]
    fn a_domain_has_50_cookies_at_most() {
        let jar = Jar::default();
        for number in 0..=MAX_OF_DOMAIN {
            set(&jar, "a.test", &format!("n{number}=1"));
        }
        assert_eq!(count(&jar), MAX_OF_DOMAIN);
        // Those that are there can still be changed and removed, and then there is room again.
        set(&jar, "a.test", "n0=2");
        assert_eq!(jar.lock().get("a.test", "/", "n0").unwrap().value(), "2");
        set(&jar, "a.test", "n1=; Max-Age=0");
        set(&jar, "a.test", "late=1");
        assert!(jar.lock().contains("a.test", "/", "late"));
        assert_eq!(count(&jar), MAX_OF_DOMAIN);
        // Another domain has its own.
        set(&jar, "b.test", "n0=1");
        assert!(jar.lock().contains("b.test", "/", "n0"));
    }

    #[test]
    fn a_jar_has_3000_cookies_at_most() {
        let jar = Jar::default();
        for number in 0..=MAX_COOKIES {
            set(&jar, &format!("h{}.test", number / MAX_OF_DOMAIN), &format!("n{number}=1"));
        }
        assert_eq!(count(&jar), MAX_COOKIES);
    }
}
