//! The body of a response, and the connection that it comes over.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use crate::own::{OwnConnection, Upload};
use crate::share::Shared;

/// The body of a response of an [`HttpClient`](crate::HttpClient). Dropping it ends the response: with it goes the
/// connection, unless other responses come over it too.
///
/// Over HTTP/1.1 it drives its connection: nothing is read while it is not polled. An HTTP/2 connection has a task, and so has
/// an HTTP/1.1 connection whose response began before all of the request was sent. If that response is read to its end, the
/// rest of the request is still sent, until the server takes nothing for 30 seconds.
pub struct ResponseBody {
    incoming: Incoming,
    /// Dropped behind the body.
    connection: Connection,
}

enum Connection {
    Own(OwnConnection),
    Uploading(Upload),
    /// Driven by a task of its own. Held, so that it lives as long as the body.
    Shared {
        _held: Arc<Shared>,
    },
}

impl ResponseBody {
    /// Of a connection that nobody else uses.
    pub(crate) fn alone(incoming: Incoming, connection: OwnConnection) -> Self {
        Self { incoming, connection: Connection::Own(connection) }
    }

    /// Of a connection over which the request is still being sent.
    pub(crate) fn beside_upload(incoming: Incoming, upload: Upload) -> Self {
        let mut body = Self { incoming, connection: Connection::Uploading(upload) };
        if body.is_end_stream() {
            body.note_end();
        }
        body
    }

    /// All of it has been read.
    fn note_end(&mut self) {
        if let Connection::Uploading(upload) = &mut self.connection {
            upload.answered();
        }
    }

    /// Of a connection that others use too.
    pub(crate) fn beside_others(incoming: Incoming, connection: Arc<Shared>) -> Self {
        Self { incoming, connection: Connection::Shared { _held: connection } }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if let Connection::Own(connection) = &mut self.connection {
            connection.drive(cx);
        }
        let frame = Pin::new(&mut self.incoming).poll_frame(cx);
        if matches!(frame, Poll::Ready(None)) || self.is_end_stream() {
            self.note_end();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").field("incoming", &self.incoming).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_where_any_body_does() {
        fn everywhere<T: Send + Sync + Unpin + 'static>() {}
        everywhere::<ResponseBody>();
    }
}
