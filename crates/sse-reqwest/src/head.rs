//! The head of a response.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use http::header::SET_COOKIE;
use http::{Extensions, HeaderMap, StatusCode, Version};
use hyper_util::client::legacy::connect::HttpInfo;
use reqwest::Url;
use sse_tokio::head::{detach, join_lines};
use tower_http::follow_redirect::RequestUri;

use crate::body::ByteStream;

/// The head of a response: everything but its body.
///
/// From [`EventSource::head`](crate::EventSource::head), [`Update::Open`](crate::Update::Open) and
/// [`Failure::head`](crate::Failure::head).
///
/// Its `Debug` is for logs: of the URL it shows neither user nor query nor fragment, and of `Set-Cookie` no value.
#[non_exhaustive]
pub struct Head {
    /// The status.
    pub status: StatusCode,
    /// The version of HTTP.
    pub version: Version,
    /// The header fields. Several lines of `Content-Type` or of `Content-Encoding` are joined to one list.
    pub headers: HeaderMap,
    /// Where it came from, behind all redirects.
    pub url: Arc<Url>,
    /// The other end of the connection: the server, or a proxy. `None` if reqwest does not know.
    pub remote_address: Option<SocketAddr>,
    /// What reqwest and its layers added, but for the two addresses above.
    pub extensions: Extensions,
    /// Whether it answers another request than the one that was asked for. A redirect to the same URL cannot be seen.
    redirected: bool,
}

impl Head {
    /// The head and the body of a response to a request for `asked`, if that is known. Where it came from is most
    /// likely where the one before came from.
    pub(crate) fn split(
        response: reqwest::Response,
        asked: Option<&Url>,
        before: Option<Arc<Url>>,
    ) -> sse_tokio::Response<Self, ByteStream> {
        let redirected = asked.is_some_and(|asked| target(asked) != target(response.url()));
        let url = before.filter(|before| **before == *response.url());
        let url = url.unwrap_or_else(|| Arc::new(response.url().clone()));
        let remote_address = response.remote_addr();
        let (parts, body) = http::Response::<reqwest::Body>::from(response).into_parts();
        let mut headers = parts.headers;
        join_lines(&mut headers);
        detach(&mut headers);
        let (status, version, extensions) = (parts.status, parts.version, without_addresses(parts.extensions));
        let head = Self { status, version, headers, url, remote_address, extensions, redirected };
        sse_tokio::Response { head, body: ByteStream::new(body) }
    }

    /// What the session needs to know of it.
    pub(crate) fn for_session(&self) -> sse_tokio::ResponseHead<'_> {
        sse_tokio::head::of_response(self.status, &self.headers).with_redirected(self.redirected)
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut headers = self.headers.clone();
        if let http::header::Entry::Occupied(mut cookies) = headers.entry(SET_COOKIE) {
            cookies.iter_mut().for_each(|cookie| cookie.set_sensitive(true));
        }
        f.debug_struct("Head")
            .field("status", &self.status)
            .field("version", &self.version)
            .field("headers", &headers)
            .field("url", &format_args!("{}", shown(&self.url)))
            .field("remote_address", &self.remote_address)
            .field("extensions", &self.extensions)
            .finish_non_exhaustive()
    }
}

/// For logs: tokens travel in queries.
pub(crate) fn shown(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

/// The head is kept for as long as the source is open, and it says them itself.
fn without_addresses(mut extensions: Extensions) -> Extensions {
    extensions.remove::<HttpInfo>();
    extensions.remove::<RequestUri>();
    // An empty map has memory.
    if extensions.is_empty() { Extensions::new() } else { extensions }
}

/// What of a URL goes onto the wire.
fn target(url: &Url) -> (&str, Option<&str>, Option<u16>, &str, Option<&str>) {
    (url.scheme(), url.host_str(), url.port_or_known_default(), url.path(), url.query())
}
