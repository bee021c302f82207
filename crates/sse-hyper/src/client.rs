//! The default HTTP client: hyper over TCP and rustls.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::uri::Scheme;
use http::{Request, Response, Uri, Version};
use http_body_util::Full;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower_service::Service;

use crate::builder::HttpClientBuilder;
use crate::dial::{Dialer, Link};
use crate::error::{BoxError, HttpError};
use crate::own;
use crate::response::ResponseBody;
use crate::share::{Connections, Known, Shared};

/// How often a silent connection is probed, so that a peer that vanished (a pulled cable, a firewall that forgot) is
/// noticed in minutes where no idle deadline is set.
pub(crate) const KEEPALIVE: Duration = Duration::from_secs(45);

/// The most that HTTP/2 lets a server send on one stream before any of it is read: what a source that nobody reads can
/// hold in memory, of which a connection has up to 100. It is a bound on what can be on its way, too: 256 KiB in each
/// round trip, far more than events need.
const STREAM_WINDOW: u32 = 256 * 1024;

/// The same for a connection as a whole: as much as there is. The bound that counts is [`STREAM_WINDOW`]; with a smaller
/// one for all, a source that nobody reads would hold up the others.
const CONNECTION_WINDOW: u32 = (1 << 31) - 1;

/// The HTTP client that an event source uses unless it is given another.
///
/// HTTP/1.1 and, where TLS settles on it, HTTP/2; both families of addresses at once; `TCP_NODELAY`; the proxies that
/// the environment names. [`builder`](Self::builder) sets anything else. A request is sent once and never again by
/// itself. What is not sent yet goes over a new connection if the shared one that it was to go over turns out to be closed;
/// one that a server refuses later, even unseen (`REFUSED_STREAM`), has failed.
///
/// # Connections
///
/// Over HTTP/1.1 every request opens a connection of its own: an event stream holds it for hours, so there would be
/// nothing to reuse, and dropping the stream closes it at once. Who waits for the response and reads it drives the
/// connection, which has no task of its own. Over HTTP/2 the requests of one client to one origin
/// share connections, up to 100 at a time on each, or as many as the server allows if that is less. It costs one
/// handshake and one socket for all of them, and a stream that is not read holds up no other. The connection is closed
/// with the last response that came over it. One that may be dead is not used for further requests: one on which a
/// request was given up before it had an answer, or on which an event source met a deadline. A silent one is probed every
/// 45 seconds, and closed if 20 more pass without an answer.
///
/// Clones share configuration and connections. It is a [`tower_service::Service`], so layers go around it; anything
/// else that is one can take its place:
///
/// ```
/// use bytes::Bytes;
/// use http_body_util::Full;
/// use sse_hyper::{Connector, HttpClient, Policy};
/// use tower::ServiceBuilder;
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = ServiceBuilder::new()
///     .concurrency_limit(10)
///     .map_request(|mut request: http::Request<Full<Bytes>>| {
///         request.headers_mut().insert("x-asked-by", http::HeaderValue::from_static("dashboard"));
///         request
///     })
///     .service(HttpClient::platform());
/// let events = Connector::get("https://example.org/stream")?.with_service(client).subscribe(Policy::default());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct HttpClient {
    /// `None`: the one of the platform, when it is needed.
    own: Option<Arc<Inner>>,
}

struct Inner {
    dialer: Dialer,
    connections: Connections,
    connect_timeout: Duration,
}

/// Among a request's extensions: to be sent over a connection that nothing has been sent over yet.
#[derive(Clone)]
pub(crate) struct FreshConnection;

impl HttpClient {
    /// A client with settings of its own.
    pub fn builder() -> HttpClientBuilder {
        HttpClientBuilder::new()
    }

    /// The client that trusts what the platform trusts and uses the proxies that the environment names. All are one,
    /// which the first request makes.
    ///
    /// An HTTP/2 connection is served by the tokio runtime on which the request that opened it was made, and others share
    /// it: when that runtime ends, the connection is lost to all of them. Sources that live on different runtimes had
    /// better have a client each, by [`builder`](Self::builder).
    #[must_use]
    pub fn platform() -> Self {
        Self { own: None }
    }

    pub(crate) fn new(dialer: Dialer, connect_timeout: Duration) -> Self {
        let inner = Inner { dialer, connections: Connections::default(), connect_timeout };
        Self { own: Some(Arc::new(inner)) }
    }

    fn inner(&self) -> Result<Arc<Inner>, HttpError> {
        static PLATFORM: OnceLock<HttpClient> = OnceLock::new();
        if let Some(inner) = self.own.as_ref().or_else(|| PLATFORM.get()?.own.as_ref()) {
            return Ok(Arc::clone(inner));
        }
        let client = Self::builder().build()?;
        PLATFORM.get_or_init(|| client).inner()
    }
}

/// A connection with HTTP settled.
enum Connection {
    Http1(Link),
    Http2(Arc<Shared>),
}

impl Connection {
    /// Says what it is to those who come next, and offers it to them if it can be shared.
    fn offer_to(&self, known: &mut Known) {
        match self {
            Self::Http1(_) => known.speaks_http1 = true,
            Self::Http2(shared) => known.add(shared),
        }
    }
}

impl Inner {
    async fn send(&self, mut request: Request<Full<Bytes>>) -> Result<Response<ResponseBody>, HttpError> {
        *request.uri_mut() = without_user(request.uri());
        let mut fresh = request.extensions_mut().remove::<FreshConnection>().is_some();
        loop {
            let connecting = self.connect(request.uri(), fresh);
            let connection = match tokio::time::timeout(self.connect_timeout, connecting).await {
                Ok(connection) => connection?,
                Err(_) => return Err(HttpError::Connect(io::Error::from(io::ErrorKind::TimedOut).into())),
            };
            match connection {
                Connection::Http1(link) => return own::send(link, request).await,
                Connection::Http2(shared) => {
                    *request.version_mut() = Version::HTTP_2;
                    let alert = shared.alert.clone();
                    match shared.send(request).await {
                        Ok(response) => return Ok(response),
                        Err(mut error) => {
                            let unsent = error.take_message();
                            let error = alert.explain(error.into_error());
                            match unsent {
                                // It was closed before it took the request, which goes over a new one.
                                Some(unsent) if !fresh && !error.is_futile() => request = unsent,
                                _ => return Err(error),
                            }
                        }
                    }
                }
            }
            fresh = true;
        }
    }

    /// A connection for a request to `uri`: one at hand, unless it has to be fresh.
    async fn connect(&self, uri: &Uri, fresh: bool) -> Result<Connection, HttpError> {
        // HTTP/2 comes by TLS alone.
        let Some(authority) = uri.authority().filter(|_| uri.scheme() == Some(&Scheme::HTTPS)) else {
            return self.open(uri).await;
        };
        let slot = self.connections.slot(authority);
        if !fresh {
            let mut known = slot.lock().await;
            if let Some(shared) = known.find() {
                return Ok(Connection::Http2(shared));
            }
            if !known.speaks_http1 {
                let connection = self.open(uri).await?;
                connection.offer_to(&mut known);
                return Ok(connection);
            }
        }
        // This one waits for nobody, and nobody for this one; others may use it all the same. If the slot is locked, they
        // are about to have another.
        let connection = self.open(uri).await?;
        if let Ok(mut known) = slot.try_lock() {
            connection.offer_to(&mut known);
        }
        Ok(connection)
    }

    async fn open(&self, uri: &Uri) -> Result<Connection, HttpError> {
        let link = self.dialer.dial(uri).await?;
        if !link.http2 {
            return Ok(Connection::Http1(link));
        }
        let handshake = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .keep_alive_interval(KEEPALIVE)
            .handshake(link.io);
        let (requests, connection) = handshake.await.map_err(|error| link.alert.explain(error))?;
        Ok(Connection::Http2(Shared::new(requests, connection, link.alert)))
    }
}

impl Default for HttpClient {
    fn default() -> Self {
        Self::platform()
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").field("platform", &self.own.is_none()).finish()
    }
}

impl Service<Request<Full<Bytes>>> for HttpClient {
    type Response = Response<ResponseBody>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<ResponseBody>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        let inner = self.inner();
        Box::pin(async move { Ok(inner?.send(request).await?) })
    }
}

/// RFC 9110, 4.2.4: a request names no user. (Who wants to be one says so by a header field.)
fn without_user(uri: &Uri) -> Uri {
    let mut parts = uri.clone().into_parts();
    let authority = parts.authority.take();
    parts.authority = authority.map(|authority| match authority.as_str().rsplit_once('@') {
        Some((_, host)) => host.parse().unwrap_or(authority),
        None => authority,
    });
    Uri::from_parts(parts).unwrap_or_else(|_| uri.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_request_names_a_user() {
        for (uri, sent) in [
            ("http://user:secret@a.test:81/x?y", "http://a.test:81/x?y"),
            ("http://user@[::1]/", "http://[::1]/"),
            ("http://a.test/@", "http://a.test/@"),
        ] {
            assert_eq!(without_user(&uri.parse().unwrap()), sent);
        }
    }
}
