//! Our server.

use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::routing::get;
use futures_util::StreamExt as _;
use serde::Deserialize;
use sse_hyper::{EventBlock, EventBody, FieldError};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::list::Event;
use crate::pair::{Server, Start};
use crate::replay::{Released, replay};
use crate::setting::Setting;
use crate::wire::{Address, PATH};
use crate::{Result, pages};

/// What our server asks clients to wait.
pub(crate) const RETRY: Duration = Duration::from_millis(50);

/// A server over sse-hyper's body, and over axum, which also serves the pages of the browser's clients.
pub(crate) fn start(setting: &Setting, released: Released) -> Start<'_, Server> {
    let events = get(stream).with_state((setting.clone(), released));
    Box::pin(serve(Router::new().route(PATH, events).merge(pages::router(setting))))
}

/// Serves on a free port.
pub(crate) async fn serve(router: Router) -> Result<Server> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = Address::Tcp(listener.local_addr()?);
    let mut running = JoinSet::new();
    running.spawn(async move { Ok(axum::serve(listener, router).await?) });
    Ok(Server { address, running })
}

/// The ID as event-source-polyfill sends it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resume {
    last_event_id: Option<String>,
}

async fn stream(
    State((setting, released)): State<(Setting, Released)>,
    Query(resume): Query<Resume>,
    headers: HeaderMap,
) -> impl IntoResponse {
    let field = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let events = replay(setting.list, field.or(resume.last_event_id.as_deref()), released);
    EventBody::new(events.map(|event| encode(&event))).retry(RETRY).into_response()
}

fn encode(event: &Event) -> std::result::Result<bytes::Bytes, FieldError> {
    Ok(EventBlock::new().id(&event.id)?.event_type(&event.event)?.data(&event.data).to_bytes())
}
