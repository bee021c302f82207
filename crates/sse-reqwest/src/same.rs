//! The same request on each attempt.

use std::future::ready;
use std::sync::Arc;

use http::Version;
use reqwest::{Body, Method, Request, Url};
use sse_tokio::NextRequest;

use crate::error::RequestError;

/// The default of a [`Connector`](crate::Connector). It is kept for as long as the source is open, so it is as small as
/// can be.
pub(crate) enum Same {
    /// A `GET` without anything else. The heads of its responses share the URL.
    Get(Arc<Url>),
    Other(Box<Request>),
}

impl Same {
    /// `None`: its body cannot be sent twice.
    pub(crate) fn new(request: Request, url: &Arc<Url>) -> Option<Self> {
        // What can be cloned once can be cloned again.
        let request = request.try_clone()?;
        Some(if is_plain(&request) { Self::Get(Arc::clone(url)) } else { Self::Other(Box::new(request)) })
    }

    pub(crate) fn next_request(&self) -> NextRequest<Request> {
        let request = match self {
            Self::Get(url) => Some(Request::new(Method::GET, Url::clone(url))),
            Self::Other(request) => request.try_clone(),
        };
        Box::pin(ready(request.ok_or_else(|| RequestError::Streamed.into())))
    }
}

/// Whether it is what its URL alone makes.
fn is_plain(request: &Request) -> bool {
    request.method() == Method::GET
        && request.headers().is_empty()
        && request.body().is_none()
        && request.version() == Version::default()
        && !has_extensions(request)
}

/// A timeout of its own, say. Only another type shows them.
fn has_extensions(request: &Request) -> bool {
    let request: Option<http::Request<Body>> = request.try_clone().and_then(|request| request.try_into().ok());
    request.is_none_or(|request| !request.extensions().is_empty())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::{Client, RequestBuilder};

    use super::*;

    fn same(request: RequestBuilder) -> Same {
        let request = request.build().unwrap();
        let url = Arc::new(request.url().clone());
        Same::new(request, &url).unwrap()
    }

    #[tokio::test]
    async fn nothing_of_a_request_is_lost() {
        let client = Client::new();
        let get = || client.get("http://example.org/a?b=c");
        let plain = same(get());
        assert!(matches!(&plain, Same::Get(url) if url.as_str() == "http://example.org/a?b=c"));
        assert_eq!(plain.next_request().await.unwrap().url().as_str(), "http://example.org/a?b=c");
        for request in [
            get().header("accept", "*/*"),
            get().body("x"),
            get().version(Version::HTTP_2),
            get().timeout(Duration::from_secs(1)),
            client.post("http://example.org/"),
        ] {
            let (_, expected) = request.try_clone().unwrap().build_split();
            let (expected, same) = (expected.unwrap(), same(request));
            assert!(matches!(same, Same::Other(_)), "{expected:?}");
            let sent = same.next_request().await.unwrap();
            assert_eq!(sent.method(), expected.method());
            assert_eq!(sent.headers(), expected.headers());
            assert_eq!(sent.version(), expected.version());
            assert_eq!(sent.timeout(), expected.timeout());
            assert_eq!(sent.body().and_then(Body::as_bytes), expected.body().and_then(Body::as_bytes));
        }
    }
}
