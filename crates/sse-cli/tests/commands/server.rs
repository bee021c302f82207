//! A server that says what a script tells it to, one connection after the other.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// What is done with one connection after its request was read.
pub(crate) type Answer = Box<dyn FnOnce(&mut TcpStream) + Send>;

pub(crate) struct Server {
    pub(crate) url: String,
    requests: Receiver<String>,
}

/// Answers connections by the script and then with 204.
pub(crate) fn serve(script: Vec<Answer>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/stream", listener.local_addr().unwrap());
    let (sender, requests) = channel();
    thread::spawn(move || {
        let mut script = script.into_iter();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let Some(request) = request(&mut stream) else { continue };
            if sender.send(request).is_err() {
                return;
            }
            match script.next() {
                Some(answer) => answer(&mut stream),
                None => say("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")(&mut stream),
            }
        }
    });
    Server { url, requests }
}

impl Server {
    /// The next request: head and body.
    pub(crate) fn request(&self) -> String {
        self.requests.recv_timeout(Duration::from_secs(20)).unwrap()
    }

    pub(crate) fn requests_left(&self) -> usize {
        self.requests.try_iter().count()
    }
}

/// Sends this and ends the connection.
pub(crate) fn say(what: impl Into<String>) -> Answer {
    let what = what.into();
    Box::new(move |stream| {
        // A client that has gone is a test's business.
        let _ = stream.write_all(what.as_bytes());
    })
}

/// Answers with this event stream and ends it.
pub(crate) fn stream(body: &str) -> Answer {
    say(format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n{body}"))
}

/// Answers with this event stream and keeps it open until the client goes.
pub(crate) fn open_stream(body: &str) -> Answer {
    let begin = stream(body);
    Box::new(move |connection| {
        begin(connection);
        let _ = connection.read(&mut [0]);
    })
}

fn request(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        request.push(byte[0]);
    }
    let head = String::from_utf8(request).unwrap();
    let length = head.to_ascii_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    Some(head + &String::from_utf8(body).unwrap())
}
