//! HTTP/1.1 by hand, so that what is on the wire is what is tested.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A response whose head has been read.
pub(crate) struct Response {
    /// Status line and header lines.
    pub(crate) head: String,
    body: BufReader<TcpStream>,
}

/// Sends a request; `headers` are whole lines, each with its line end.
pub(crate) fn request(address: SocketAddr, line: &str, headers: &str) -> Response {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    socket.write_all(format!("{line} HTTP/1.1\r\nHost: {address}\r\n{headers}\r\n").as_bytes()).unwrap();
    let mut body = BufReader::new(socket);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(body.read_line(&mut head).unwrap(), 0, "the connection ended behind {head:?}");
    }
    Response { head, body }
}

/// Follows a stream, from `last_event_id` on.
pub(crate) fn follow(address: SocketAddr, path: &str, last_event_id: Option<u64>) -> Response {
    let header = last_event_id.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
    let mut response = request(address, &format!("GET {path}"), &header);
    assert_eq!(response.status(), 200);
    assert!(response.chunk().unwrap().starts_with("retry: "));
    response
}

impl Response {
    pub(crate) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// The next chunk; `None` is the chunk that says that the body is complete.
    pub(crate) fn chunk(&mut self) -> Option<String> {
        let mut line = String::new();
        self.body.read_line(&mut line).unwrap();
        let length = usize::from_str_radix(line.trim_end(), 16).expect("a chunk's length, not the end");
        let mut chunk = vec![0; length + 2];
        self.body.read_exact(&mut chunk).unwrap();
        assert_eq!(chunk.split_off(length), b"\r\n");
        (length > 0).then(|| String::from_utf8(chunk).unwrap())
    }

    /// The id of the next event.
    pub(crate) fn id(&mut self) -> u64 {
        let block = self.chunk().expect("the stream goes on");
        let id = block.lines().find_map(|line| line.strip_prefix("id: "));
        id.unwrap_or_else(|| panic!("no id in {block:?}")).parse().unwrap()
    }

    /// The body of a response that says its length.
    pub(crate) fn text(mut self) -> String {
        let head = self.head.to_ascii_lowercase();
        let (_, length) = head.split_once("content-length: ").unwrap();
        let mut body = vec![0; length.split("\r\n").next().unwrap().parse().unwrap()];
        self.body.read_exact(&mut body).unwrap();
        String::from_utf8(body).unwrap()
    }
}
