//! Our clients over the Model Context Protocol's streamable HTTP, revision 2025-11-25: a call is made by `POST`, once,
//! and a stream that was lost is resumed by `GET`.

use std::future::ready;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Method, Request};
use serde::Deserialize;
use sse_hyper::{Ending, NextRequest, NoRequest, OwnedEvent, Policy, RequestStrategy};
use sse_reqwest::ResponseExt as _;

use super::client::follow;
use super::server::RETRY;
use crate::list::{self, Event};
use crate::pair::{Client, Start};
use crate::setting::Setting;
use crate::wire::PATH;
use crate::{Error, Result};

const REVISION: &str = "2025-11-25";

/// A call, by sse-hyper.
pub(crate) fn hyper_post(_: &Setting, origin: String) -> Start<'_, Client> {
    Box::pin(async move {
        let connector = sse_hyper::Connector::with_request_strategy(Call::new(&origin).await?);
        Ok(follow(connector.subscribe(Policy::default()).with_ending(result()), read))
    })
}

/// A call, by sse-reqwest.
pub(crate) fn reqwest_post(_: &Setting, origin: String) -> Start<'_, Client> {
    Box::pin(async move {
        let connector = sse_reqwest::Connector::with_request_strategy(client()?, Call::new(&origin).await?);
        Ok(follow(connector.subscribe(Policy::default()).with_ending(result()), read))
    })
}

/// What the server says unasked, by sse-hyper.
pub(crate) fn hyper_get(_: &Setting, origin: String) -> Start<'_, Client> {
    Box::pin(async move {
        let session = Session::new(&origin).await?;
        let connector = sse_hyper::Connector::new(session.request(Method::GET, "")?)?;
        Ok(follow(connector.subscribe(quick()), read))
    })
}

/// What the server says unasked, by sse-reqwest.
pub(crate) fn reqwest_get(_: &Setting, origin: String) -> Start<'_, Client> {
    Box::pin(async move {
        let session = Session::new(&origin).await?;
        let request = session.request(Method::GET, "")?.try_into()?;
        let builder = reqwest::RequestBuilder::from_parts(client()?, request);
        Ok(follow(sse_reqwest::Connector::new(builder)?.subscribe(quick()), read))
    })
}

pub(super) fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().no_proxy().build()
}

/// The server sends no `retry` on these streams.
fn quick() -> Policy {
    Policy::default().with_reconnection_time(RETRY)
}

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

/// A call of the server's one tool.
struct Call {
    session: Session,
    made: bool,
}

impl Call {
    async fn new(origin: &str) -> Result<Self> {
        Ok(Self { session: Session::new(origin).await?, made: false })
    }

    /// What the next attempt sends: the call, or, behind an event, a request for the rest of its answer.
    fn request(&mut self, last_event_id: Option<&str>) -> Result<Request<Bytes>> {
        if last_event_id.is_some() {
            return self.session.request(Method::GET, "");
        }
        if std::mem::replace(&mut self.made, true) {
            return Err(
                NoRequest::new("the answer was lost before its first event, and a call is not made twice").into()
            );
        }
        let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list","arguments":{}}}"#;
        self.session.request(Method::POST, call)
    }
}

impl<R> RequestStrategy<R> for Call
where
    R: TryFrom<Request<Bytes>, Error: Into<Error>> + Send + 'static,
{
    fn next_request(&mut self, last_event_id: Option<&str>) -> NextRequest<R> {
        let request = self.request(last_event_id).and_then(|request| R::try_from(request).map_err(Into::into));
        Box::pin(ready(request))
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
