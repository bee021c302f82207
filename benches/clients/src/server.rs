//! The server: a flood of events, or one event and then nothing.

use std::io::Write as _;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_local;

use crate::Result;

/// How long an event is, from its field name to its blank line.
pub(crate) const EVENT_BYTES: usize = 200;
/// How long its data is.
pub(crate) const DATA_BYTES: usize = EVENT_BYTES - b"data: \n\n".len();
/// How long what is written at once is, which is an HTTP chunk.
const WRITE_BYTES: usize = 16 * 1024;
/// How many events a flood has: some 400 MB. A multiple of what a whole number of writes holds.
pub(crate) const EVENTS: usize = 2048 * 1024;

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n";

/// Serves until it is killed. Writes its address to standard output.
pub(crate) async fn serve() -> Result<()> {
    crate::idle::allow_many_files()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut out = std::io::stdout();
    writeln!(out, "http://{}", listener.local_addr()?)?;
    out.flush()?;
    loop {
        let (connection, _) = listener.accept().await?;
        // What a client does to its connection is its own affair: the client notices.
        spawn_local(async move { answer(connection).await.ok() });
    }
}

async fn answer(mut connection: TcpStream) -> std::io::Result<()> {
    connection.set_nodelay(true)?;
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        if connection.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    connection.write_all(HEAD.as_bytes()).await?;
    if request.starts_with(b"GET /idle ") {
        connection.write_all(&chunk(&event())).await?;
        // Until it is closed.
        connection.read_u8().await?;
        return Ok(());
    }
    // A whole number of events in a whole number of writes.
    let events = event().repeat(WRITE_BYTES);
    let writes: Vec<_> = events.chunks(WRITE_BYTES).map(chunk).collect();
    for _ in 0..EVENTS / WRITE_BYTES {
        for write in &writes {
            connection.write_all(write).await?;
        }
    }
    connection.write_all(b"0\r\n\r\n").await
}

fn event() -> Vec<u8> {
    format!("data: {:x<DATA_BYTES$}\n\n", r#"{"text":"two hundred bytes","padding":"#).into_bytes()
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    chunk
}
