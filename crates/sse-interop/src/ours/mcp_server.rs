//! Our server's body under the Model Context Protocol's streamable HTTP, revision 2025-11-25, as far as one call goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::Poll;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use sse_hyper::{EventBlock, EventBody, FieldError};

use super::server::{RETRY, serve};
use crate::list::{COUNT, Event};
use crate::pair::{Server, Start};
use crate::replay::{Released, replay};
use crate::setting::Setting;
use crate::wire::PATH;

/// Behind this event the server ends the connection by itself, once.
pub(crate) const CLOSED_BEHIND: usize = 550;

#[derive(Clone)]
struct Mcp {
    setting: Setting,
    released: Released,
    closed: Arc<AtomicBool>,
}

pub(crate) fn start(setting: &Setting, released: Released) -> Start<'_, Server> {
    let mcp = Mcp { setting: setting.clone(), released, closed: Arc::default() };
    let methods = get(resume).post(message).with_state(mcp);
    // The client's handshake comes by another path, which nobody watches.
    Box::pin(serve(Router::new().route(PATH, methods.clone()).route("/handshake", methods)))
}

/// `POST`: a message of JSON-RPC.
async fn message(State(mcp): State<Mcp>, body: Bytes) -> Response {
    let Ok(message) = serde_json::from_slice::<Value>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    match message["method"].as_str() {
        Some("initialize") => {
            let result = json!({
                "protocolVersion": message["params"]["protocolVersion"],
                "capabilities": { "logging": {}, "tools": {} },
                "serverInfo": { "name": "interop", "version": "1" },
            });
            let answer = json!({ "jsonrpc": "2.0", "id": message["id"], "result": result });
            ([(CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
        }
        Some("tools/call") => mcp.answer(None, &message["id"]),
        _ => StatusCode::ACCEPTED.into_response(),
    }
}

/// `GET`: the rest of an answer, behind an event. There is nothing else to listen to.
async fn resume(State(mcp): State<Mcp>, headers: HeaderMap) -> Response {
    match headers.get("last-event-id").and_then(|id| id.to_str().ok()) {
        // The one call is the client's second request.
        Some(id) => mcp.answer(Some(id), &json!(1)),
        None => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

impl Mcp {
    /// The answer to a call: a priming event, which is an ID and no message, then messages. The last one is the result.
    fn answer(self, last_event_id: Option<&str>, call: &Value) -> Response {
        let seen = last_event_id.and_then(|id| id.parse().ok()).unwrap_or(0);
        let end = if self.closed.load(Relaxed) { COUNT } else { CLOSED_BEHIND };
        let priming = last_event_id.is_none().then(|| EventBlock::new().id("0").map(|block| block.data("").to_bytes()));
        let call = call.clone();
        let messages = replay(self.setting.list, last_event_id, self.released)
            .take(end.saturating_sub(seen))
            .map(move |event| encode(&event, &call));
        // The first connection is cut before that, though what is on its way may get here.
        let ended = stream::poll_fn(move |_| {
            self.closed.fetch_or(seen > 0, Relaxed);
            Poll::Ready(None)
        });
        EventBody::new(stream::iter(priming).chain(messages).chain(ended)).retry(RETRY).into_response().into_response()
    }
}

fn encode(event: &Event, call: &Value) -> Result<Bytes, FieldError> {
    Ok(EventBlock::new().id(&event.id)?.data(&message_of(event, call).to_string()).to_bytes())
}

/// A notification that carries the event; the last one is the result of the call.
pub(super) fn message_of(event: &Event, call: &Value) -> Value {
    if event.id == COUNT.to_string() {
        let content = json!([{ "type": "text", "text": json!(event).to_string() }]);
        json!({ "jsonrpc": "2.0", "id": call, "result": { "content": content } })
    } else {
        let params = json!({ "level": "info", "data": event });
        json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": params })
    }
}
