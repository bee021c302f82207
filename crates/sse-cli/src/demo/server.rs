//! Sockets to requests: accepts, guards against hostile clients, and ends well.

use std::convert::Infallible;
use std::error::Error;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::routes::App;

/// How long a client may take for the handshake, and for a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long what was sent to a client may stay unacknowledged.
#[cfg(target_os = "linux")]
const STALLED_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a silent HTTP/2 client is asked whether it still lives.
const PING_INTERVAL: Duration = Duration::from_secs(20);
/// What a client that stopped reading may keep in memory.
const BUFFER: usize = 64 * 1024;
/// How long clients have, on shutdown, to take the end of their streams.
const GRACE: Duration = Duration::from_secs(2);
/// Sockets beyond the streams': for the page, for drops, and for saying that there are too many streams.
const SPARE_SOCKETS: usize = 100;

/// Serves `app` on `listener` until `stop` is cancelled, then ends the open streams and returns within seconds.
pub(super) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    app: Arc<App>,
    max_connections: usize,
    stop: CancellationToken,
) {
    // A client that opens sockets and says nothing is bounded by this and by the head's timeout.
    let sockets = max_connections.saturating_add(SPARE_SOCKETS).min(Semaphore::MAX_PERMITS);
    let sockets = Arc::new(Semaphore::new(sockets));
    let graceful = GracefulShutdown::new();
    let accept = async {
        loop {
            let Ok(permit) = Arc::clone(&sockets).acquire_owned().await else { return };
            let socket = match listener.accept().await {
                Ok((socket, _)) => socket,
                Err(error) => {
                    // Out of descriptors, or the client was gone already: others may fare better.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            // An event is a small packet that should leave at once. Where that cannot be set, it leaves later.
            let _ = socket.set_nodelay(true);
            // A client that reads no more is not polled: only the system can end it.
            #[cfg(target_os = "linux")]
            let _ = socket2::SockRef::from(&socket).set_tcp_user_timeout(Some(STALLED_TIMEOUT));
            let (tls, app, watcher) = (tls.clone(), Arc::clone(&app), graceful.watcher());
            tokio::spawn(async move {
                if let Err(error) = connection(socket, tls, app, watcher).await {
                    // A client's fault, or its end; ours are answers.
                    tracing::debug!(error = &*error, "a connection ended");
                }
                drop(permit);
            });
        }
    };
    tokio::select! {
        () = accept => {}
        () = stop.cancelled() => {}
    }
    drop(listener);
    // First no more requests, then the end of those streams that are open.
    let ended = futures_util::future::join(graceful.shutdown(), async { app.connections.shut_down() });
    let _ = timeout(GRACE, ended).await;
}

/// Serves one connection until it ends.
pub(super) async fn connection<IO>(
    socket: IO,
    tls: Option<TlsAcceptor>,
    app: Arc<App>,
    watcher: Watcher,
) -> Result<(), Box<dyn Error + Send + Sync>>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| ready(Ok::<_, Infallible>(app.handle(&request))));
    let Some(tls) = tls else {
        return Ok(watcher.watch(http1().serve_connection(TokioIo::new(socket), service)).await?);
    };
    let socket = timeout(HEAD_TIMEOUT, tls.accept(socket)).await??;
    let is_http2 = socket.get_ref().1.alpn_protocol() == Some(b"h2");
    let socket = TokioIo::new(socket);
    if is_http2 {
        watcher.watch(http2().serve_connection(socket, service)).await?;
    } else {
        watcher.watch(http1().serve_connection(socket, service)).await?;
    }
    Ok(())
}

fn http1() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(BUFFER);
    builder
}

fn http2() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.timer(TokioTimer::new()).keep_alive_interval(PING_INTERVAL).max_send_buf_size(BUFFER);
    builder
}
