//! The way to a server: TCP, a Unix socket or a proxy, and TLS over any of them.

use std::future::{Ready, ready};
use std::io;
#[cfg(unix)]
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use http::uri::Scheme;
use hyper::rt::{Read, Write};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower_service::Service;

use crate::alert::{Alert, Heard, Unwritten};
use crate::error::{BoxError, HttpError};
use crate::resolve::Resolver;

/// Bytes both ways, whatever carries them.
pub(crate) trait Io: Read + Write + Send + Sync + Unpin {}

impl<T: Read + Write + Send + Sync + Unpin> Io for T {}

pub(crate) type BoxIo = Box<dyn Io>;

/// Opens connections.
#[derive(Clone)]
pub(crate) struct Dialer {
    pub(crate) tcp: HttpConnector<Resolver>,
    pub(crate) resolver: Resolver,
    /// To servers: with the versions of HTTP that they may choose from.
    pub(crate) tls: TlsConnector,
    /// To proxies, which are spoken to by HTTP/1.1 and not shown the client certificate.
    pub(crate) proxy_tls: TlsConnector,
    pub(crate) proxies: Arc<Matcher>,
    /// In place of every address.
    #[cfg(unix)]
    pub(crate) unix_socket: Option<Arc<Path>>,
}

/// An open connection.
pub(crate) struct Link {
    pub(crate) io: BoxIo,
    /// The server chose HTTP/2.
    pub(crate) http2: bool,
    /// It ends at this proxy, which takes requests for any server.
    pub(crate) proxy: Option<Intercept>,
    /// Why the server ended it, if it said so by TLS.
    pub(crate) alert: Alert,
    pub(crate) unwritten: Unwritten,
}

impl Dialer {
    /// Opens a connection on which `uri` can be requested.
    pub(crate) async fn dial(&self, uri: &Uri) -> Result<Link, HttpError> {
        let secure = uri.scheme() == Some(&Scheme::HTTPS);
        let (mut io, proxy) = self.open(uri, secure).await?;
        let (mut http2, mut alert) = (false, Alert::default());
        if secure {
            let tls = handshake(&self.tls, uri, io).await?;
            http2 = tls.get_ref().1.alpn_protocol() == Some(b"h2");
            io = Box::new(TokioIo::new(tls));
            alert = Alert::new(has_identity(&self.tls));
        }
        let unwritten = Unwritten::default();
        let io = Heard::new(io, alert.clone(), unwritten.clone());
        Ok(Link { io: Box::new(io), http2, proxy, alert, unwritten })
    }

    /// Opens what lies below TLS. With a proxy: the connection ends there.
    async fn open(&self, uri: &Uri, secure: bool) -> Result<(BoxIo, Option<Intercept>), HttpError> {
        #[cfg(unix)]
        if let Some(path) = &self.unix_socket {
            return match tokio::net::UnixStream::connect(path).await {
                Ok(stream) => Ok((Box::new(TokioIo::new(stream)), None)),
                Err(source) => Err(HttpError::Connect(UnixSocketError { path: path.to_path_buf(), source }.into())),
            };
        }
        let Some(proxy) = self.proxies.intercept(uri) else {
            return Ok((self.tcp(uri.clone()).await?, None));
        };
        let failed = |source: BoxError| {
            let proxy = proxy.uri().authority().map_or_else(String::new, ToString::to_string);
            HttpError::Proxy { proxy, source }
        };
        if let Some(scheme @ ("socks5" | "socks5h")) = proxy.uri().scheme_str() {
            let server = self.socks_address(uri, secure, scheme == "socks5").await?;
            return Ok((self.by_socks(&proxy, server).await.map_err(failed)?, None));
        }
        let io = self.to_http_proxy(proxy.uri()).await.map_err(|error| failed(error.into()))?;
        if !secure {
            return Ok((io, Some(proxy)));
        }
        Ok((tunnel(&proxy, uri, io).await.map_err(failed)?, None))
    }

    async fn to_http_proxy(&self, proxy: &Uri) -> Result<BoxIo, HttpError> {
        let io = self.tcp(proxy.clone()).await?;
        if proxy.scheme() != Some(&Scheme::HTTPS) {
            return Ok(io);
        }
        Ok(Box::new(TokioIo::new(handshake(&self.proxy_tls, proxy, io).await?)))
    }

    async fn by_socks(&self, proxy: &Intercept, server: Uri) -> Result<BoxIo, BoxError> {
        let host = proxy.uri().host().unwrap_or_default();
        // Without a port the connector would take the one of `http`.
        let to = Uri::try_from(format!("http://{host}:{}/", proxy.uri().port_u16().unwrap_or(1080)))?;
        let io = self.tcp(to.clone()).await?;
        let mut socks = SocksV5::new(to, Opened(Some(io)));
        if let Some((user, password)) = proxy.raw_auth() {
            socks = socks.with_auth(user.to_owned(), password.to_owned());
        }
        Ok(socks.call(server).await?)
    }

    /// Over TCP, to whichever address of either family answers first.
    async fn tcp(&self, uri: Uri) -> Result<BoxIo, HttpError> {
        match self.tcp.clone().call(uri).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => Err(HttpError::from_connecting(error.into())),
        }
    }

    /// What a SOCKS proxy is asked for: a host, or its address, and always a port.
    async fn socks_address(&self, uri: &Uri, secure: bool, resolve: bool) -> Result<Uri, HttpError> {
        let mut host = uri.host().unwrap_or_default().to_owned();
        if resolve && host.parse::<std::net::Ipv4Addr>().is_err() && !host.starts_with('[') {
            let name = host.parse::<Name>().map_err(|error| HttpError::Connect(error.into()))?;
            let mut addresses =
                self.resolver.clone().call(name).await.map_err(|error| HttpError::from_connecting(error.into()))?;
            if let Some(address) = addresses.next() {
                host = match address.ip() {
                    std::net::IpAddr::V4(address) => address.to_string(),
                    std::net::IpAddr::V6(address) => format!("[{address}]"),
                };
            }
        }
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        Uri::try_from(format!("http://{host}:{port}/")).map_err(|_| HttpError::bad_url(&uri.to_string()))
    }
}

/// RFC 9110, 9.3.6: through a proxy by `CONNECT`.
async fn tunnel(proxy: &Intercept, server: &Uri, io: BoxIo) -> Result<BoxIo, BoxError> {
    let mut tunnel = Tunnel::new(proxy.uri().clone(), Opened(Some(io)));
    if let Some(authorization) = proxy.basic_auth() {
        tunnel = tunnel.with_auth(authorization.clone());
    }
    Ok(tunnel.call(server.clone()).await?)
}

async fn handshake(tls: &TlsConnector, uri: &Uri, io: BoxIo) -> Result<TlsStream<TokioIo<BoxIo>>, HttpError> {
    let host = uri.host().unwrap_or_default();
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let name = ServerName::try_from(host.to_owned()).map_err(|error| HttpError::Tls(error.into()))?;
    tls.connect(name, TokioIo::new(io)).await.map_err(|error| HttpError::from_handshake(error, has_identity(tls)))
}

/// Whether a server that asks for a certificate is shown one.
fn has_identity(tls: &TlsConnector) -> bool {
    tls.config().client_auth_cert_resolver.has_certs()
}

/// A connection that is there already, for what wants to open it by itself.
struct Opened(Option<BoxIo>);

impl Service<Uri> for Opened {
    type Response = BoxIo;
    type Error = io::Error;
    type Future = Ready<io::Result<BoxIo>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(self.0.take().ok_or_else(|| io::ErrorKind::NotConnected.into()))
    }
}

/// A Unix socket that nobody listens on, that is not there or not open to this user. The link below [`HttpError::Connect`].
#[cfg(unix)]
#[derive(Debug, thiserror::Error)]
#[error("cannot connect to the Unix socket {}", path.display())]
struct UnixSocketError {
    path: PathBuf,
    source: io::Error,
}
