//! Settings of the default HTTP client.

use std::collections::HashMap;
use std::net::IpAddr;
#[cfg(unix)]
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hyper_util::client::legacy::connect::HttpConnector;
use tokio_rustls::TlsConnector;

use crate::client::{HttpClient, KEEPALIVE};
use crate::dial::Dialer;
use crate::error::HttpError;
use crate::proxy::Proxy;
use crate::resolve::Resolver;
use crate::tls::Tls;

/// Makes an [`HttpClient`] with settings of its own.
///
/// # Example
///
/// ```no_run
/// use std::time::Duration;
///
/// use sse_hyper::{Connector, HttpClient, Policy, Proxy, Tls};
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = HttpClient::builder()
///     .with_tls(Tls::new().with_ca_pem(&std::fs::read("internal-ca.pem")?)?)
///     .with_proxy(Proxy::new("http://proxy.internal:3128")?)
///     .with_connect_timeout(Duration::from_secs(5))
///     .build()?;
/// let events = Connector::get("https://example.org/stream")?.with_service(client).subscribe(Policy::default());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct HttpClientBuilder {
    tls: Tls,
    proxy: Proxy,
    connect_timeout: Duration,
    known: HashMap<String, Vec<IpAddr>>,
    #[cfg(unix)]
    unix_socket: Option<PathBuf>,
}

impl HttpClientBuilder {
    pub(crate) fn new() -> Self {
        Self {
            tls: Tls::new(),
            proxy: Proxy::environment(),
            connect_timeout: Duration::from_secs(30),
            known: HashMap::new(),
            #[cfg(unix)]
            unix_socket: None,
        }
    }

    /// Which servers are trusted, and what this client shows of itself. Default: what the platform trusts, and nothing.
    pub fn with_tls(mut self, tls: Tls) -> Self {
        self.tls = tls;
        self
    }

    /// Which proxy leads to a server. Default: [`Proxy::environment`].
    pub fn with_proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = proxy;
        self
    }

    /// From the start of an attempt until there is a connection: names resolved, proxies passed, TLS settled. An attempt
    /// that takes longer has failed and is retried as any that found nobody. Default: 30 seconds.
    ///
    /// Where a name has several addresses of one family, each of them gets its share of the time. The wait for another
    /// source that is opening a connection to the same server, to be shared, counts too: who comes late to it has less
    /// time for one of its own, should that attempt fail.
    pub fn with_connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// Looks for `host` at these addresses and asks no resolver for it: what curl calls `--resolve`.
    ///
    /// The first address's family is preferred; if it does not answer within 300 ms, one of the other is tried beside
    /// it ([RFC 8305], "Happy Eyeballs"), as with addresses from the resolver. TLS still expects a certificate for `host`.
    ///
    /// [RFC 8305]: https://www.rfc-editor.org/rfc/rfc8305
    pub fn with_addresses(mut self, host: &str, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        self.known.insert(host.to_ascii_lowercase(), addresses.into_iter().collect());
        self
    }

    /// Sends every request to whoever listens on the Unix socket at `path`: what curl calls `--unix-socket`.
    ///
    /// The URL is what it always is: `http://localhost/events` asks the listener for `/events` and names the host
    /// `localhost`; nobody looks for that host. No proxy is used. A redirect leads to the same socket, whatever host it
    /// names.
    #[cfg(unix)]
    pub fn with_unix_socket(mut self, path: impl AsRef<Path>) -> Self {
        self.unix_socket = Some(path.as_ref().to_path_buf());
        self
    }

    /// The client.
    ///
    /// # Errors
    ///
    /// [`HttpError::TlsConfig`] if a certificate or key is unusable, [`HttpError::ProxyUrl`] if the environment
    /// names a proxy that is none.
    pub fn build(self) -> Result<HttpClient, HttpError> {
        let resolver = Resolver::new(self.known);
        let mut tcp = HttpConnector::new_with_resolver(resolver.clone());
        // TLS is seen to above it.
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEPALIVE));
        tcp.set_keepalive_interval(Some(KEEPALIVE));
        tcp.set_connect_timeout(Some(self.connect_timeout));
        let (mut tls, proxy_tls) = self.tls.server_and_proxy_config()?;
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let dialer = Dialer {
            tcp,
            resolver,
            tls: TlsConnector::from(Arc::new(tls)),
            proxy_tls: TlsConnector::from(Arc::new(proxy_tls)),
            proxies: Arc::new(self.proxy.matcher()?),
            #[cfg(unix)]
            unix_socket: self.unix_socket.map(Arc::from),
        };
        Ok(HttpClient::new(dialer, self.connect_timeout))
    }
}
