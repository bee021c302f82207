//! Our server's body under MCP's revision 2026-07-28: an answer without IDs that comments keep alive, and that is
//! cancelled by who closes it.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, future, stream};
use serde_json::{Value, json};
use sse_hyper::{EventBlock, EventBody};
use tokio::sync::watch;

use super::mcp_call::REVISION;
use super::mcp_server::message_of;
use super::server::serve;
use crate::list::{COUNT, Event};
use crate::pair::{Server, Start};
use crate::replay::{Released, replay};
use crate::setting::Setting;
use crate::wire::PATH;

/// The least there is: some comments come in the time that the client waits before it cancels, and it counts them.
const KEEP_ALIVE: Duration = Duration::from_millis(100);

#[derive(Clone)]
struct Mcp {
    setting: Setting,
    released: Released,
    /// Whether the call of `wait` was cancelled.
    cancelled: watch::Sender<bool>,
}

pub(crate) fn start(setting: &Setting, released: Released) -> Start<'_, Server> {
    let mcp = Mcp { setting: setting.clone(), released, cancelled: watch::Sender::default() };
    let methods = post(message).with_state(mcp);
    // What is not the call that the wire watches comes by another path.
    Box::pin(serve(Router::new().route(PATH, methods.clone()).route("/apart", methods)))
}

/// A message of JSON-RPC.
async fn message(State(mcp): State<Mcp>, body: Bytes) -> Response {
    let Ok(message) = serde_json::from_slice::<Value>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let call = message["id"].clone();
    match (message["method"].as_str(), message["params"]["name"].as_str()) {
        (Some("server/discover"), _) => {
            let result = json!({
                "supportedVersions": [REVISION],
                "capabilities": { "logging": {}, "tools": {} },
                "resultType": "complete",
                "ttlMs": 0,
                "cacheScope": "private",
            });
            let answer = json!({ "jsonrpc": "2.0", "id": call, "result": result });
            ([(CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
        }
        (Some("tools/call"), Some("list")) => {
            let events = replay(mcp.setting.list, None, mcp.released);
            answer(events.map(move |event| block(&event, &call)).take(COUNT))
        }
        // One notification, and no more until nobody wants the result.
        (Some("tools/call"), Some("wait")) => {
            let cancellation = Cancellation(mcp.cancelled);
            let waiting = block(&Event::new("1", "waiting", ""), &call);
            let nothing = stream::once(async move {
                let _held = cancellation;
                future::pending().await
            });
            answer(stream::iter([waiting]).chain(Box::pin(nothing)))
        }
        // The result comes when `wait` has been cancelled.
        (Some("tools/call"), Some("waited")) => {
            let result = json!({ "content": [], "resultType": "complete" });
            let result = json!({ "jsonrpc": "2.0", "id": call, "result": result });
            let mut cancelled = mcp.cancelled.subscribe();
            answer(Box::pin(stream::once(async move {
                // Its sender is in the router.
                cancelled.wait_for(|cancelled| *cancelled).await.map(drop).unwrap_or_default();
                EventBlock::new().data(&result.to_string()).to_bytes()
            })))
        }
        _ => StatusCode::ACCEPTED.into_response(),
    }
}

fn answer(blocks: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    let blocks = blocks.map(Ok::<_, std::convert::Infallible>);
    EventBody::new(blocks).keep_alive(KEEP_ALIVE).into_response().into_response()
}

fn block(event: &Event, call: &Value) -> Bytes {
    let mut message = message_of(event, call);
    if let Some(result) = message.get_mut("result") {
        result["resultType"] = json!("complete");
    }
    EventBlock::new().data(&message.to_string()).to_bytes()
}

/// Dropped with the body that it is part of.
struct Cancellation(watch::Sender<bool>);

impl Drop for Cancellation {
    fn drop(&mut self) {
        self.0.send_replace(true);
    }
}
