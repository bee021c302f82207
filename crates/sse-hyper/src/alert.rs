//! The alert by which a server ends a TLS connection, kept for the error that comes of it.
//!
//! In TLS 1.3 a server judges the client's certificate when the client's handshake is over and its request on the way.
//! HTTP then sees a connection that broke, and h2 keeps nothing of an error but its text.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};

use crate::dial::BoxIo;
use crate::error::HttpError;

/// The last word of a server, if it was an alert.
#[derive(Clone, Default)]
pub(crate) struct Alert(Arc<OnceLock<rustls::Error>>);

impl Alert {
    /// What to make of an error of the connection: where the server has said why, its word counts.
    pub(crate) fn explain(&self, error: hyper::Error) -> HttpError {
        let alert = self.0.get().cloned().and_then(HttpError::from_alert);
        alert.unwrap_or_else(|| HttpError::from_service(error.into()))
    }

    fn hear(&self, error: &io::Error) {
        if let Some(error @ rustls::Error::AlertReceived(_)) = error.get_ref().and_then(|error| error.downcast_ref()) {
            let _ = self.0.set(error.clone());
        }
    }
}

/// A TLS connection whose alert is heard.
pub(crate) struct Heard {
    pub(crate) io: BoxIo,
    pub(crate) alert: Alert,
}

impl Heard {
    fn hear<T>(&mut self, cx: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if let Poll::Ready(Err(_)) = result {
            // Nothing can be written any more; what the server said before it hung up is still there to be read.
            let mut bytes = [0; 256];
            let mut buffer = ReadBuf::new(&mut bytes);
            if let Poll::Ready(Err(error)) = Pin::new(&mut self.io).poll_read(cx, buffer.unfilled()) {
                self.alert.hear(&error);
            }
        }
        result
    }
}

impl Read for Heard {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.io).poll_read(cx, buffer);
        if let Poll::Ready(Err(error)) = &result {
            self.alert.hear(error);
        }
        result
    }
}

impl Write for Heard {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.hear(cx, result)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.io).poll_flush(cx);
        self.hear(cx, result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write_vectored(cx, parts);
        self.hear(cx, result)
    }
}
