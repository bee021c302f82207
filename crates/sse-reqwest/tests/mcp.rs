//! The example of a client of MCP against a server that answers as the protocol allows, and loses connections.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

mod support;

#[path = "../examples/mcp.rs"]
#[allow(dead_code)] // its `main`
mod mcp;

use std::time::Instant;

use mcp::Server;
use serde_json::{Value, json};
use sse_reqwest::BoxError;
use support::{PATIENCE, client, listen, nobody_else};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::timeout;

/// A request: its head, in lower case, and its message, if it has one.
struct Request {
    head: String,
    message: Value,
}

impl Request {
    fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// Answers the next request with these words, and hangs up.
async fn answer(listener: &TcpListener, response: String) -> Request {
    let (mut stream, _) = timeout(PATIENCE, listener.accept()).await.expect("a connection").unwrap();
    let mut bytes = Vec::new();
    let request = loop {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "a whole request");
        let Some(end) = bytes.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap().to_lowercase();
        if head.starts_with("get ") {
            break Request { head, message: Value::Null };
        }
        if let Ok(message) = serde_json::from_slice(&bytes[end + 4..]) {
            break Request { head, message };
        }
    };
    stream.write_all(response.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    request
}

fn response(status: &str, fields: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{fields}Connection: close\r\n\r\n{body}")
}

fn events(body: &str) -> String {
    response("200 OK", "Content-Type: text/event-stream\r\n", body)
}

fn message(body: &Value) -> String {
    response("200 OK", "Content-Type: application/json; charset=utf-8\r\n", &body.to_string())
}

/// Shakes hands, makes the call 1, and gives what came of it, what came before, and what the server was asked.
async fn call(responses: Vec<String>) -> (Result<Value, BoxError>, Vec<String>, Vec<Request>) {
    let (listener, url) = listen().await;
    let mut meanwhile = Vec::new();
    let hello = "Content-Type: application/json\r\nMcp-Session-Id: seven\r\n";
    let initialized = json!({ "jsonrpc": "2.0", "id": 0, "result": { "protocolVersion": "2025-11-25" } }).to_string();
    let hands = [response("200 OK", hello, &initialized), response("202 Accepted", "", "")];
    let server = async {
        let mut requests = Vec::new();
        for response in hands.into_iter().chain(responses) {
            requests.push(answer(&listener, response).await);
        }
        requests
    };
    let client = async {
        let server = Server::initialize(client(), url.clone()).await.unwrap();
        let result = server.call("tools/call", json!({ "name": "t" }), |message| {
            meanwhile.push(message.method.unwrap_or_default());
        });
        timeout(PATIENCE, result).await.expect("an end")
    };
    let (result, mut requests) = tokio::join!(client, server);
    nobody_else(listener);
    assert_eq!(requests[0].message["method"], "initialize");
    assert_eq!(requests[0].field("mcp-session-id"), None);
    for request in &requests[1..] {
        assert_eq!(request.field("mcp-session-id"), Some("seven"));
        assert_eq!(request.field("mcp-protocol-version"), Some("2025-11-25"));
    }
    (result, meanwhile, requests.split_off(2))
}

#[tokio::test]
async fn the_answer_may_be_one_message() {
    let (result, _, requests) = call(vec![message(&json!({ "id": 1, "result": "done" }))]).await;
    assert_eq!(result.unwrap(), "done");
    assert_eq!(requests[0].field("accept"), Some("application/json, text/event-stream"));
    let (result, ..) = call(vec![message(&json!({ "id": 1, "error": { "code": -32602 } }))]).await;
    assert!(result.unwrap_err().to_string().contains("-32602"));
}

#[tokio::test]
async fn an_answer_that_was_lost_is_resumed() {
    let began = Instant::now();
    let (result, meanwhile, requests) = call(vec![
        events("id: a\nretry: 300\ndata:\n\nid: b\ndata: {\"method\":\"notifications/progress\"}\n\nid: c\nda"),
        // The server has not noticed that the connection is gone.
        response("409 Conflict", "", "one stream at a time"),
        response("503 Service Unavailable", "", ""),
        // A request of its own, whose ID is its own affair.
        events("id: c\ndata: {\"id\":\"x-1\",\"method\":\"ping\"}\n\n: still here\n\n"),
        events("id: d\ndata: {\"id\":1,\"method\":\"roots/list\"}\n\nid: e\ndata: {\"id\":1,\"result\":{\"n\":1}}\n\n"),
    ])
    .await;
    assert_eq!(result.unwrap(), json!({ "n": 1 }));
    assert_eq!(meanwhile, ["notifications/progress", "ping", "roots/list"]);
    let resumed: Vec<_> = requests.iter().map(|request| request.field("last-event-id").unwrap_or_default()).collect();
    assert_eq!(resumed, ["", "b", "b", "b", "c"]);
    assert!(requests[1..].iter().all(|request| request.head.starts_with("get ")));
    // By the server's `retry`, and longer by each refusal, instead of the policy's three seconds.
    let took = began.elapsed().as_millis();
    assert!((300 + 300 + 600 + 300..9_000).contains(&took), "{took} ms");
}

#[tokio::test]
async fn a_call_is_not_made_twice() {
    // Lost before there was an ID, refused, or not there any more when it is asked for.
    let lost = [vec![events("data: {\"method\":\"x\"}\n\nid: 1\ndata: {")], vec![events("")]];
    for responses in lost {
        let (result, _, requests) = call(responses).await;
        let error = result.unwrap_err();
        assert_eq!((error.to_string(), requests.len()), ("the server ended the stream".to_owned(), 1));
    }
    let fields = "Retry-After: 5\r\nContent-Type: application/json\r\n";
    let (result, _, requests) = call(vec![response("429 Too Many Requests", fields, "{\"error\":\"slowly\"}")]).await;
    assert_eq!(result.unwrap_err().to_string(), "429 Too Many Requests: {\"error\":\"slowly\"}");
    assert_eq!(requests.len(), 1);
    for status in ["404 Not Found", "405 Method Not Allowed"] {
        let (result, _, requests) =
            call(vec![events("id: 1\nretry: 1\ndata:\n\n"), response(status, "", "gone")]).await;
        assert!(result.unwrap_err().to_string().contains(&status[..3]));
        assert_eq!(requests.len(), 2);
    }
}
