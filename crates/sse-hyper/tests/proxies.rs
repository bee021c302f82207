//! Proxies, each a program of somebody else's: tinyproxy (HTTP) and microsocks (SOCKS 5).
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

#[path = "support/programs.rs"]
mod programs;
#[path = "support/secure.rs"]
mod secure;
mod support;

use std::error::Error as _;
use std::net::Ipv4Addr;
use std::sync::Arc;

use programs::{free, microsocks, plain_server, tinyproxy};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::version::TLS13;
use secure::serve;
use sse_hyper::{Cause, Connector, Failure, HttpClient, HttpError, Policy, Proxy};
use support::{failure, next};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

fn client(server: &secure::Server, proxy: &str) -> HttpClient {
    HttpClient::builder().with_tls(server.tls()).with_proxy(Proxy::new(proxy).unwrap()).build().unwrap()
}

/// How the first attempt fails.
async fn refused(url: &str, client: HttpClient) -> Failure<http::response::Parts, HttpError> {
    let policy = Policy::default().with_max_failures(1);
    failure(Connector::get(url).unwrap().with_service(client).subscribe(policy)).await.1.into_failure()
}

#[tokio::test]
async fn events_come_through_a_proxy_as_they_are_sent() {
    let (http, socks) = (tinyproxy(), microsocks());
    let server = serve(&[&TLS13], &["h2"]).await;
    for proxy in [
        format!("http://user:secret@{}", http.address),
        format!("user:secret@{}", http.address),
        format!("socks5://user:secret@{}", socks.address),
        format!("socks5h://user:secret@{}", socks.address),
    ] {
        // TLS, and HTTP/2 in it, is settled with the server.
        let client = client(&server, &proxy);
        let mut source = Connector::get(&server.url).unwrap().with_service(client.clone()).subscribe(Policy::default());
        assert_eq!(next(&mut source).await.data(), "hello", "{proxy}");

        let (url, request) = plain_server().await;
        let mut source = Connector::get(&url).unwrap().with_service(client).subscribe(Policy::default());
        assert_eq!(next(&mut source).await.data(), "hello", "{proxy}");
        let request = request.await.unwrap();
        assert!(request.starts_with("GET /path?query HTTP/1.1\r\n"), "{request}");
        assert!(!request.contains("secret") && !request.to_lowercase().contains("proxy-authorization"), "{request}");
        // tinyproxy says of itself that it was there.
        assert_eq!(request.to_lowercase().contains("via: "), !proxy.starts_with("socks"), "{request}");
    }
}

#[tokio::test]
async fn a_proxy_may_be_reached_by_tls() {
    let http = tinyproxy();
    let server = serve(&[&TLS13], &["h2"]).await;
    // tinyproxy knows no TLS: a terminator in front of it.
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".into()]).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], PrivatePkcs8KeyDer::from(signing_key.serialize_der()).into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("https://user:secret@localhost:{}", listener.local_addr().unwrap().port());
    let behind = http.address;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut behind = TcpStream::connect(behind).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut behind).await;
            });
        }
    });
    let tls = server.tls().with_ca_pem(cert.pem().as_bytes()).unwrap();
    let trusting = HttpClient::builder().with_tls(tls).with_proxy(Proxy::new(&proxy).unwrap()).build().unwrap();
    let mut source = Connector::get(&server.url).unwrap().with_service(trusting.clone()).subscribe(Policy::default());
    assert_eq!(next(&mut source).await.data(), "hello");
    let (url, _request) = plain_server().await;
    let mut source = Connector::get(&url).unwrap().with_service(trusting).subscribe(Policy::default());
    assert_eq!(next(&mut source).await.data(), "hello");

    match refused(&server.url, client(&server, &proxy)).await {
        Failure::Transport { source: HttpError::Proxy { source, .. }, .. } => {
            assert!(matches!(source.downcast_ref(), Some(HttpError::Tls(_))), "{source:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn errors_say_that_it_was_the_proxy() {
    let (http, socks) = (tinyproxy(), microsocks());
    let server = serve(&[&TLS13], &["h2"]).await;
    let nobody = free();
    for (proxy, at, expected) in [
        // tinyproxy answers 401, others 407.
        (format!("http://user:wrong@{}", http.address), http.address, "tunnel"),
        (format!("http://{}", http.address), http.address, "authorization"),
        (format!("socks5://user:wrong@{}", socks.address), socks.address, ""),
        (format!("socks5h://{}", socks.address), socks.address, ""),
        (format!("http://user:secret@{nobody}"), nobody, "refused"),
        (format!("socks5://user:secret@{nobody}"), nobody, "refused"),
    ] {
        match refused(&server.url, client(&server, &proxy)).await {
            Failure::Transport { source: error @ HttpError::Proxy { .. }, .. } => {
                let chain: Vec<_> =
                    std::iter::successors(Some(&error as &dyn std::error::Error), |error| (*error).source())
                        .map(ToString::to_string)
                        .collect();
                assert!(chain[0].contains(&at.to_string()), "{chain:?}");
                assert!(chain.join(": ").contains(expected), "{proxy}: {chain:?}");
                assert!(!format!("{chain:?} {error:?}").contains("wrong"), "no password: {error:?}");
            }
            other => panic!("{proxy}: {other:?}"),
        }
    }
    // The proxy is there and the server is not.
    let gone = format!("https://{}/", free());
    for proxy in [format!("http://user:secret@{}", http.address), format!("socks5://user:secret@{}", socks.address)] {
        let failure = refused(&gone, client(&server, &proxy)).await;
        assert!(matches!(failure, Failure::Transport { source: HttpError::Proxy { .. }, .. }), "{failure:?}");
    }
    // What is asked of the proxy itself, it answers by HTTP.
    let failure = refused("http://127.0.0.1:1/", client(&server, &format!("http://{}", http.address))).await;
    assert!(matches!(failure.cause(), Cause::Status { status: 407, .. }), "{failure:?}");
}

#[tokio::test]
async fn exceptions_go_straight() {
    let server = serve(&[&TLS13], &["h2"]).await;
    let nowhere = Proxy::new(&format!("http://{}", free())).unwrap();
    for (host, list, direct) in [
        ("localhost", "localhost", true),
        ("localhost", " example.org , localhost", true),
        ("localhost", "*", true),
        ("127.0.0.1", "example.org, *", true),
        ("127.0.0.1", "10.0.0.0/8,127.0.0.0/8", true),
        ("127.0.0.1", "127.0.0.1", true),
        ("127.0.0.1", "localhost", false),
        ("localhost", "example.org", false),
        ("localhost", "", false),
    ] {
        let client = HttpClient::builder().with_tls(server.tls()).with_proxy(nowhere.clone().except(list));
        let policy = Policy::default().with_max_failures(1);
        let url = format!("https://{host}:{}/", server.address.port());
        let mut source = Connector::get(&url).unwrap().with_service(client.build().unwrap()).subscribe(policy);
        if direct {
            assert_eq!(next(&mut source).await.data(), "hello", "{host} {list:?}");
        } else {
            failure(source).await;
        }
    }
}

#[tokio::test]
async fn names_are_resolved_by_whom_the_scheme_says() {
    let socks = microsocks();
    for (scheme, here) in [("socks5", true), ("socks5h", false)] {
        let (url, _request) = plain_server().await;
        // A name that only this client knows.
        let url = url.replace("127.0.0.1", "only-here.invalid");
        let proxy = Proxy::new(&format!("{scheme}://user:secret@{}", socks.address)).unwrap();
        let client = HttpClient::builder()
            .with_proxy(proxy)
            .with_addresses("only-here.invalid", [Ipv4Addr::LOCALHOST.into()])
            .build()
            .unwrap();
        if here {
            let mut source = Connector::get(&url).unwrap().with_service(client).subscribe(Policy::default());
            assert_eq!(next(&mut source).await.data(), "hello");
        } else {
            let failure = refused(&url, client).await;
            assert!(matches!(failure, Failure::Transport { source: HttpError::Proxy { .. }, .. }), "{failure:?}");
        }
    }
}

#[test]
fn what_is_no_proxy_is_refused() {
    for url in ["", "ftp://user:secret@a.test", "socks4://a.test", "http://", "http://user:secret@a b"] {
        match Proxy::new(url) {
            Err(error @ HttpError::ProxyUrl { variable: None, .. }) => {
                let text = format!("{error} {error:?}");
                assert!(text.contains("socks5h") && !text.contains("secret"), "{text}");
                assert!(error.source().is_none());
            }
            other => panic!("{url:?}: {other:?}"),
        }
    }
    let proxy = Proxy::new("http://user:secret@a.test:3128").unwrap();
    assert!(!format!("{proxy:?} {:?}", HttpClient::builder().with_proxy(proxy.clone())).contains("secret"));
}
