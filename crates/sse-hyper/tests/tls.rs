//! The default client over TLS, with a certificate made on the spot.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

#[path = "support/by_hand.rs"]
mod by_hand;
#[path = "support/secure.rs"]
mod secure;
mod support;

use std::io::{Read as _, Write as _};
use std::time::Duration;
use std::{env, fs, process};

use by_hand::serve_by_hand;
use futures_util::StreamExt as _;
use http::Version;
use rustls::version::{TLS12, TLS13};
use secure::{Settings, serve, serve_as};
use sse_hyper::{Connector, Failure, HttpClient, HttpError, Policy, Tls, TlsError};
use support::{failure, next};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio::time::timeout;

#[tokio::test]
async fn streams_over_each_version_of_tls_and_http() {
    for (versions, alpn, expected) in [
        (&[&TLS13][..], &["h2", "http/1.1"][..], Version::HTTP_2),
        (&[&TLS12], &["h2"], Version::HTTP_2),
        (&[&TLS13], &["http/1.1"], Version::HTTP_11),
        (&[&TLS12], &[], Version::HTTP_11),
    ] {
        let mut server = serve(versions, alpn).await;
        let client = server.client();
        let mut source = Connector::get(&server.url).unwrap().with_service(client).subscribe(Policy::default());
        assert_eq!(next(&mut source).await.data(), "hello");
        assert_eq!(server.seen().await, Some(expected));
        // Dropping it closes the connection, not just a stream of it.
        drop(source);
        assert_eq!(server.seen().await, None, "{alpn:?}");
    }
}

/// RFC 8446, 6.1: a connection ends by `close_notify`, without which a server cannot know that nobody cut it.
#[tokio::test]
async fn who_is_dropped_says_goodbye() {
    for version in [&TLS12, &TLS13] {
        let (tell, mut told) = mpsc::unbounded_channel();
        let (url, pem) = serve_by_hand(version, move |mut stream| {
            stream.read_exact(&mut [0; 16]).unwrap();
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
            stream.write_all(format!("{head}data: hello\n\n").as_bytes()).unwrap();
            stream.flush().unwrap();
            // Without it, this is an error.
            tell.send(std::io::copy(&mut stream, &mut std::io::sink()).map(drop)).unwrap();
        });
        let tls = Tls::new().with_ca_pem(pem.as_bytes()).unwrap();
        let client = HttpClient::builder().with_tls(tls).build().unwrap();
        let mut source = Connector::get(&url).unwrap().with_service(client).subscribe(Policy::default());
        assert_eq!(next(&mut source).await.data(), "hello");
        drop(source);
        timeout(Duration::from_secs(20), told.recv()).await.unwrap().unwrap().unwrap();
    }
}

/// The task's budget is used up then: a stream that is ready never waits otherwise.
#[tokio::test]
async fn who_gives_up_a_busy_stream_says_goodbye_too() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let (url, pem) = serve_by_hand(&TLS13, move |mut stream| {
        stream.read_exact(&mut [0; 16]).unwrap();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
        stream.write_all((head.to_owned() + &"data: hello\n\n".repeat(1500)).as_bytes()).unwrap();
        stream.flush().unwrap();
        tell.send(std::io::copy(&mut stream, &mut std::io::sink()).map(drop)).unwrap();
    });
    let tls = Tls::new().with_ca_pem(pem.as_bytes()).unwrap();
    let client = HttpClient::builder().with_tls(tls).build().unwrap();
    let mut source = Connector::get(&url).unwrap().with_service(client).subscribe(Policy::default());
    let busy = async move {
        while let Some(event) = source.next().await {
            event.unwrap();
            // Something to do for each of them.
            std::thread::sleep(Duration::from_micros(300));
        }
    };
    assert!(timeout(Duration::from_millis(100), busy).await.is_err());
    timeout(Duration::from_secs(20), told.recv()).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let server = serve(&[&TLS13, &TLS12], &["http/1.1"]).await;
    let other = serve(&[&TLS13], &[]).await;
    for client in [HttpClient::platform(), other.client()] {
        let policy = Policy::default().with_max_failures(1);
        let source = Connector::get(&server.url).unwrap().with_service(client).subscribe(policy);
        let (_, error) = failure(source).await;
        match error.failure() {
            Failure::Transport { source: HttpError::Tls(error), .. } => assert!(!error.to_string().is_empty()),
            other => panic!("{other:?}"),
        }
    }
}

/// The platform's certificates are what a variable of the environment names, which is read by the process of another test.
#[tokio::test]
async fn whom_the_platform_trusts_is_trusted() {
    const URL: &str = "SSE_HYPER_TEST_URL";
    if let Ok(url) = env::var(URL) {
        let client = HttpClient::platform();
        let mut source = Connector::get(&url).unwrap().with_service(client).subscribe(Policy::default());
        assert_eq!(next(&mut source).await.data(), "hello");
        return;
    }
    let server = serve(&[&TLS13], &[]).await;
    let roots = env::temp_dir().join(format!("sse-hyper-roots-{}.pem", process::id()));
    fs::write(&roots, &server.pem).unwrap();
    let mut reader = Command::new(env::current_exe().unwrap());
    reader.args(["whom_the_platform_trusts_is_trusted", "--exact"]).kill_on_drop(true);
    reader.env("SSL_CERT_FILE", &roots).env_remove("SSL_CERT_DIR").env(URL, &server.url);
    let output = timeout(Duration::from_secs(60), reader.output()).await;
    fs::remove_file(&roots).unwrap();
    let output = output.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// The time for connecting covers TLS too, and a server that takes the connection and says nothing.
#[tokio::test]
async fn a_handshake_that_is_not_answered_takes_no_longer_than_allowed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    let client = HttpClient::builder().with_connect_timeout(Duration::from_millis(100)).build().unwrap();
    let policy = Policy::default().with_max_failures(1);
    let source = Connector::get(&url).unwrap().with_service(client).subscribe(policy);
    let (_, error) = timeout(Duration::from_secs(20), failure(source)).await.unwrap();
    match error.failure() {
        Failure::Transport { source: HttpError::Connect(error), .. } => assert_eq!(error.to_string(), "timed out"),
        other => panic!("{other:?}"),
    }
    drop(listener);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let server = serve_as(Settings { names: &["example.org"], versions: &[&TLS13], ..Settings::default() }).await;
    let policy = Policy::default().with_max_failures(1);
    let source = Connector::get(&server.url).unwrap().with_service(server.client()).subscribe(policy);
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
    let mut source = Connector::get(&url).unwrap().with_service(server.client()).subscribe(Policy::default());
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
    let mut source = Connector::get(&plain).unwrap().with_service(server.client()).subscribe(Policy::default());
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
