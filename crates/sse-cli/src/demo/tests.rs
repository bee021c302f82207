//! The demo in process, on a virtual clock. What needs a socket or a process is in `tests/demo`.

mod connections;
mod date;
mod hostile;
mod load;
mod routes;
mod tokens;

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use http::{Request, Response};
use http_body_util::BodyExt;
use serde_json::Value;

use super::clock::Clock;
use super::routes::{App, Body};

/// 2033, and not a whole second.
const START: Duration = Duration::from_millis(2_000_000_000_300);

/// The demo as it starts at `START` on tokio's clock, holding ten seconds.
fn app() -> Arc<App> {
    App::start(&Clock::virtual_at(START), 10, 1000)
}

fn request(app: &App, method: &str, uri: &str, last_event_id: Option<&[u8]>) -> Response<Body> {
    let mut request = Request::builder().method(method).uri(uri);
    if let Some(id) = last_event_id {
        request = request.header("last-event-id", id);
    }
    app.handle(&request.body(()).unwrap())
}

fn get(app: &App, uri: &str) -> Response<Body> {
    request(app, "GET", uri, None)
}

/// The body of a stream, behind its `retry`.
async fn follow(app: &App, uri: &str, last_event_id: Option<&str>) -> Body {
    let response = request(app, "GET", uri, last_event_id.map(str::as_bytes));
    assert_eq!(response.status(), 200);
    let mut body = response.into_body();
    assert!(next(&mut body).await.starts_with("retry: "));
    body
}

/// The next block, waited for.
async fn next(body: &mut Body) -> String {
    let frame = body.frame().await.expect("the stream goes on").unwrap();
    String::from_utf8(frame.into_data().unwrap().into()).unwrap()
}

/// The next block if it is there.
fn ready(body: &mut Body) -> Option<String> {
    next(body).now_or_never()
}

#[derive(Debug, PartialEq)]
struct Event {
    id: Option<String>,
    event_type: String,
    data: Value,
}

impl Event {
    fn parse(block: &str) -> Self {
        let field = |name: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.strip_prefix(": ").expect("a space").to_owned())
        };
        let data = serde_json::from_str(&field("data").expect("data")).expect("JSON");
        Self { id: field("id"), event_type: field("event").expect("a type"), data }
    }

    async fn next(body: &mut Body) -> Self {
        Self::parse(&next(body).await)
    }

    fn position(&self) -> u64 {
        let id = self.id.as_ref().expect("an id");
        id.rsplit('-').next().unwrap().parse().unwrap()
    }
}
