//! reqwest's proxies, each a program of somebody else's: tinyproxy (HTTP) and microsocks (SOCKS 5).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

#[path = "../../crates/sse-hyper/tests/support/programs.rs"]
mod programs;
#[path = "../../crates/sse-hyper/tests/support/secure.rs"]
mod secure;
#[path = "../../crates/sse-reqwest/tests/support/mod.rs"]
mod support;
mod trust;

use programs::{free, microsocks, plain_server, tinyproxy};
use reqwest::{Client, Proxy};
use rustls::version::TLS13;
use secure::{Server, serve};
use sse_reqwest::{Connector, Failure, HttpError, RequestBuilderExt as _};
use support::{failure, next, quick};
use trust::{trusting, with_cryptography};

fn client(server: &Server, proxy: &str) -> Client {
    trusting(&server.pem).proxy(Proxy::all(proxy).unwrap()).build().unwrap()
}

#[tokio::test]
async fn events_come_through_a_proxy_as_they_are_sent() {
    let (http, socks) = (tinyproxy(), microsocks());
    let server = serve(&[&TLS13], &["h2"]).await;
    for proxy in [
        format!("http://user:secret@{}", http.address),
        format!("socks5://user:secret@{}", socks.address),
        format!("socks5h://user:secret@{}", socks.address),
    ] {
        // TLS, and HTTP/2 in it, is settled with the server.
        let client = client(&server, &proxy);
        let mut source = client.get(&server.url).event_source().unwrap();
        assert_eq!(next(&mut source).await.data(), "hello", "{proxy}");

        let (url, request) = plain_server().await;
        let mut source = client.get(&url).event_source().unwrap();
        assert_eq!(next(&mut source).await.data(), "hello", "{proxy}");
        let request = request.await.unwrap();
        assert!(request.starts_with("GET /path?query HTTP/1.1\r\n"), "{request}");
        assert!(!request.contains("secret"), "{request}");
        // tinyproxy says of itself that it was there.
        assert_eq!(request.to_lowercase().contains("via: "), !proxy.starts_with("socks"), "{request}");
    }
}

#[tokio::test]
async fn a_proxy_that_lets_nothing_pass_is_a_failed_connection() {
    let (http, socks) = (tinyproxy(), microsocks());
    let server = serve(&[&TLS13], &["h2"]).await;
    let nobody = free();
    for proxy in [
        format!("http://user:wrong@{}", http.address),
        format!("http://{}", http.address),
        format!("socks5://user:wrong@{}", socks.address),
        format!("socks5h://{}", socks.address),
        format!("http://user:wrong@{nobody}"),
        format!("socks5://user:wrong@{nobody}"),
    ] {
        let request = client(&server, &proxy).get(&server.url);
        let (_, error) = failure(Connector::new(request).unwrap().subscribe(quick().with_max_failures(2))).await;
        match (error.limit(), error.into_failure()) {
            (Some(_), Failure::Transport { source: error @ HttpError::Connect(_), .. }) => {
                assert!(!format!("{error:?} {error}").contains("wrong"), "no password: {error:?}");
            }
            other => panic!("{proxy}: {other:?}"),
        }
    }
    assert_eq!(server.accepted(), 0);
}

/// A process of its own for each environment, which is this test again: the client asks it when it is made. (To reqwest,
/// `*` is every name, and no address.)
#[tokio::test]
async fn the_environment_says_which_proxy_and_for_whom_none() {
    const URL: &str = "THE_URL_OF_THIS_TEST";
    if let Ok(url) = std::env::var(URL) {
        drop(with_cryptography());
        let client = Client::new();
        let mut source = client.get(&url).event_source().unwrap();
        assert_eq!(next(&mut source).await.data(), "hello");
        return;
    }
    let proxy = tinyproxy();
    let proxy = format!("http://user:secret@{}", proxy.address);
    for (except, is_proxied) in
        [("", true), ("example.org", true), ("127.0.0.0/8", false), ("example.org, 127.0.0.1", false)]
    {
        let (url, request) = plain_server().await;
        let mut again = tokio::process::Command::new(std::env::current_exe().unwrap());
        again.args(["--exact", "the_environment_says_which_proxy_and_for_whom_none"]);
        for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "no_proxy", "REQUEST_METHOD"] {
            again.env_remove(name);
        }
        let output = again.env(URL, url).env("HTTP_PROXY", &proxy).env("NO_PROXY", except).output().await.unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && told.contains("1 passed"), "{except}: {told}");
        let request = request.await.unwrap().to_lowercase();
        assert_eq!(request.contains("via: "), is_proxied, "{except}: {request}");
    }
}
