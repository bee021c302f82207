//! The default client over TLS, with a certificate made on the spot.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

mod support;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{Request, Response, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::version::{TLS12, TLS13};
use sse_hyper::{Connector, EventBody, Failure, HttpClient, HttpError, Policy, Tls, TlsError};
use support::{failure, next};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// A server of one endless event stream, and what it tells of each connection.
struct Server {
    url: String,
    /// Its certificate.
    pem: String,
    /// The version of each request, and `None` when a connection is gone.
    seen: mpsc::UnboundedReceiver<Option<Version>>,
}

impl Server {
    async fn seen(&mut self) -> Option<Version> {
        timeout(Duration::from_secs(20), self.seen.recv()).await.expect("the server sees something").unwrap()
    }
}

async fn serve(versions: &[&'static rustls::SupportedProtocolVersion], alpn: &[&str]) -> Server {
    serve_as(&["localhost", "127.0.0.1"], versions, alpn).await
}

async fn serve_as(names: &[&str], versions: &[&'static rustls::SupportedProtocolVersion], alpn: &[&str]) -> Server {
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key.into())
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    let (tell, seen) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (acceptor, tell) = (acceptor.clone(), tell.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                let service = service_fn(|request| respond(request, tell.clone()));
                let io = TokioIo::new(stream);
                if http2 {
                    let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                        .serve_connection(io, service)
                        .await;
                } else {
                    let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
                }
                let _ = tell.send(None);
            });
        }
    });
    Server { url, pem: cert.pem(), seen }
}

type Blocks = stream::BoxStream<'static, Result<Bytes, Infallible>>;

async fn respond(
    request: Request<Incoming>,
    tell: mpsc::UnboundedSender<Option<Version>>,
) -> Result<Response<EventBody<Blocks>>, Infallible> {
    let _ = tell.send(Some(request.version()));
    let first = stream::iter([Ok(Bytes::from_static(b"data: hello\n\n"))]);
    Ok(EventBody::new(first.chain(stream::pending()).boxed()).into_response())
}

fn trusting(server: &Server) -> HttpClient {
    HttpClient::builder().with_tls(Tls::new().with_ca_pem(server.pem.as_bytes()).unwrap()).build().unwrap()
}

#[tokio::test]
async fn streams_over_each_version_of_tls_and_http() {
    for (versions, alpn, expected) in [
        (&[&TLS13][..], &["h2", "http/1.1"][..], Version::HTTP_2),
        (&[&TLS12], &["h2"], Version::HTTP_2),
        (&[&TLS13], &["http/1.1"], Version::HTTP_11),
        (&[&TLS12], &[], Version::HTTP_11),
    ] {
        let mut server = serve(versions, alpn).await;
        let client = trusting(&server);
        let mut source = Connector::get(&server.url).unwrap().with_service(client).subscribe(Policy::default());
        assert_eq!(next(&mut source).await.data(), "hello");
        assert_eq!(server.seen().await, Some(expected));
        // Dropping it closes the connection, not just a stream of it.
        drop(source);
        assert_eq!(server.seen().await, None, "{alpn:?}");
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let server = serve(&[&TLS13, &TLS12], &["http/1.1"]).await;
    let other = serve(&[&TLS13], &[]).await;
    for client in [HttpClient::platform(), trusting(&other)] {
        let policy = Policy::default().with_max_failures(1);
        let source = Connector::get(&server.url).unwrap().with_service(client).subscribe(policy);
        let (_, error) = failure(source).await;
        match error.failure() {
            Failure::Transport { source: HttpError::Tls(error), .. } => assert!(!error.to_string().is_empty()),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let server = serve_as(&["example.org"], &[&TLS13], &[]).await;
    let policy = Policy::default().with_max_failures(1);
    let source = Connector::get(&server.url).unwrap().with_service(trusting(&server)).subscribe(policy);
    let (_, error) = failure(source).await;
    match error.failure() {
        Failure::Transport { source: HttpError::Tls(error), .. } => {
            let text = format!("{error:?}");
            assert!(text.contains("example.org"), "the error says what the certificate is for: {text}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_address_in_a_certificate_counts() {
    let server = serve(&[&TLS13], &[]).await;
    let url = server.url.replace("localhost", "127.0.0.1");
    let mut source = Connector::get(&url).unwrap().with_service(trusting(&server)).subscribe(Policy::default());
    assert_eq!(next(&mut source).await.data(), "hello");
}

#[tokio::test]
async fn any_certificate_is_accepted_on_demand() {
    for versions in [&[&TLS13][..], &[&TLS12]] {
        let server = serve(versions, &["h2"]).await;
        let client = HttpClient::builder().with_tls(Tls::new().dangerous_accept_any_certificate()).build().unwrap();
        let mut source = Connector::get(&server.url).unwrap().with_service(client).subscribe(Policy::default());
        assert_eq!(next(&mut source).await.data(), "hello");
    }
}

#[tokio::test]
async fn a_redirect_may_lead_to_tls() {
    let mut server = serve(&[&TLS13], &["h2"]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain = format!("http://{}/", listener.local_addr().unwrap());
    let to = server.url.clone();
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await;
        let moved = format!("HTTP/1.1 301 Moved\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(moved.as_bytes()).await.unwrap();
    });
    let mut source = Connector::get(&plain).unwrap().with_service(trusting(&server)).subscribe(Policy::default());
    assert_eq!(next(&mut source).await.data(), "hello");
    assert_eq!(server.seen().await, Some(Version::HTTP_2));
}

#[test]
fn text_without_a_certificate_is_an_error() {
    for pem in ["", "hello", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"] {
        assert!(matches!(Tls::new().with_ca_pem(pem.as_bytes()), Err(TlsError::Pem(_))), "{pem:?}");
    }
    let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let tls = Tls::new().with_ca_pem(nonsense.as_bytes()).unwrap();
    let error = HttpClient::builder().with_tls(tls).build().unwrap_err();
    assert!(matches!(error, HttpError::TlsConfig(TlsError::Rustls(_))), "{error:?}");
}

#[tokio::test]
async fn settings_that_are_unusable_end_it_at_once() {
    // What the default client would say on its first request.
    let broken = support::Server::new([support::Answer::Fail(HttpError::from(TlsError::Pem(None)).into())]);
    let source = Connector::get("https://a.test/").unwrap().with_service(broken).subscribe(Policy::default());
    let (_, error) = failure(source).await;
    assert!(matches!(error.failure(), Failure::Transport { source: HttpError::TlsConfig(_), .. }), "{error:?}");
}
