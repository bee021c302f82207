//! Calls a tool of a server of the Model Context Protocol, revision 2025-11-25, over its streamable HTTP transport.
//!
//! ```text
//! cargo run -p sse-reqwest --features json --example mcp -- http://127.0.0.1:3000/mcp TOOL '{"argument": 1}'
//! ```
//!
//! A call is made by `POST`, once. Its answer is one message of JSON or a stream of messages, and a stream that was lost is
//! resumed by `GET`.
#![allow(clippy::print_stdout)] // a program for a terminal

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use sse_reqwest::{
    Begun, BoxError, Cause, Connector, Decision, Ending, EventExt as _, EventSource, Lost, Policy, RequestError,
};

const REVISION: &str = "2025-11-25";

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mut args = std::env::args().skip(1);
    let (Some(url), Some(tool)) = (args.next(), args.next()) else {
        return Err("usage: mcp URL TOOL [ARGUMENTS]".into());
    };
    let arguments: Value = serde_json::from_str(args.next().as_deref().unwrap_or("{}"))?;
    // A server that vanished without a word is noticed: MCP has no keep-alive of its own.
    let client = Client::builder().tcp_keepalive(Duration::from_secs(30)).build()?;
    let server = Server::initialize(client, url).await?;
    let result = server.call("tools/call", json!({ "name": tool, "arguments": arguments }), |message| {
        println!("{}: {}", message.method.as_deref().unwrap_or("?"), message.params);
    });
    println!("{:#}", result.await?);
    Ok(())
}

/// A message of JSON-RPC.
#[derive(Deserialize)]
pub(crate) struct Message {
    /// A number or a string. Ours and the server's own requests are counted apart.
    id: Option<Value>,
    pub(crate) method: Option<String>,
    #[serde(default)]
    pub(crate) params: Value,
    result: Option<Value>,
    error: Option<Value>,
}

impl Message {
    fn answers(&self, call: u64) -> bool {
        self.id == Some(call.into()) && (self.result.is_some() || self.error.is_some())
    }

    fn into_result(self) -> Result<Value, BoxError> {
        match self.error {
            Some(error) => Err(format!("the server says: {error}").into()),
            None => Ok(self.result.unwrap_or_default()),
        }
    }
}

/// A server with which hands were shaken.
pub(crate) struct Server {
    client: Client,
    url: String,
    /// Not every server has sessions.
    session: Option<HeaderValue>,
    calls: AtomicU64,
}

impl Server {
    pub(crate) async fn initialize(client: Client, url: String) -> Result<Self, BoxError> {
        let mut server = Self { client, url, session: None, calls: AtomicU64::new(0) };
        let info = json!({ "name": "sse-reqwest", "version": env!("CARGO_PKG_VERSION") });
        let params = json!({ "protocolVersion": REVISION, "capabilities": {}, "clientInfo": info });
        let (call, response) = server.send("initialize", params).await?;
        server.session = response.headers().get("mcp-session-id").cloned();
        server.answer(call, response, |_| ()).await?;
        server.post(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await?;
        Ok(server)
    }

    /// Makes a call. What the server has to say before its answer is given to `meanwhile`.
    pub(crate) async fn call(
        &self,
        method: &str,
        params: Value,
        meanwhile: impl FnMut(Message),
    ) -> Result<Value, BoxError> {
        let (call, response) = self.send(method, params).await?;
        self.answer(call, response, meanwhile).await
    }

    pub(crate) async fn send(&self, method: &str, params: Value) -> Result<(u64, Response), BoxError> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let message = json!({ "jsonrpc": "2.0", "id": call, "method": method, "params": params });
        Ok((call, self.post(&message).await?))
    }

    async fn post(&self, message: &Value) -> Result<Response, BoxError> {
        let request = self.request(Method::POST).header(ACCEPT, "application/json, text/event-stream");
        let response = request.json(message).send().await?;
        if response.status().is_success() {
            return Ok(response);
        }
        // In the server's own words. 404 is that it has forgotten the session: hands are to be shaken anew.
        Err(format!("{}: {}", response.status(), response.text().await?).into())
    }

    /// Reads up to the answer.
    async fn answer(
        &self,
        call: u64,
        response: Response,
        mut meanwhile: impl FnMut(Message),
    ) -> Result<Value, BoxError> {
        let is_json = |value: &HeaderValue| value.as_bytes().starts_with(b"application/json");
        if response.headers().get(CONTENT_TYPE).is_some_and(is_json) {
            return response.json::<Message>().await?.into_result();
        }
        let mut events = self.follow(call, response)?;
        while let Some(event) = events.next().await {
            let event = event?;
            // A priming event has an ID, and no message.
            if event.data().is_empty() {
                continue;
            }
            let message: Message = event.json()?;
            if message.answers(call) {
                return message.into_result();
            }
            meanwhile(message);
        }
        Err("the server has no answer".into())
    }

    /// The answer as a stream of events, over as many connections as it takes.
    pub(crate) fn follow(&self, call: u64, response: Response) -> Result<EventSource<Begun<Connector>>, RequestError> {
        let is_answer =
            move |data: &str| serde_json::from_str(data).is_ok_and(|message: Message| message.answers(call));
        let rest = Connector::new(self.request(Method::GET))?;
        Ok(rest
            .beginning_with(response)
            .subscribe(Policy::default().with_max_outage(Duration::from_secs(60)))
            .with_ending(Ending::at(move |event| is_answer(event.data)))
            .with_error_strategy(|lost: &Lost<'_>| match lost.cause {
                // Without an ID to resume after, a `GET` is for another stream. And a call is not made twice.
                _ if lost.last_event_id.is_empty() => Decision::Fail,
                // The server has not noticed yet that the connection before is gone, and allows one at a time.
                Cause::Status { status: 409, .. } => Decision::Retry,
                _ => lost.default,
            }))
    }

    fn request(&self, method: Method) -> RequestBuilder {
        let request = self.client.request(method, &self.url).header("mcp-protocol-version", REVISION);
        match &self.session {
            Some(session) => request.header("mcp-session-id", session),
            None => request,
        }
    }
}
