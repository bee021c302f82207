//! The scripted server: raw bytes, waits and resets, one connection after the other.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::exchange::{Request, Step};

const NO_CONTENT: &[u8] = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

/// Plays the connections, and 204 from then on. Ends only with the error that leaves it without a socket.
pub(super) async fn run(listener: &TcpListener, connections: &[Vec<Step>], requests: &mut Vec<Request>) -> io::Error {
    let closing = [Step::Send(NO_CONTENT.to_vec())];
    let mut scripts = connections.iter().map(Vec::as_slice);
    loop {
        let mut stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => return error,
        };
        // Who connects and says nothing does not use up a script.
        let Ok(Some(request)) = read_request(&mut stream).await else { continue };
        requests.push(request);
        // A client that has seen enough hangs up early: no reason to stop.
        let _ = play(stream, scripts.next().unwrap_or(&closing)).await;
    }
}

async fn play(mut stream: TcpStream, script: &[Step]) -> io::Result<()> {
    stream.set_nodelay(true)?;
    for step in script {
        match step {
            Step::Send(bytes) => stream.write_all(bytes).await?,
            Step::Wait(time) => sleep(*time).await,
            Step::Reset => return stream.set_zero_linger(),
        }
    }
    stream.shutdown().await
}

/// Reads a request without a body. `None`: the client hung up before its end.
async fn read_request(stream: &mut TcpStream) -> io::Result<Option<Request>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut head).await? == 0 {
            return Ok(None);
        }
    }
    let head = String::from_utf8_lossy(&head);
    let mut lines = head.split("\r\n");
    let target = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
    let path = target.strip_prefix('/').unwrap_or(target).to_owned();
    let last_event_id = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("last-event-id").then(|| value.trim_matches([' ', '\t']).to_owned())
    });
    Ok(Some(Request { path, last_event_id }))
}
