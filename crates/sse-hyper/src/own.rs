//! An HTTP/1.1 connection that carries one request.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::header::{HOST, PROXY_AUTHORIZATION};
use http::uri::{PathAndQuery, Scheme};
use http::{HeaderValue, Request, Response, Uri, Version};
use http_body_util::Full;
use hyper::client::conn::http1;
use tokio::task::{AbortHandle, unconstrained};

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

/// An upload that goes on behind the head of its response, by a task: to the end if the response ends first, which is the
/// server's choice, and not if its reader has gone.
pub(crate) struct Upload {
    task: AbortHandle,
    pub(crate) is_answered: bool,
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.is_answered {
            self.task.abort();
        }
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
            *request.uri_mut() = without_user(request.uri());
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
    let upload = connection.0.take_if(|_| unwritten.is_some()).map(|connection| {
        let task = tokio::spawn(connection).abort_handle();
        Upload { task, is_answered: false }
    });
    Ok(response.map(|incoming| match upload {
        Some(upload) => ResponseBody::beside_upload(incoming, upload),
        None => ResponseBody::alone(incoming, connection),
    }))
}

/// RFC 9110, 4.2.4: a request names no user.
fn without_user(uri: &Uri) -> Uri {
    let mut parts = uri.clone().into_parts();
    let authority = parts.authority.take();
    parts.authority = authority.map(|authority| match authority.as_str().rsplit_once('@') {
        Some((_, host)) => host.parse().unwrap_or(authority),
        None => authority,
    });
    Uri::from_parts(parts).unwrap_or_else(|_| uri.clone())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_request_names_a_user() {
        for (uri, sent) in [
            ("http://user:secret@a.test:81/x?y", "http://a.test:81/x?y"),
            ("http://user@[::1]/", "http://[::1]/"),
            ("http://a.test/@", "http://a.test/@"),
        ] {
            assert_eq!(without_user(&uri.parse().unwrap()), sent);
        }
    }
}
