//! HTTPS with TLS 1.2 and 1.3: made-up certificates, files, HTTP/2 by ALPN, and another implementation of TLS.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, version};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::process::{Demo, fail};

/// A certificate for `localhost` and its key, in files.
struct Files {
    directory: PathBuf,
    certificate: rcgen::Certificate,
}

impl Files {
    fn make(test: &str) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        std::fs::create_dir_all(&directory).unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(directory.join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(directory.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        Self { directory, certificate: made.cert }
    }

    fn path(&self, file: &str) -> String {
        self.directory.join(file).to_str().unwrap().to_owned()
    }

    /// Connects to the demo as `localhost`, trusting nothing but this certificate.
    async fn connect(
        &self,
        demo: &Demo,
        version: &'static SupportedProtocolVersion,
        protocols: &[&[u8]],
    ) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        let socket = TcpStream::connect(demo.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, socket).await.unwrap()
    }
}

fn request(uri: &str) -> http::Request<Empty<Bytes>> {
    http::Request::get(uri).header("host", "localhost").body(Empty::new()).unwrap()
}

async fn block(body: &mut hyper::body::Incoming) -> Option<String> {
    let frame = body.frame().await?.unwrap();
    Some(String::from_utf8(frame.into_data().unwrap().into()).unwrap())
}

#[tokio::test]
async fn both_versions_with_a_certificate_from_files() {
    let files = Files::make("both_versions");
    let demo = Demo::start(&["--cert", &files.path("cert.pem"), "--key", &files.path("key.pem")]);
    for version in [&version::TLS12, &version::TLS13] {
        let stream = files.connect(&demo, version, &[]).await;
        assert_eq!(stream.get_ref().1.protocol_version(), Some(version.version));
        // Without ALPN it is HTTP/1.1.
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut body = sender.send_request(request("/stream/date")).await.unwrap().into_body();
        assert_eq!(block(&mut body).await.unwrap(), "retry: 10000\n\n");
        assert!(block(&mut body).await.unwrap().contains("event: date"));
    }
}

#[tokio::test]
async fn http2_by_alpn_and_its_clean_end() {
    let files = Files::make("http2");
    let mut demo = Demo::start(&["--cert", &files.path("cert.pem"), "--key", &files.path("key.pem")]);
    let stream = files.connect(&demo, &version::TLS13, &[b"h2", b"http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    // More streams on one connection than a browser opens over HTTP/1.1.
    let mut bodies = Vec::new();
    for _ in 0..20 {
        let response = sender.clone().send_request(request("https://localhost/stream/date")).await.unwrap();
        assert_eq!(response.version(), http::Version::HTTP_2);
        bodies.push(response.into_body());
    }
    for body in &mut bodies {
        assert_eq!(block(body).await.unwrap(), "retry: 10000\n\n");
        assert!(block(body).await.unwrap().contains("event: date"));
    }
    demo.signal("INT");
    for mut body in bodies {
        let mut last = String::new();
        while let Some(block) = block(&mut body).await {
            last = block;
        }
        assert!(last.starts_with("retry: "), "{last:?}");
    }
    assert_eq!(demo.ended().code(), Some(0));
}

#[tokio::test]
async fn head_over_http2_has_no_body() {
    let files = Files::make("head");
    let demo = Demo::start(&["--cert", &files.path("cert.pem"), "--key", &files.path("key.pem")]);
    let stream = files.connect(&demo, &version::TLS13, &[b"h2"]).await;
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    for path in ["", "stream/date", "stream/load", "stream/tokens"] {
        let mut asked = request(&format!("https://localhost/{path}"));
        *asked.method_mut() = http::Method::HEAD;
        let mut response = sender.send_request(asked).await.unwrap();
        assert_eq!(response.status(), 200);
        let length = response.headers().get("content-length").map(|length| length.to_str().unwrap() != "0");
        assert_eq!(length, path.is_empty().then_some(true), "that of the page, and none of a stream");
        assert!(response.body_mut().frame().await.is_none(), "{path:?}");
    }
}

#[tokio::test]
async fn http1_by_alpn() {
    let files = Files::make("http1");
    let demo = Demo::start(&["--cert", &files.path("cert.pem"), "--key", &files.path("key.pem")]);
    let stream = files.connect(&demo, &version::TLS13, &[b"http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
}

/// Takes the made-up certificate from the server, trusts it and nothing else, and connects by each name and version.
const PYTHON: &str = r#"
import socket, ssl, sys
host, port = sys.argv[1], int(sys.argv[2])
trusted = ssl.get_server_certificate((host, port))
for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    for name in ("localhost", "127.0.0.1", "::1"):
        context = ssl.create_default_context(cadata=trusted)
        context.minimum_version = context.maximum_version = version
        context.set_alpn_protocols(["http/1.1"])
        with context.wrap_socket(socket.create_connection((host, port)), server_hostname=name) as tls:
            tls.sendall(b"GET /stream/date HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = b""
            while b"event: date" not in answer:
                read = tls.recv(4096)
                assert read, answer
                answer += read
            print(tls.version(), name, answer.split(b"\r\n")[0].decode())
"#;

#[test]
fn openssl_agrees_and_the_made_up_certificate_is_for_this_machine() {
    let demo = Demo::start(&["--tls"]);
    let (host, port) = (demo.address.ip().to_string(), demo.address.port().to_string());
    let output = match Command::new("python3").args(["-c", PYTHON, &host, &port]).output() {
        Ok(output) => output,
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "python3 is needed: {error}");
            #[expect(clippy::print_stderr, reason = "a skip should be loud")]
            {
                eprintln!("SKIPPED: python3 is not installed: {error}");
            }
            return;
        }
    };
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let expected = ["TLSv1.2", "TLSv1.3"]
        .map(|version| {
            ["localhost", "127.0.0.1", "::1"].map(|name| format!("{version} {name} HTTP/1.1 200 OK\n")).concat()
        })
        .concat();
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
}

#[test]
fn bad_files_are_told_with_option_and_name() {
    let (files, other) = (Files::make("bad_files"), Files::make("bad_files_other"));
    let (cert, key) = (files.path("cert.pem"), files.path("key.pem"));
    let empty = files.path("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let broken = files.path("broken.pem");
    std::fs::write(&broken, "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n").unwrap();
    let nonsense = files.path("nonsense.pem");
    std::fs::write(&nonsense, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let (missing, other_key) = (files.path("missing.pem"), other.path("key.pem"));
    for (cert, key, named) in [
        (&missing, &key, ["--cert", &missing]),
        (&cert, &missing, ["--key", &missing]),
        (&empty, &key, ["--cert", &empty]),
        (&broken, &key, ["--cert", &broken]),
        (&nonsense, &key, ["--cert", &nonsense]),
        (&key, &key, ["--cert", &key]),
        (&cert, &cert, ["--key", &cert]),
        (&cert, &other_key, ["--key", &other_key]),
    ] {
        let (code, stderr) = fail("127.0.0.1:0", &["--cert", cert, "--key", key]);
        assert_eq!(code, 1, "{stderr}");
        assert!(named.iter().all(|name| stderr.contains(name)), "{stderr}");
    }
}
