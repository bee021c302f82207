//! Our clients over the Model Context Protocol's streamable HTTP, revision 2025-11-25: a call is made by `POST`, once,
//! and a stream that was lost is resumed by `GET`.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Method, Request};
use http_body_util::Full;
use serde::Deserialize;
use sse_hyper::{Cause, Decision, Ending, HttpClient, Lost, OwnedEvent, Policy};
use sse_reqwest::ResponseExt as _;
use tower_service::Service as _;

use super::client::follow;
use super::server::RETRY;
use crate::Result;
use crate::list::{self, Event};
use crate::pair::{Client, Start};
use crate::setting::Setting;
use crate::wire::PATH;

const REVISION: &str = "2025-11-25";

/// A call, by sse-hyper.
pub(crate) fn hyper_post(_: &Setting, origin: String) -> Start<'_, Client> {
    Box::pin(async move {
        let session = Session::new(&origin).await?;
        let answer = HttpClient::platform().call(session.request(Method::POST, CALL)?.map(Full::new)).await?;
        let rest = sse_hyper::Connector::new(session.request(Method::GET, "")?)?;
        let events = rest.beginning_with(answer).subscribe(Policy::default()).with_ending(result());
        Ok(follow(events.with_error_strategy(resumed), read))
    })
}

/// A call, by sse-reqwest.
pub(crate) fn reqwest_post(_: &Setting, origin: String) -> Start<'_, Client> {
    Box::pin(async move {
        let session = Session::new(&origin).await?;
        let answer = client()?.execute(session.request(Method::POST, CALL)?.try_into()?).await?;
        let rest = reqwest::RequestBuilder::from_parts(client()?, session.request(Method::GET, "")?.try_into()?);
        let events = sse_reqwest::Connector::new(rest)?.beginning_with(answer).subscribe(Policy::default());
        Ok(follow(events.with_ending(result()).with_error_strategy(resumed), read))
    })
}

/// What the server says unasked, by sse-hyper.
pub(crate) fn hyper_get(_: &Setting, origin: String) -> Start<'_, Client> {
    Box::pin(async move {
        let session = Session::new(&origin).await?;
        let connector = sse_hyper::Connector::new(session.request(Method::GET, "")?)?;
        Ok(follow(connector.subscribe(quick()).with_error_strategy(patient), read))
    })
}

/// What the server says unasked, by sse-reqwest.
pub(crate) fn reqwest_get(_: &Setting, origin: String) -> Start<'_, Client> {
    Box::pin(async move {
        let session = Session::new(&origin).await?;
        let request = session.request(Method::GET, "")?.try_into()?;
        let builder = reqwest::RequestBuilder::from_parts(client()?, request);
        let events = sse_reqwest::Connector::new(builder)?.subscribe(quick());
        Ok(follow(events.with_error_strategy(patient), read))
    })
}

pub(super) fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().no_proxy().build()
}

/// The server sends no `retry` on these streams.
fn quick() -> Policy {
    Policy::default().with_reconnection_time(RETRY)
}

/// A call is not made twice: without an ID there is nothing to ask for.
fn resumed(lost: &Lost<'_>) -> Decision {
    if lost.last_event_id.is_empty() { Decision::Fail } else { patient(lost) }
}

/// The server may take the connection before for open yet, and allows one at a time.
fn patient(lost: &Lost<'_>) -> Decision {
    match lost.cause {
        Cause::Status { status: 409, .. } => Decision::Retry,
        _ => lost.default,
    }
}

/// A call of the server's one tool.
const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list","arguments":{}}}"#;

/// What came of the handshake.
struct Session {
    url: String,
    id: String,
}

impl Session {
    /// Shakes hands, by a path that is not watched on the wire.
    async fn new(origin: &str) -> Result<Self> {
        let mut session = Self { url: format!("{origin}/handshake"), id: String::new() };
        let initialize = format!(
            r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"{REVISION}","capabilities":{{}},
               "clientInfo":{{"name":"interop","version":"1"}}}}}}"#
        );
        let response = client()?.execute(session.request(Method::POST, &initialize)?.try_into()?).await?;
        let id = response.headers().get("mcp-session-id").ok_or("the server opens no session")?;
        session.id = id.to_str()?.to_owned();
        let mut answers = response.events().with_ending(result());
        while let Some(answer) = futures_util::StreamExt::next(&mut answers).await {
            answer?;
        }
        let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        client()?.execute(session.request(Method::POST, initialized)?.try_into()?).await?.error_for_status()?;
        session.url = format!("{origin}{PATH}");
        Ok(session)
    }

    fn request(&self, method: Method, body: &str) -> Result<Request<Bytes>> {
        let mut request = Request::builder().method(method).uri(&self.url).header("mcp-protocol-version", REVISION);
        if !self.id.is_empty() {
            request = request.header("mcp-session-id", &self.id);
        }
        if !body.is_empty() {
            request =
                request.header(ACCEPT, "application/json, text/event-stream").header(CONTENT_TYPE, "application/json");
        }
        Ok(request.body(Bytes::copy_from_slice(body.as_bytes()))?)
    }
}

/// The result of a call is the end of its stream.
pub(super) fn result() -> Ending {
    Ending::at(|event| matches!(serde_json::from_str(event.data), Ok(Message { result: Some(_), .. })))
}

/// A message of JSON-RPC, as far as it is of interest.
#[derive(Deserialize)]
struct Message {
    params: Option<Params>,
    result: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Params {
    data: Event,
}

/// The event of the list that a message carries, under the ID of the message. A priming event carries none.
///
/// JSON keeps CR as it is. That is made LF, as an event stream would, so that all pairs are held to the same list.
pub(super) fn read(event: &OwnedEvent) -> Result<Option<Event>> {
    if event.data().is_empty() {
        return Ok(None);
    }
    let message: Message = serde_json::from_str(event.data())?;
    let carried = match (message.params, message.result) {
        (Some(params), None) => params.data,
        (None, Some(result)) => serde_json::from_str(result["content"][0]["text"].as_str().unwrap_or_default())?,
        _ => return Err(format!("not an expected message: {}", event.data()).into()),
    };
    Ok(Some(Event::new(event.last_event_id(), &carried.event, &list::with_lf(&carried.data))))
}
