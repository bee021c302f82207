//! An HTTP/1.1 connection that carries one request.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, PROXY_AUTHORIZATION};
use http::uri::{PathAndQuery, Scheme};
use http::{HeaderValue, Request, Response, Uri, Version};
use http_body_util::Full;
use hyper::client::conn::http1;
use tokio::sync::oneshot;
use tokio::task::unconstrained;
use tokio::time::timeout;

use crate::alert::Unwritten;
use crate::dial::{BoxIo, Link};
use crate::error::HttpError;
use crate::response::ResponseBody;

/// A connection that nobody else uses, so that it needs no task of its own: who waits for the response drives it, and
/// then who reads the body. Between tasks, each piece of a body would cost a change from one to the other and back. Only what
/// is still to be sent when the response begins has a task that sends it, whatever the reader does.
///
/// To be dropped behind what it carries.
pub(crate) struct OwnConnection(Option<Box<http1::Connection<BoxIo, Full<Bytes>>>>);

impl OwnConnection {
    /// Reads, writes and closes, as far as the request, the response and the peer let it. What comes of it, an error
    /// too, is for who looks at the response next.
    pub(crate) fn drive(&mut self, cx: &mut Context<'_>) {
        if let Some(connection) = &mut self.0 {
            if Pin::new(connection).poll(cx).is_ready() {
                self.0 = None;
            }
        }
    }

    fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.drive(cx);
        if self.0.is_none() { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Says goodbye, if that is possible at once: TLS has a word for it, and a server that does not hear it takes the end for
/// an attack. Whatever is left of the budget of the task in which this happens: who gives up a busy stream after a time has
/// most likely used it up.
impl Drop for OwnConnection {
    fn drop(&mut self) {
        let drive = pin!(unconstrained(poll_fn(|cx| {
            self.drive(cx);
            Poll::Ready(())
        })));
        let _ = drive.poll(&mut Context::from_waker(Waker::noop()));
    }
}

/// How long an upload behind a whole response may make no progress.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the task of an upload is to know of the response: whether all of it has been read. If that is never said and this is
/// gone, so is the reader.
pub(crate) struct Upload(Option<oneshot::Sender<()>>);

impl Upload {
    /// Has a task send what is left of a request, also behind the end of the response: to end that first is the server's
    /// choice. Not if the reader has gone.
    fn spawn(connection: OwnConnection, unwritten: Unwritten) -> Self {
        let (answered, is_answered) = oneshot::channel();
        tokio::spawn(finish(connection, unwritten, is_answered));
        Self(Some(answered))
    }

    pub(crate) fn answered(&mut self) {
        if let Some(answered) = self.0.take() {
            // Whom it does not reach has sent it all.
            let _ = answered.send(());
        }
    }
}

async fn finish(mut connection: OwnConnection, unwritten: Unwritten, mut is_answered: oneshot::Receiver<()>) {
    let is_answered = poll_fn(|cx| match connection.poll_closed(cx) {
        Poll::Ready(()) => Poll::Ready(false),
        Poll::Pending => Pin::new(&mut is_answered).poll(cx).map(|answered| answered.is_ok()),
    });
    let mut goes_on = is_answered.await;
    // Nobody waits for it any more, so that a server which takes nothing would be waited for without end.
    while goes_on {
        let taken = unwritten.taken();
        let closed = timeout(PATIENCE, poll_fn(|cx| connection.poll_closed(cx))).await.is_ok();
        goes_on = !closed && unwritten.taken() > taken;
    }
}

/// Sends a request over a connection of its own.
pub(crate) async fn send(link: Link, mut request: Request<Full<Bytes>>) -> Result<Response<ResponseBody>, HttpError> {
    let Link { io, proxy, alert, unwritten, .. } = link;
    *request.version_mut() = Version::HTTP_11;
    if let Some(host) = host(request.uri()) {
        request.headers_mut().entry(HOST).or_insert(host);
    }
    match proxy {
        // RFC 9112, 3.2.2: a proxy is told the whole URL, a server only what follows its name.
        Some(proxy) => {
            if let Some(authorization) = proxy.basic_auth() {
                request.headers_mut().insert(PROXY_AUTHORIZATION, authorization.clone());
            }
        }
        None => {
            let path = request.uri().path_and_query().cloned();
            *request.uri_mut() = Uri::from(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
        }
    }
    let (mut requests, connection) = http1::handshake(io).await.map_err(|error| alert.explain(error))?;
    let mut connection = OwnConnection(Some(Box::new(connection)));
    let mut response = pin!(requests.send_request(request));
    // It ends with the response: there will be no other request.
    drop(requests);
    let response = poll_fn(|cx| {
        connection.drive(cx);
        response.as_mut().poll(cx)
    });
    let response = response.await.map_err(|error| alert.explain(error))?;
    Ok(response.map(|incoming| match connection {
        OwnConnection(Some(_)) if unwritten.is_some() => {
            ResponseBody::beside_upload(incoming, Upload::spawn(connection, unwritten))
        }
        connection => ResponseBody::alone(incoming, connection),
    }))
}

/// RFC 9110, 7.2: the host, and the port if it is not the scheme's.
fn host(uri: &Uri) -> Option<HeaderValue> {
    let host = uri.host()?;
    let usual = if uri.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 };
    match uri.port_u16().filter(|port| *port != usual) {
        Some(port) => HeaderValue::try_from(format!("{host}:{port}")).ok(),
        None => HeaderValue::from_str(host).ok(),
    }
}
