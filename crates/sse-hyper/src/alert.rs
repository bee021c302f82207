//! The last words of a server: what it answers before it hangs up, and the alert by which it ends a TLS connection.
//!
//! A server may answer a request that it has not read to the end, 413 or 401, and close. What is still on its way to
//! it then makes the next write fail, and HTTP gives up a connection that cannot be written to, with the answer unread.
//!
//! In TLS 1.3 a server judges the client's certificate when the client's handshake is over and its request on the way.
//! HTTP then sees a connection that broke, and h2 keeps nothing of an error but its text.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};

use crate::dial::BoxIo;
use crate::error::HttpError;

/// The last word of a server, if it was an alert.
#[derive(Clone, Default)]
pub(crate) struct Alert {
    /// There is none where there is no TLS.
    word: Option<Arc<OnceLock<rustls::Error>>>,
    /// The client has a certificate to show.
    has_identity: bool,
}

impl Alert {
    /// Of a TLS connection. Any other has the default.
    pub(crate) fn new(has_identity: bool) -> Self {
        Self { word: Some(Arc::default()), has_identity }
    }

    /// What to make of an error of the connection: where the server has said why, its word counts.
    pub(crate) fn explain(&self, error: hyper::Error) -> HttpError {
        let alert = self.word.as_ref().and_then(|word| word.get()).cloned();
        let told = alert.and_then(|alert| HttpError::from_alert(alert, self.has_identity));
        told.unwrap_or_else(|| HttpError::from_service(error.into()))
    }

    fn hear(&self, error: &io::Error) {
        let Some(word) = &self.word else { return };
        if let Some(error @ rustls::Error::AlertReceived(_)) = error.get_ref().and_then(|error| error.downcast_ref()) {
            let _ = word.set(error.clone());
        }
    }
}

/// A connection whose server is heard to the end.
///
/// No write fails: from the first that would, all are swallowed. The reader then meets what the server has said, and
/// behind it the end of the connection.
pub(crate) struct Heard {
    io: BoxIo,
    alert: Alert,
    /// The server takes nothing any more.
    deaf: bool,
    unwritten: Unwritten,
}

/// What is known of the writes: how an upload gets on.
#[derive(Clone, Default)]
pub(crate) struct Unwritten(Arc<Writes>);

#[derive(Default)]
struct Writes {
    is_pending: AtomicBool,
    taken: AtomicU64,
}

impl Unwritten {
    /// Whether there is something that the network has not taken.
    pub(crate) fn is_some(&self) -> bool {
        self.0.is_pending.load(Ordering::Relaxed)
    }

    /// How many times the network has taken something.
    pub(crate) fn taken(&self) -> u64 {
        self.0.taken.load(Ordering::Relaxed)
    }

    fn note(&self, is_pending: bool) {
        self.0.is_pending.store(is_pending, Ordering::Relaxed);
    }

    fn note_write(&self, result: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(1..)) = result {
            self.0.taken.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Heard {
    pub(crate) fn new(io: BoxIo, alert: Alert, unwritten: Unwritten) -> Self {
        Self { io, alert, deaf: false, unwritten }
    }

    /// What to make of the result of a write, which would have been `done`.
    fn swallow<T>(&mut self, cx: &Context<'_>, result: Poll<io::Result<T>>, done: T) -> Poll<io::Result<T>> {
        self.unwritten.note(result.is_pending());
        match result {
            Poll::Ready(Err(error)) => {
                tracing::debug!(name: "sse.unwritable", target: "sse", %error, "the server takes no more");
                self.deaf = true;
                // The reader may have looked before they came.
                cx.waker().wake_by_ref();
                Poll::Ready(Ok(done))
            }
            result => result,
        }
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
        if self.deaf {
            return Poll::Ready(Ok(bytes.len()));
        }
        let result = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.unwritten.note_write(&result);
        self.swallow(cx, result, bytes.len())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.deaf {
            return Poll::Ready(Ok(()));
        }
        let result = Pin::new(&mut self.io).poll_flush(cx);
        self.swallow(cx, result, ())
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
        let all = parts.iter().map(|part| part.len()).sum();
        if self.deaf {
            return Poll::Ready(Ok(all));
        }
        let result = Pin::new(&mut self.io).poll_write_vectored(cx, parts);
        self.unwritten.note_write(&result);
        self.swallow(cx, result, all)
    }
}
