//! axum's `Sse`.

use std::convert::Infallible;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use futures_util::{Stream, StreamExt as _, stream};

use crate::ours::server;
use crate::pair::{Server, Start};
use crate::replay::{Released, replay};
use crate::setting::Setting;
use crate::wire::PATH;

/// A server whose body is axum's and not ours.
pub(crate) fn sse(setting: &Setting, released: Released) -> Start<'_, Server> {
    let events = get(stream).with_state((setting.clone(), released));
    Box::pin(server::serve(Router::new().route(PATH, events)))
}

async fn stream(
    State((setting, released)): State<(Setting, Released)>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let last_event_id = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let events = replay(setting.list, last_event_id, released)
        .map(|event| Event::default().id(event.id).event(event.event).data(event.data));
    let retry = stream::iter([Event::default().retry(server::RETRY)]);
    Sse::new(retry.chain(events).map(Ok))
}
