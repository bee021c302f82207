//! The head of a response.

use std::net::SocketAddr;

use http::{Extensions, HeaderMap, StatusCode, Version};
use reqwest::Url;
use sse_tokio::head::{detach, join_lines};

use crate::body::ByteStream;

/// The head of a response: everything but its body.
///
/// From [`EventSource::head`](crate::EventSource::head), [`Update::Open`](crate::Update::Open) and
/// [`Failure::head`](crate::Failure::head).
#[derive(Debug)]
#[non_exhaustive]
pub struct Head {
    /// The status.
    pub status: StatusCode,
    /// The version of HTTP.
    pub version: Version,
    /// The header fields. Several lines of `Content-Type` or of `Content-Encoding` are joined to one list.
    pub headers: HeaderMap,
    /// Where it came from, behind all redirects.
    pub url: Url,
    /// The other end of the connection: the server, or a proxy. `None` if reqwest does not know.
    pub remote_address: Option<SocketAddr>,
    /// What reqwest and its layers added.
    pub extensions: Extensions,
    /// Whether it answers another request than the one that was asked for. A redirect to the same URL cannot be seen.
    redirected: bool,
}

impl Head {
    /// The head and the body of a response to a request for this URL, if that is known.
    pub(crate) fn split(response: reqwest::Response, asked: Option<Url>) -> sse_tokio::Response<Self, ByteStream> {
        let url = response.url().clone();
        let redirected = asked.is_some_and(|asked| target(&asked) != target(&url));
        let remote_address = response.remote_addr();
        let (parts, body) = http::Response::<reqwest::Body>::from(response).into_parts();
        let mut headers = parts.headers;
        join_lines(&mut headers);
        detach(&mut headers);
        let (status, version, extensions) = (parts.status, parts.version, parts.extensions);
        let head = Self { status, version, headers, url, remote_address, extensions, redirected };
        sse_tokio::Response { head, body: ByteStream::new(body) }
    }

    /// What the session needs to know of it.
    pub(crate) fn for_session(&self) -> sse_tokio::ResponseHead<'_> {
        sse_tokio::head::of_response(self.status, &self.headers).with_redirected(self.redirected)
    }
}

/// What of a URL goes onto the wire.
fn target(url: &Url) -> (&str, Option<&str>, Option<u16>, &str, Option<&str>) {
    (url.scheme(), url.host_str(), url.port_or_known_default(), url.path(), url.query())
}
