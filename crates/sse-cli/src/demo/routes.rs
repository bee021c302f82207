//! Requests to responses, with no socket in sight.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Body as _;
use sse_hyper::EventBody;
use url::form_urlencoded;

use super::clock::Clock;
use super::connections::{Connection, Connections};
use super::cors;
use super::date::Date;
use super::feed::Feed;
use super::page::{self, Asset};
use super::tokens::Tokens;
use super::{load, timeline};

pub(super) type Body = UnsyncBoxBody<Bytes, std::convert::Infallible>;

/// The demo: three feeds, the register of open streams, the page.
pub(super) struct App {
    date: Arc<Feed>,
    load: Arc<Feed>,
    tokens: Arc<Feed>,
    pub(super) connections: Arc<Connections>,
}

impl App {
    /// Makes the feeds and starts the tasks that write them, one each, however many clients there are.
    ///
    /// A feed holds what it sent in the last `history` seconds.
    pub(super) fn start(clock: &Clock, history: usize, max_connections: usize) -> Arc<Self> {
        let now = clock.now();
        let tokens = Tokens::new();
        let app = Arc::new(Self {
            date: Arc::new(Date::feed(now, history)),
            load: Arc::new(load::feed(now, history)),
            tokens: Arc::new(tokens.feed(now, history)),
            connections: Connections::new(max_connections),
        });
        tokio::spawn(timeline::run(Date, Arc::clone(&app.date), clock.clone()));
        tokio::spawn(timeline::run(tokens, Arc::clone(&app.tokens), clock.clone()));
        tokio::spawn(load::run(Arc::clone(&app.load), Arc::clone(&app.connections), clock.clone()));
        app
    }

    /// Answers `request`, whose body is not looked at.
    pub(super) fn handle<B>(&self, request: &Request<B>) -> Response<Body> {
        let Some(route) = self.route(request.uri().path()) else {
            return text(StatusCode::NOT_FOUND, "There is nothing here.\n");
        };
        let cross_origin = !matches!(route, Route::Page(_));
        let mut response = match (route, request.method()) {
            (Route::Page(asset), &Method::GET | &Method::HEAD) => file(asset),
            (Route::Stream(feed), &Method::GET | &Method::HEAD) => self.stream(feed, request),
            (Route::Drop, &Method::POST) => self.drop_streams(request),
            (Route::Stream(_) | Route::Drop, &Method::OPTIONS) => cors::preflight(),
            (route, _) => method_not_allowed(&route),
        };
        if cross_origin {
            cors::allow_any_origin(&mut response);
        }
        if request.method() == Method::HEAD && request.version() == Version::HTTP_2 {
            // Over HTTP/1.1 hyper leaves the body out by itself.
            if let Some(len) = response.body().size_hint().exact() {
                response.headers_mut().insert(CONTENT_LENGTH, len.into());
            }
            *response.body_mut() = Empty::new().boxed_unsync();
        }
        response
    }

    fn route(&self, path: &str) -> Option<Route<'_>> {
        Some(match path {
            "/stream/date" => Route::Stream(&self.date),
            "/stream/load" => Route::Stream(&self.load),
            "/stream/tokens" => Route::Stream(&self.tokens),
            "/drop" => Route::Drop,
            path => Route::Page(page::asset(path)?),
        })
    }

    fn stream<B>(&self, feed: &Arc<Feed>, request: &Request<B>) -> Response<Body> {
        let Some(connection) = self.connections.open(client(request)) else {
            return unavailable();
        };
        let last_event_id = request.headers().get("last-event-id").map(HeaderValue::as_bytes);
        let end = connection.end();
        let body = EventBody::new(held(feed.follow(last_event_id), connection)).retry(feed.retry).until(end);
        body.into_response().map(BodyExt::boxed_unsync)
    }

    fn drop_streams<B>(&self, request: &Request<B>) -> Response<Body> {
        let dropped = self.connections.drop_streams(client(request).as_deref());
        let json = serde_json::json!({ "dropped": dropped }).to_string();
        content(StatusCode::OK, "application/json", json)
    }
}

enum Route<'a> {
    Page(&'static Asset),
    Stream(&'a Arc<Feed>),
    Drop,
}

/// The stream, and the connection's place in the register for as long as it lives.
fn held<S: Stream>(stream: S, connection: Connection) -> impl Stream<Item = S::Item> {
    stream.map(move |item| {
        let _held = &connection;
        item
    })
}

/// The name that the page gave this client: `?client=NAME`.
fn client<B>(request: &Request<B>) -> Option<String> {
    let query = request.uri().query()?.as_bytes();
    form_urlencoded::parse(query).find(|(name, _)| name == "client").map(|(_, value)| value.into_owned())
}

fn file(asset: &'static Asset) -> Response<Body> {
    let mut response = content(StatusCode::OK, asset.content_type, asset.content);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn method_not_allowed(route: &Route<'_>) -> Response<Body> {
    let allowed = match route {
        Route::Page(_) => "GET, HEAD",
        Route::Stream(_) => "GET, HEAD, OPTIONS",
        Route::Drop => "POST, OPTIONS",
    };
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "This takes another method.\n");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

/// Too many streams are open. Clients are spread over some seconds, so that those who were turned away together do
/// not return together.
fn unavailable() -> Response<Body> {
    let mut response = text(StatusCode::SERVICE_UNAVAILABLE, "Too many event streams are open. Come back later.\n");
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(fastrand::u16(2..=6)));
    response
}

fn text(status: StatusCode, text: &'static str) -> Response<Body> {
    content(status, "text/plain; charset=utf-8", text)
}

fn content(status: StatusCode, content_type: &'static str, content: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Full::new(content.into()).boxed_unsync());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
