//! nginx: as a proxy in front of our server, and with nchan as a server of its own.

use std::env::consts::ARCH;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::HOST;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use memchr::memmem;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::process::Command;
use tokio::time::timeout;

use crate::Result;
use crate::list::{self, Event, HELD};
use crate::ours;
use crate::pair::{Server, Start};
use crate::replay::Released;
use crate::setting::Setting;
use crate::wire::{Address, PATH};

/// Our server behind nginx, which would like to buffer.
pub(crate) fn proxy(setting: &Setting, released: Released) -> Start<'_, Server> {
    Box::pin(async move {
        let mut server = ours::server::start(setting, released).await?;
        let Address::Tcp(upstream) = server.address else { return Err("our server listens on TCP".into()) };
        let (socket, mut nginx) = start(setting, "proxy", &upstream.to_string()).await?;
        buffers(&socket).await?;
        server.running.spawn(async move { Err(format!("nginx ended: {}", nginx.wait().await?).into()) });
        Ok(Server { address: Address::Unix(socket), ..server })
    })
}

/// Makes sure that nginx would buffer, if our server did not say what it says: otherwise the pair shows nothing.
async fn buffers(socket: &Path) -> Result<()> {
    let mut stream = UnixStream::connect(socket).await?;
    stream.write_all(format!("GET /deaf{PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).await?;
    // However long one waits, which is not very long here.
    let mut got = Vec::new();
    let _ = timeout(Duration::from_millis(300), stream.read_to_end(&mut got)).await;
    if memmem::find(&got, list::HOLD.as_bytes()).is_none() {
        return Ok(());
    }
    Err("nginx does not buffer even where it is deaf to X-Accel-Buffering: the pair would show nothing".into())
}

/// nchan, which is sent the list in two parts.
pub(crate) fn nchan(setting: &Setting, mut released: Released) -> Start<'_, Server> {
    Box::pin(async move {
        let (socket, mut nginx) = start(setting, "nchan", "").await?;
        let mut publisher = Publisher::connect(&socket).await?;
        let list = Arc::clone(&setting.list);
        for event in &list[..HELD - 1] {
            publisher.publish(event).await?;
        }
        let mut running = tokio::task::JoinSet::new();
        running.spawn(async move {
            released.wait_for(|released| *released).await?;
            for event in &list[HELD - 1..] {
                publisher.publish(event).await?;
            }
            Err(format!("nginx ended: {}", nginx.wait().await?).into())
        });
        Ok(Server { address: Address::Unix(socket), running })
    })
}

/// Starts nginx, and gives the socket that it listens on.
async fn start(setting: &Setting, name: &str, upstream: &str) -> Result<(PathBuf, tokio::process::Child)> {
    let scratch = &setting.scratch;
    let configuration = std::fs::read_to_string(setting.source(&format!("nginx/{name}.conf")))?
        .replace("{scratch}", &scratch.display().to_string())
        .replace("{nchan}", &setting.installed("nginx/usr/lib/nginx/modules/ngx_nchan_module.so").display().to_string())
        .replace("{upstream}", upstream);
    let file = scratch.join("nginx.conf");
    std::fs::write(&file, configuration)?;
    let mut nginx = Command::new(setting.installed("nginx/usr/sbin/nginx"))
        .args(["-e", "stderr", "-p"])
        .arg(scratch)
        .arg("-c")
        .arg(&file)
        .env("LD_LIBRARY_PATH", setting.installed(&format!("nginx/usr/lib/{ARCH}-linux-gnu")))
        .stdin(Stdio::null())
        .stderr(setting.complaints()?)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("cannot run nginx: {error}; `cargo xtask interop` installs it"))?;
    let socket = scratch.join("nginx.sock");
    // It says nothing when it is ready.
    while UnixStream::connect(&socket).await.is_err() {
        if let Some(status) = nginx.try_wait()? {
            return Err(format!("nginx ended: {status}").into());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok((socket, nginx))
}

/// A connection to nchan's publisher.
struct Publisher(SendRequest<Full<Bytes>>);

impl Publisher {
    async fn connect(socket: &Path) -> Result<Self> {
        let stream = UnixStream::connect(socket).await?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self(sender))
    }

    async fn publish(&mut self, event: &Event) -> Result<()> {
        let body = Full::new(Bytes::from(event.data.clone()));
        let request = Request::post("/publish").header(HOST, "localhost").header("X-EventSource-Event", &event.event);
        self.0.ready().await?;
        let response = self.0.send_request(request.body(body)?).await?;
        let status = response.status();
        let explanation = response.into_body().collect().await?.to_bytes();
        if status.is_success() {
            return Ok(());
        }
        Err(format!("nchan does not take event {}: {status}, {}", event.id, explanation.escape_ascii()).into())
    }
}
