//! A server of event streams over TLS, with certificates made on the spot.
#![allow(dead_code)] // each test file uses its part

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::ring;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::server::danger::ClientCertVerifier;
use rustls::{ServerConfig, SupportedProtocolVersion};
use sse_hyper::{EventBody, HttpClient, Tls};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// What a server is made of.
pub(crate) struct Settings<'a> {
    pub(crate) names: &'a [&'a str],
    pub(crate) versions: &'a [&'static SupportedProtocolVersion],
    pub(crate) alpn: &'a [&'a str],
    /// Whom it lets in; `None`: everybody.
    pub(crate) clients: Option<Arc<dyn ClientCertVerifier>>,
    /// How many requests at a time an HTTP/2 connection takes.
    pub(crate) max_streams: u32,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Self { names: &["localhost", "127.0.0.1"], versions: &[], alpn: &[], clients: None, max_streams: 200 }
    }
}

/// A server of endless event streams, and what it tells of each connection. What it answers depends on the path:
///
/// * `/flood`: events without end, as fast as they are taken;
/// * `/misdirected`: 421 unless it is the connection's first request;
/// * `/silent`: nothing, ever, on the first connection;
/// * `/refused`: on the first connection, a reset that says that the request was not looked at;
/// * `/reset`: a reset that says nothing of that, and `/over` one that says that nothing went wrong;
/// * `/moved`: a redirect to `/`;
/// * any of a URL that names a user, which no request may: 400;
/// * any other: one event, whose type is the number of the connection.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) address: SocketAddr,
    /// Its certificate.
    pub(crate) pem: String,
    /// Connections so far.
    pub(crate) accepted: Arc<AtomicUsize>,
    /// Lets go of every connection in a friendly way: the streams on it go on.
    pub(crate) retire: Arc<Notify>,
    /// The version of each request, and `None` when a connection is gone.
    seen: mpsc::UnboundedReceiver<Option<Version>>,
}

impl Server {
    pub(crate) async fn seen(&mut self) -> Option<Version> {
        timeout(Duration::from_secs(20), self.seen.recv()).await.expect("the server sees something").unwrap()
    }

    /// The connections so far.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Settings that trust it.
    pub(crate) fn tls(&self) -> Tls {
        Tls::new().with_ca_pem(self.pem.as_bytes()).unwrap()
    }

    /// A client that trusts it.
    pub(crate) fn client(&self) -> HttpClient {
        HttpClient::builder().with_tls(self.tls()).build().unwrap()
    }
}

pub(crate) async fn serve(versions: &[&'static SupportedProtocolVersion], alpn: &[&str]) -> Server {
    serve_as(Settings { versions, alpn, ..Settings::default() }).await
}

pub(crate) async fn serve_as(settings: Settings<'_>) -> Server {
    let names: Vec<_> = settings.names.iter().map(ToString::to_string).collect();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(settings.versions)
        .unwrap();
    let config = match settings.clients {
        Some(clients) => config.with_client_cert_verifier(clients),
        None => config.with_no_client_auth(),
    };
    let mut config = config.with_single_cert(vec![cert.der().clone()], key.into()).unwrap();
    config.alpn_protocols = settings.alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let url = format!("https://localhost:{}/", address.port());
    let (tell, seen) = mpsc::unbounded_channel();
    let (accepted, retire) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    tokio::spawn({
        let (accepted, retire) = (Arc::clone(&accepted), Arc::clone(&retire));
        async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = accepted.fetch_add(1, Ordering::Relaxed) + 1;
                let (acceptor, tell, retire) = (acceptor.clone(), tell.clone(), Arc::clone(&retire));
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                    let requests = AtomicUsize::new(0);
                    let service = service_fn(|request| {
                        let _ = tell.send(Some(request.version()));
                        respond(request, number, requests.fetch_add(1, Ordering::Relaxed))
                    });
                    let io = TokioIo::new(stream);
                    if http2 {
                        let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                            .max_concurrent_streams(settings.max_streams)
                            .serve_connection(io, service);
                        let mut connection = std::pin::pin!(connection);
                        tokio::select! {
                            _ = connection.as_mut() => {}
                            () = retire.notified() => {
                                connection.as_mut().graceful_shutdown();
                                let _ = connection.await;
                            }
                        }
                    } else {
                        let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
                    }
                    let _ = tell.send(None);
                });
            }
        }
    });
    Server { url, address, pem: cert.pem(), accepted, retire, seen }
}

type Blocks = stream::BoxStream<'static, Result<Bytes, Infallible>>;

async fn respond(
    request: Request<Incoming>,
    connection: usize,
    earlier: usize,
) -> Result<Response<EventBody<Blocks>>, h2::Error> {
    let first = Bytes::from(format!("event: {connection}\ndata: hello\n\n"));
    let first = stream::iter([Ok(first)]);
    let mut status = StatusCode::OK;
    let blocks = match request.uri().path() {
        "/flood" => {
            let block = Bytes::from(format!("data: {}\n\n", "x".repeat(16 * 1024)));
            first.chain(stream::repeat_with(move || Ok(block.clone()))).boxed()
        }
        "/silent" if connection == 1 => std::future::pending().await,
        "/refused" if connection == 1 => return Err(h2::Reason::REFUSED_STREAM.into()),
        "/reset" => return Err(h2::Reason::INTERNAL_ERROR.into()),
        "/over" => return Err(h2::Reason::NO_ERROR.into()),
        "/moved" => {
            status = StatusCode::FOUND;
            stream::empty().boxed()
        }
        _ if request.uri().authority().is_some_and(|authority| authority.as_str().contains('@')) => {
            status = StatusCode::BAD_REQUEST;
            stream::empty().boxed()
        }
        "/misdirected" if earlier > 0 => {
            status = StatusCode::MISDIRECTED_REQUEST;
            stream::empty().boxed()
        }
        _ => first.chain(stream::pending()).boxed(),
    };
    let mut response = EventBody::new(blocks).into_response();
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::LOCATION, http::HeaderValue::from_static("/"));
    Ok(response)
}
