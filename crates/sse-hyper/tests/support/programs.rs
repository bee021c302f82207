//! Proxies, each a program of somebody else's, and a plain server that says how it was asked.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A proxy that runs as long as this lives.
pub(crate) struct Running {
    process: Child,
    pub(crate) address: SocketAddr,
    configuration: Option<PathBuf>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if let Some(path) = &self.configuration {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Starts a proxy and waits until it listens.
fn run(package: &str, mut command: Command, address: SocketAddr, configuration: Option<PathBuf>) -> Running {
    let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let process = process.unwrap_or_else(|error| panic!("{command:?}: {error} (Debian: apt-get install {package})"));
    let mut running = Running { process, address, configuration };
    let began = Instant::now();
    while std::net::TcpStream::connect(address).is_err() {
        assert!(running.process.try_wait().unwrap().is_none(), "{command:?} has ended");
        assert!(began.elapsed() < Duration::from_secs(20), "{command:?} does not listen");
        std::thread::sleep(Duration::from_millis(10));
    }
    running
}

/// A port that nobody listens on.
pub(crate) fn free() -> SocketAddr {
    std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

/// An HTTP proxy that lets in `user:secret`.
pub(crate) fn tinyproxy() -> Running {
    let address = free();
    let path = std::env::temp_dir().join(format!("sse-tinyproxy-{}-{}.conf", std::process::id(), address.port()));
    let settings = format!(
        "Port {}\nListen 127.0.0.1\nTimeout 600\nMaxClients 20\nBasicAuth user secret\nLogLevel Critical\n",
        address.port()
    );
    std::fs::write(&path, settings).unwrap();
    let mut command = Command::new("tinyproxy");
    command.arg("-d").arg("-c").arg(&path);
    run("tinyproxy-bin", command, address, Some(path))
}

/// A SOCKS 5 proxy that lets in `user:secret`.
pub(crate) fn microsocks() -> Running {
    let address = free();
    let mut command = Command::new("microsocks");
    command.args(["-i", "127.0.0.1", "-p", &address.port().to_string(), "-u", "user", "-P", "secret"]);
    run("microsocks", command, address, None)
}

/// The one event that a plain server sends, and the request that it got.
pub(crate) async fn plain_server() -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/path?query", listener.local_addr().unwrap());
    let request = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            assert_ne!(stream.read_buf(&mut head).await.unwrap(), 0, "a whole request");
        }
        let answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: hello\n\n";
        stream.write_all(answer).await.unwrap();
        // It stays open: the event has to come through while more may follow.
        tokio::spawn(async move { stream.read(&mut [0]).await });
        String::from_utf8(head).unwrap()
    });
    (url, request)
}
