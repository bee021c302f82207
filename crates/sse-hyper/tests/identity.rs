//! Client certificates, demanded by a real server.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

#[path = "support/authority.rs"]
mod authority;
#[path = "support/secure.rs"]
mod secure;
mod support;

use std::sync::Arc;

use authority::{Authority, Identity};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::ring;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig};
use secure::Server;
use sse_hyper::{Cause, Connector, Failure, HttpClient, HttpError, Policy, Proxy, Tls, TlsError};
use support::{failure, next};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// How a source with these settings fails, by its first attempt.
async fn refused(server: &Server, tls: Tls) -> HttpError {
    let before = server.accepted();
    let client = HttpClient::builder().with_tls(tls).build().unwrap();
    let policy = Policy::default().with_max_failures(2);
    let (_, error) = failure(Connector::get(&server.url).unwrap().with_service(client).subscribe(policy)).await;
    match (error.limit(), error.into_failure()) {
        (None, Failure::Transport { cause: Cause::Futile, source, .. }) => {
            assert_eq!(server.accepted() - before, 1, "{source:?}");
            source
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_that_wants_to_know_who_asks() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let (right, wrong) = (ours.identity(), theirs.identity());
    let shown = |server: &Server, identity: &Identity| {
        server.tls().with_identity_pem(identity.certificate.as_bytes(), identity.key.as_bytes()).unwrap()
    };
    for (version, alpn) in [(&TLS13, &["h2"][..]), (&TLS13, &["http/1.1"]), (&TLS12, &["h2"]), (&TLS12, &["http/1.1"])]
    {
        let server = ours.serve(version, alpn).await;
        let client = HttpClient::builder().with_tls(shown(&server, &right)).build().unwrap();
        let mut source = Connector::get(&server.url).unwrap().with_service(client).subscribe(Policy::default());
        assert_eq!(next(&mut source).await.data(), "hello");

        let error = refused(&server, server.tls()).await;
        assert!(matches!(error, HttpError::ClientCertificateRequired(_)), "{version:?} {alpn:?}: {error:?}");
        let error = refused(&server, shown(&server, &wrong)).await;
        assert!(matches!(error, HttpError::ClientCertificateRefused(_)), "{version:?} {alpn:?}: {error:?}");
    }
}

#[tokio::test]
async fn who_shows_nothing_is_not_refused() {
    let identity = Authority::new("ours").identity();
    let identified = Tls::new().with_identity_pem(identity.certificate.as_bytes(), identity.key.as_bytes()).unwrap();
    for (tls, is_about_it) in [(Tls::new(), false), (identified, true)] {
        // What a firewall says to whoever asks: the alert `access_denied`, in the clear.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            stream.write_all(&[21, 3, 3, 0, 2, 2, 49]).await.unwrap();
        });
        let client = HttpClient::builder().with_tls(tls).build().unwrap();
        let policy = Policy::default().with_max_failures(1);
        let (_, error) = failure(Connector::get(&url).unwrap().with_service(client).subscribe(policy)).await;
        match (error.limit(), error.into_failure(), is_about_it) {
            (Some(_), Failure::Transport { source: HttpError::Tls(_), .. }, false)
            | (None, Failure::Transport { source: HttpError::ClientCertificateRefused(_), .. }, true) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_proxy_does_not_learn_who_asks() {
    let authority = Authority::new("ours");
    let server = authority.serve(&TLS13, &["h2"]).await;
    // A proxy that asks for a certificate, takes none as well, and tells whether it was shown one.
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".into()]).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(authority.root.der().clone()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .allow_unauthenticated()
        .build()
        .unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(clients)
        .with_single_cert(vec![cert.der().clone()], PrivatePkcs8KeyDer::from(signing_key.serialize_der()).into())
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = Proxy::new(&format!("https://localhost:{}", listener.local_addr().unwrap().port())).unwrap();
    let shown = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = TlsAcceptor::from(Arc::new(config)).accept(stream).await.unwrap();
        stream.get_ref().1.peer_certificates().is_some()
    });
    let Identity { certificate, key } = authority.identity();
    let tls = server.tls().with_ca_pem(cert.pem().as_bytes()).unwrap();
    let tls = tls.with_identity_pem(certificate.as_bytes(), key.as_bytes()).unwrap();
    let client = HttpClient::builder().with_tls(tls).with_proxy(proxy).build().unwrap();
    let policy = Policy::default().with_max_failures(1);
    let (_, error) = failure(Connector::get(&server.url).unwrap().with_service(client).subscribe(policy)).await;
    assert!(!shown.await.unwrap(), "{error:?}");
}

#[tokio::test]
async fn certificate_and_key_may_be_one_text() {
    let authority = Authority::new("ours");
    let server = authority.serve(&TLS13, &["h2"]).await;
    let Identity { certificate, key } = authority.identity();
    let both = key + &certificate;
    let tls = server.tls().with_identity_pem(both.as_bytes(), both.as_bytes()).unwrap();
    let client = HttpClient::builder().with_tls(tls).build().unwrap();
    let mut source = Connector::get(&server.url).unwrap().with_service(client).subscribe(Policy::default());
    assert_eq!(next(&mut source).await.data(), "hello");
}

#[test]
fn an_unusable_identity_is_the_callers_error() {
    let authority = Authority::new("ours");
    let (one, other) = (authority.identity(), authority.identity());
    let identity = |certificate: &str, key: &str| Tls::new().with_identity_pem(certificate.as_bytes(), key.as_bytes());
    assert!(matches!(identity("", &one.key), Err(TlsError::Pem(_))));
    assert!(matches!(identity(&one.certificate, &one.certificate), Err(TlsError::Key(_))));
    let encrypted = one.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    match identity(&one.certificate, &encrypted) {
        Err(error @ TlsError::Key(_)) => assert!(error.to_string().contains("encrypted"), "{error}"),
        other => panic!("{other:?}"),
    }
    let tls = identity(&one.certificate, &other.key).unwrap();
    let error = HttpClient::builder().with_tls(tls.clone()).build().unwrap_err();
    assert!(matches!(error, HttpError::TlsConfig(TlsError::Rustls(_))), "{error:?}");
    assert!(!format!("{tls:?}").contains("PRIVATE") && !format!("{tls:?}").contains("[48, "), "{tls:?}");
}
