//! The ways to a server, as a shell names them.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::server::{open_stream, serve};
use crate::{run, sse, text};

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: hello\n\n";

/// A directory that is removed again.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sse-tail-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_client_certificate_is_shown() {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let root = params.self_signed(&key).unwrap();
    let authority = Issuer::new(params, key);
    let made = |name: &str| {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &authority).unwrap(), key)
    };
    let (certificate, key) = made("localhost");
    let mut roots = RootCertStore::empty();
    roots.add(root.der().clone()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().unwrap();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(clients)
        .with_single_cert(vec![certificate.der().clone()], key.into())
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(config.clone()).unwrap();
            let mut stream = StreamOwned::new(connection, stream.unwrap());
            if stream.read(&mut [0; 4096]).is_ok() {
                let _ = stream.write_all(HELLO.as_bytes());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });

    let files = Directory::new("certificate");
    let root = files.file("root.pem", &root.pem());
    let (certificate, key) = made("client");
    let both = files.file("both.pem", &(certificate.pem() + &key.serialize_pem()));
    let cert = files.file("cert.pem", &certificate.pem());
    let key = files.file("key.pem", &key.serialize_pem());
    for shown in [&["--cert", &cert, "--key", &key][..], &["-E", &both]] {
        let output = run(&[&["tail", "--once", "--json", "--cacert", &root, &url], shown].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(text(&output.stdout).contains("hello"));
    }
    for (shown, says) in [
        (&[][..], "the server demands a client certificate"),
        (&["--cert", "nosuch.pem"], "--cert: cannot read nosuch.pem"),
        (&["--cert", &cert], "no private key"),
        (&["--cert", &key], "no certificate"),
    ] {
        let output = run(&[&["tail", "--once", "--cacert", &root, &url], shown].concat());
        assert_eq!(output.status.code(), Some(1), "{shown:?}");
        assert!(text(&output.stderr).contains(says), "{shown:?}: {}", text(&output.stderr));
    }
}

#[cfg(unix)]
#[test]
fn a_unix_socket_is_asked() {
    let files = Directory::new("socket");
    let path = files.0.join("server.sock");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let asked = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let length = stream.read(&mut request).unwrap();
        stream.write_all(HELLO.as_bytes()).unwrap();
        String::from_utf8(request[..length].to_vec()).unwrap()
    });
    let output = run(&["tail", "--once", "--unix-socket", path.to_str().unwrap(), "http://nowhere.invalid/events?a=b"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("hello"));
    let request = asked.join().unwrap();
    assert!(request.starts_with("GET /events?a=b HTTP/1.1\r\n") && request.contains("nowhere.invalid"), "{request}");
}

/// tinyproxy, while this lives.
struct Tinyproxy {
    process: Child,
    port: u16,
    _files: Directory,
}

impl Tinyproxy {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let files = Directory::new("proxy");
        let settings = format!("Port {port}\nListen 127.0.0.1\nBasicAuth user secret\nLogLevel Critical\n");
        let settings = files.file("tinyproxy.conf", &settings);
        let process = Command::new("tinyproxy").args(["-d", "-c", &settings]).stdout(Stdio::null()).spawn();
        let process = process.unwrap_or_else(|error| panic!("tinyproxy: {error} (apt-get install tinyproxy-bin)"));
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(20), "tinyproxy listens");
            thread::sleep(Duration::from_millis(10));
        }
        Self { process, port, _files: files }
    }
}

impl Drop for Tinyproxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn proxies_come_from_the_option_and_from_the_environment() {
    let tinyproxy = Tinyproxy::start();
    let proxy = format!("http://user:secret@127.0.0.1:{}", tinyproxy.port);
    let nowhere = "http://127.0.0.1:1";
    for (args, environment, through) in [
        (&["--proxy", &proxy][..], &[][..], true),
        (&["-x", &proxy], &[("http_proxy", nowhere)], true),
        (&[], &[("HTTP_PROXY", &*proxy)], true),
        (&[], &[("http_proxy", &*proxy)], true),
        (&[], &[("ALL_PROXY", &*proxy), ("HTTPS_PROXY", nowhere)], true),
        (&[], &[("all_proxy", &*proxy), ("NO_PROXY", "example.org")], true),
        (&[], &[("all_proxy", nowhere), ("no_proxy", "10.0.0.0/8, 127.0.0.0/8")], false),
        (&[], &[("http_proxy", nowhere), ("NO_PROXY", "*")], false),
        (&[], &[("https_proxy", nowhere)], false),
        (&["--proxy", ""], &[("http_proxy", nowhere)], false),
    ] {
        let server = serve(vec![open_stream("data: hello\n\n")]);
        let mut command = sse();
        for (name, value) in environment {
            command.env(name, value);
        }
        let output = command.args(["tail", "--once", "-n1"]).args(args).arg(&server.url).output().unwrap();
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{args:?} {environment:?}: {told}");
        assert!(text(&output.stdout).contains("hello"), "{args:?} {environment:?}: {told}");
        assert!(!told.contains("secret"), "{told}");
        // tinyproxy says of itself that it was there.
        assert_eq!(server.request().to_lowercase().contains("\r\nvia: "), through, "{args:?} {environment:?}");
    }
}

#[test]
fn an_environment_that_names_no_proxy_is_not_passed_over() {
    let output =
        sse().env("HTTPS_PROXY", "ftp://user:secret@x").args(["tail", "--once", "http://127.0.0.1:1/"]).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(told.contains("HTTPS_PROXY") && told.contains("no URL of a proxy") && !told.contains("secret"), "{told}");
}
