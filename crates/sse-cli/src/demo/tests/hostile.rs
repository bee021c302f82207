//! Clients that keep the server waiting.

use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::time::Instant;

use super::super::{server, tls};
use super::*;

/// Sends `bytes` and no more; says when the server gave up.
async fn patience(over_tls: bool, bytes: &[u8]) -> Duration {
    let (mut client, socket) = duplex(1024);
    let tls = over_tls.then(|| tls::made_up([127, 0, 0, 1].into()).unwrap());
    let graceful = GracefulShutdown::new();
    let start = Instant::now();
    let served = tokio::spawn(server::connection(socket, tls, app(), graceful.watcher()));
    client.write_all(bytes).await.unwrap();
    let _ = client.read_to_end(&mut Vec::new()).await;
    let _ = served.await.unwrap();
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn half_a_head_is_not_waited_for() {
    for bytes in [&b""[..], b"GET /stream/date HTTP/1.1\r\nhost: a\r\n"] {
        assert_eq!(patience(false, bytes).await.as_secs(), 10, "{bytes:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn half_a_handshake_is_not_waited_for() {
    for bytes in [&b""[..], b"\x16\x03\x01"] {
        assert_eq!(patience(true, bytes).await.as_secs(), 10, "{bytes:?}");
    }
}
