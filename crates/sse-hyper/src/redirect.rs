//! Redirects, by the Fetch standard's [HTTP-redirect fetch].
//!
//! A request that is led elsewhere is never edited on its way. The request as its maker wrote it stays untouched, a
//! [`Trail`] holds the sum of all redirects so far, and each hop sends [`Trail::apply`] of a fresh copy. The same sum
//! is what a later reconnection applies to a fresh request, so that a rule that held on the way (no credentials for
//! another origin) holds on every return.
//!
//! [HTTP-redirect fetch]: https://fetch.spec.whatwg.org/#http-redirect-fetch

use bytes::Bytes;
use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE, COOKIE, HOST,
    HeaderMap, LOCATION, PROXY_AUTHORIZATION, TRANSFER_ENCODING,
};
use http::{Method, Request, StatusCode, Uri};
use url::Url;

/// The most redirects that one attempt follows (step 7 of HTTP-redirect fetch).
const LIMIT: u8 = 20;

/// Why a redirect was not followed: the server sent a response that the Fetch standard makes a network error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedirectError {
    /// More than 20 redirects in one attempt.
    #[error("the server redirected more than {LIMIT} times; the addresses probably lead in a circle")]
    TooMany,
    /// Several `Location` fields that say different things, or one that is no URL.
    #[error("the server redirected to something that is no URL: {location:?}")]
    InvalidLocation {
        /// What the `Location` field said, unreadable bytes replaced.
        location: String,
    },
    /// A URL of a scheme other than `http` and `https`.
    #[error("the server redirected to a {scheme:?} URL; only http and https are followed")]
    Scheme {
        /// The scheme of the refused URL.
        scheme: String,
    },
    /// A URL on another origin that brings a user name or password with it.
    #[error("the server redirected to another origin with a user name or password in the URL, which is refused")]
    Credentials,
}

/// The sum of the redirects that a request has met.
#[derive(Debug, Clone)]
pub(crate) struct Trail {
    /// Where the request's maker sent it.
    start: Uri,
    /// Where it is sent now.
    url: Url,
    /// Redirects of this attempt.
    hops: u8,
    /// There was a redirect, in this attempt or an earlier one.
    redirected: bool,
    /// A 301, 302 or 303 has turned it into a GET without a body.
    became_get: bool,
    /// Some hop led to another origin than the one before it: credentials are gone, also if a later hop leads back.
    left_origin: bool,
}

impl Trail {
    /// The trail of a request that has met no redirect yet.
    pub(crate) fn new(start: Uri, url: Url) -> Self {
        Self { start, url, hops: 0, redirected: false, became_get: false, left_origin: false }
    }

    /// Whether this is the trail of requests to `uri`.
    pub(crate) fn starts_at(&self, uri: &Uri) -> bool {
        self.start == *uri
    }

    /// Where the request is sent now.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// Whether any redirect has been followed.
    pub(crate) fn is_redirected(&self) -> bool {
        self.redirected
    }

    /// The same trail for a new attempt, which may follow the full number of redirects again.
    pub(crate) fn renewed(&self) -> Self {
        Self { hops: 0, ..self.clone() }
    }

    /// Takes one response into account; `method` is the one of the original request.
    ///
    /// `true`: it is a redirect, send the request again to the new [`url`](Self::url). `false`: it is the answer. A
    /// redirect without a `Location`, or with an empty one, is an answer too (the standard says so for the former,
    /// browsers treat the latter the same way).
    pub(crate) fn follow(
        &mut self,
        method: &Method,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Result<bool, RedirectError> {
        if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            return Ok(false);
        }
        let Some(target) = location(&self.url, headers)? else {
            return Ok(false);
        };
        if !matches!(target.scheme(), "http" | "https") {
            return Err(RedirectError::Scheme { scheme: target.scheme().to_owned() });
        }
        if self.hops == LIMIT {
            return Err(RedirectError::TooMany);
        }
        let leaves_origin = target.origin() != self.url.origin();
        if leaves_origin && has_credentials(&target) {
            return Err(RedirectError::Credentials);
        }
        self.hops += 1;
        self.redirected = true;
        // Step 12: the methods that each status turns into GET. 307 and 308 keep method and body.
        let method = if self.became_get { &Method::GET } else { method };
        self.became_get |= match status.as_u16() {
            301 | 302 => method == Method::POST,
            303 => method != Method::GET && method != Method::HEAD,
            _ => false,
        };
        self.left_origin |= leaves_origin;
        self.url = target;
        Ok(true)
    }

    /// Makes of a request as its maker wrote it the one to send now.
    pub(crate) fn apply(&self, request: &mut Request<Bytes>, uri: Uri) {
        let moved = *request.uri() != uri;
        *request.uri_mut() = uri;
        if self.became_get {
            *request.method_mut() = Method::GET;
            *request.body_mut() = Bytes::new();
        }
        let headers = request.headers_mut();
        if self.became_get {
            // The standard's request-body-headers, and the two that frame the body.
            for name in
                [CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION, CONTENT_TYPE, CONTENT_LENGTH, TRANSFER_ENCODING]
            {
                headers.remove(name);
            }
        }
        if self.left_origin {
            // Step 13 names Authorization. A browser keeps cookies and proxy credentials out of a page's hands and
            // attaches the right ones by itself; here they are ordinary fields of the request, so they go too.
            for name in [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION] {
                headers.remove(name);
            }
            // Whatever else its maker has marked as a secret.
            let secret = headers.iter().filter(|(_, value)| value.is_sensitive());
            let secret: Vec<_> = secret.map(|(name, _)| name.clone()).collect();
            for name in secret {
                headers.remove(name);
            }
        }
        if moved {
            headers.remove(HOST);
        }
    }
}

/// The [location URL] of a response: `None` without one. User name and password are taken off by
/// [`uri_of`](crate::connect::uri_of), like the fragment: neither is sent.
///
/// [location URL]: https://fetch.spec.whatwg.org/#concept-response-location-url
fn location(base: &Url, headers: &HeaderMap) -> Result<Option<Url>, RedirectError> {
    let mut values = headers.get_all(LOCATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let text = match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        // Not UTF-8: each byte is one code point, as header values are read in the standard.
        Err(_) => value.as_bytes().iter().copied().map(char::from).collect(),
    };
    if values.any(|other| other != value) {
        return Err(RedirectError::InvalidLocation { location: format!("{text} (and another)") });
    }
    if text.trim_matches([' ', '\t']).is_empty() {
        return Ok(None);
    }
    match base.join(&text) {
        Ok(url) => Ok(Some(url)),
        Err(_) => Err(RedirectError::InvalidLocation { location: text }),
    }
}

fn has_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

#[cfg(test)]
#[path = "redirect/tests.rs"]
mod tests;
