//! The default HTTP client: hyper over TCP and rustls.

use std::fmt;
use std::future::ready;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiAddrs, GaiResolver, Name};
use hyper_util::rt::TokioExecutor;
use tower_service::Service;

use crate::error::{BoxError, HttpError, ResolveError};
use crate::tls::{Tls, TlsError};

/// How often a silent connection is probed, so that a peer that vanished (a pulled cable, a firewall that forgot) is
/// noticed in minutes where no idle deadline is set.
const TCP_KEEPALIVE: Duration = Duration::from_secs(45);

/// The HTTP client that an event source uses unless it is given another.
///
/// HTTP/1.1 and, where TLS settles on it, HTTP/2; both families of addresses at once; `TCP_NODELAY`. **Every request
/// opens a connection of its own**: an event stream holds it for hours, so there would be nothing to reuse, and
/// dropping the stream closes it at once. A request is sent once and never again by itself.
///
/// Clones share the configuration. It is a [`tower_service::Service`], so layers go around it; anything else that is
/// one can take its place.
#[derive(Clone)]
pub struct HttpClient {
    /// `None`: the one of the platform, when it is needed.
    own: Option<HyperClient>,
}

type HyperClient = Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>;

impl HttpClient {
    /// A client that trusts what `tls` says.
    ///
    /// # Errors
    ///
    /// See [`Tls::client_config`].
    pub fn new(tls: &Tls) -> Result<Self, TlsError> {
        Ok(Self { own: Some(build(tls)?) })
    }

    /// The client that trusts what the platform trusts. All share one configuration, which the first request makes.
    #[must_use]
    pub fn platform() -> Self {
        Self { own: None }
    }

    fn client(&self) -> Result<HyperClient, TlsError> {
        static PLATFORM: OnceLock<HyperClient> = OnceLock::new();
        if let Some(client) = self.own.as_ref().or_else(|| PLATFORM.get()) {
            return Ok(client.clone());
        }
        let client = build(&Tls::new())?;
        Ok(PLATFORM.get_or_init(|| client).clone())
    }
}

fn build(tls: &Tls) -> Result<HyperClient, TlsError> {
    let mut tcp = HttpConnector::new_with_resolver(Resolver(GaiResolver::new()));
    // The TLS connector sees to `https`.
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_keepalive(Some(TCP_KEEPALIVE));
    tcp.set_keepalive_interval(Some(TCP_KEEPALIVE));
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls.client_config()?)
        .https_or_http()
        .enable_all_versions()
        .wrap_connector(tcp);
    Ok(Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).retry_canceled_requests(false).build(connector))
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
    type Response = Response<Incoming>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Incoming>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        match self.client() {
            Ok(client) => Box::pin(async move { client.request(request).await.map_err(BoxError::from) }),
            Err(error) => Box::pin(ready(Err(BoxError::from(HttpError::from(error))))),
        }
    }
}

/// The platform's resolver, with an error that can be told from the others and names the host.
#[derive(Clone)]
struct Resolver(GaiResolver);

impl Service<Name> for Resolver {
    type Response = GaiAddrs;
    type Error = ResolveError;
    type Future = Pin<Box<dyn Future<Output = Result<GaiAddrs, ResolveError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ResolveError>> {
        self.0.poll_ready(cx).map_err(|source| ResolveError { host: String::new(), source })
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let host = name.as_str().to_owned();
        let addresses = self.0.call(name);
        Box::pin(async move { addresses.await.map_err(|source| ResolveError { host, source }) })
    }
}
