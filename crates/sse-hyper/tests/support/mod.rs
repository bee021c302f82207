//! A server in memory: a tower service that gives prepared answers and remembers what it was asked.
#![allow(dead_code)] // each test file uses its part
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use sse_hyper::{BoxError, Connector, Error, EventSource, HttpError, OwnedEvent, Update};
use tower_service::Service;

pub(crate) type Body = UnsyncBoxBody<Bytes, BoxError>;
pub(crate) type Head = http::response::Parts;
pub(crate) type ClientError = Error<Head, HttpError>;
pub(crate) type ClientUpdate = Update<Head, HttpError>;
pub(crate) type Source = EventSource<Connector<Server>>;

/// What the server does with one request.
pub(crate) enum Answer {
    Response(Response<Body>),
    Fail(BoxError),
    /// No head, ever.
    Silence,
}

/// An event stream that ends behind `text`.
pub(crate) fn stream_of(text: &str) -> Answer {
    response(200, &[("content-type", "text/event-stream")], text)
}

/// An event stream that stays open behind `text`.
pub(crate) fn open_stream_of(text: &str) -> Answer {
    let first = Frame::data(Bytes::copy_from_slice(text.as_bytes()));
    let frames = stream::iter([Ok::<_, BoxError>(first)]).chain(stream::pending());
    answer(200, &[("content-type", "text/event-stream")], StreamBody::new(frames).boxed_unsync())
}

pub(crate) fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    let body = Full::new(Bytes::copy_from_slice(body.as_bytes()));
    answer(status, headers, body.map_err(|never: Infallible| match never {}).boxed_unsync())
}

pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: Body) -> Answer {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    Answer::Response(response.body(body).unwrap())
}

pub(crate) fn redirect(status: u16, location: &str) -> Answer {
    response(status, &[("location", location)], "")
}

/// Gives its answers in order, and 204 from then on.
#[derive(Clone, Default)]
pub(crate) struct Server {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    requests: Arc<Mutex<Vec<Request<Bytes>>>>,
}

impl Server {
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.into_iter().collect())), ..Self::default() }
    }

    /// What it was asked so far.
    pub(crate) fn requests(&self) -> Vec<Request<Bytes>> {
        self.requests.lock().unwrap().clone()
    }

    /// One field of every request so far.
    pub(crate) fn field(&self, name: &str) -> Vec<Option<String>> {
        let field = |request: &Request<Bytes>| {
            let value = request.headers().get(name)?;
            Some(String::from_utf8(value.as_bytes().to_vec()).unwrap())
        };
        self.requests().iter().map(field).collect()
    }

    pub(crate) fn uris(&self) -> Vec<String> {
        self.requests().iter().map(|request| request.uri().to_string()).collect()
    }
}

impl Service<Request<Full<Bytes>>> for Server {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        let server = self.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            server.requests.lock().unwrap().push(Request::from_parts(head, body));
            let answer = server.answers.lock().unwrap().pop_front();
            match answer.unwrap_or_else(|| response(204, &[], "")) {
                Answer::Response(response) => Ok(response),
                Answer::Fail(error) => Err(error),
                Answer::Silence => std::future::pending().await,
            }
        })
    }
}

/// Everything up to the end, which must be a proper one.
pub(crate) async fn events<S>(mut source: S) -> Vec<String>
where
    S: futures_util::Stream<Item = Result<OwnedEvent, ClientError>> + Unpin,
{
    let mut data = Vec::new();
    while let Some(event) = source.next().await {
        data.push(event.unwrap().data().to_string());
    }
    data
}

/// The error that it must end with, and what came before.
pub(crate) async fn failure<S>(mut source: S) -> (Vec<String>, ClientError)
where
    S: futures_util::Stream<Item = Result<OwnedEvent, ClientError>> + Unpin,
{
    let mut data = Vec::new();
    while let Some(event) = source.next().await {
        match event {
            Ok(event) => data.push(event.data().to_owned()),
            Err(error) => {
                assert!(source.next().await.is_none(), "an error is the last item");
                return (data, error);
            }
        }
    }
    panic!("it ended without an error, after {data:?}");
}

/// The next event within a time that no test machine needs.
pub(crate) async fn next<S>(source: &mut S) -> OwnedEvent
where
    S: futures_util::Stream<Item = Result<OwnedEvent, ClientError>> + Unpin,
{
    let event = tokio::time::timeout(Duration::from_secs(20), source.next()).await;
    event.expect("an event in time").expect("not the end").unwrap()
}
