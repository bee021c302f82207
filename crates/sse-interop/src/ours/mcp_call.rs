//! Our clients over MCP's revision 2026-07-28: a call is one `POST` whose stream cannot be resumed, comments keep it alive,
//! and closing it cancels the call.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use http::Request;
use http::header::{ACCEPT, CONTENT_TYPE};
use serde_json::json;
use sse_hyper::{Deadlines, OwnedEvent};
use sse_reqwest::RequestBuilderExt as _;
use tokio::time::timeout;

use super::client::follow;
use super::mcp::{client, read, result};
use crate::pair::{Client, Start};
use crate::setting::Setting;
use crate::wire::PATH;
use crate::{Error, Result};

pub(super) const REVISION: &str = "2026-07-28";

/// Longer than the server is silent between two comments, by far.
const SILENCE: Duration = Duration::from_secs(1);

type Events = BoxStream<'static, Result<OwnedEvent>>;

/// Sends a request once.
type Open = fn(Request<Bytes>, Deadlines) -> Result<Events>;

/// By sse-hyper.
pub(crate) fn hyper(_: &Setting, origin: String) -> Start<'_, Client> {
    start(origin, |request, deadlines| {
        let source = sse_hyper::EventSource::once(sse_hyper::OneResponse::from(request));
        Ok(source.with_ending(result()).with_deadlines(deadlines).map_err(Error::from).boxed())
    })
}

/// By sse-reqwest.
pub(crate) fn reqwest(_: &Setting, origin: String) -> Start<'_, Client> {
    start(origin, |request, deadlines| {
        let builder = reqwest::RequestBuilder::from_parts(client()?, request.try_into()?);
        let source = builder.once_events().with_ending(result());
        Ok(source.with_deadlines(deadlines).map_err(Error::from).boxed())
    })
}

fn start(origin: String, open: Open) -> Start<'static, Client> {
    Box::pin(async move {
        keep_alives(&origin, open).await?;
        cancellation(&origin, open).await?;
        let events = open(call(&origin, PATH, "list")?, Deadlines::default())?;
        Ok(follow(events, read))
    })
}

/// Comments are no events, to nobody: not even to the deadline of events.
async fn keep_alives(origin: &str, open: Open) -> Result<()> {
    let deadlines = Deadlines::default().with_event_idle(SILENCE);
    let mut held = open(call(origin, "/held", "list")?, deadlines)?;
    loop {
        match held.next().await {
            Some(Ok(_)) => {}
            Some(Err(_)) => return Ok(()),
            None => return Err("the stream ended without a deadline".into()),
        }
    }
}

/// Who drops the stream has cancelled the call; before that, comments keep it alive.
async fn cancellation(origin: &str, open: Open) -> Result<()> {
    let deadlines = Deadlines::default().with_byte_idle(SILENCE);
    let mut waiting = open(call(origin, "/wait", "wait")?, deadlines)?;
    waiting.next().await.ok_or("a call that waits has ended")??;
    if let Ok(next) = timeout(2 * SILENCE, waiting.next()).await {
        return Err(format!("behind the last event came {next:?}").into());
    }
    drop(waiting);
    // Answered once the server knows.
    let mut waited = open(call(origin, "/waited", "waited")?, Deadlines::default())?;
    let Ok(answer) = timeout(10 * SILENCE, waited.next()).await else {
        return Err("the call whose stream was dropped goes on".into());
    };
    answer.ok_or("no answer")??;
    Ok(())
}

/// A call of one of the server's tools.
fn call(origin: &str, path: &str, tool: &str) -> Result<Request<Bytes>> {
    let message = json!({
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {
            "name": tool,
            "arguments": {},
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": REVISION,
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": { "name": "interop", "version": "1" },
            },
        },
    });
    let request = Request::post(format!("{origin}{path}"))
        .header("mcp-protocol-version", REVISION)
        .header("mcp-method", "tools/call")
        .header("mcp-name", tool)
        .header(ACCEPT, "application/json, text/event-stream")
        .header(CONTENT_TYPE, "application/json");
    Ok(request.body(Bytes::from(message.to_string()))?)
}
