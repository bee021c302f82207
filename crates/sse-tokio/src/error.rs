//! What goes wrong, and what there is to know about it.

use std::io;
use std::iter::successors;

use bytes::Bytes;
use sse_client::{Cause, Limit};
use sse_codec::DecodeError;
use thiserror::Error;

/// Why an attempt failed or a connection was lost.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Failure<H, E> {
    /// The server answered, but not with an event stream.
    #[error("{cause}")]
    #[non_exhaustive]
    Response {
        /// [`Cause::Status`], [`Cause::ContentType`] or [`Cause::ContentCoding`].
        cause: Cause,
        /// The head of the response. It is large, and events take the same place as errors.
        head: Box<H>,
        /// The first 8 KiB of its body, where the server's explanation is; in its content coding, if that was not undone.
        /// What has arrived after two seconds, if the body is slow. Empty if the attempt is going to be retried, since then nothing waits for it.
        body: Bytes,
    },
    /// The connection could not be made, or broke.
    #[error("{cause}")]
    #[non_exhaustive]
    Transport {
        /// [`Cause::Transport`] or [`Cause::Futile`].
        cause: Cause,
        /// What the HTTP library says.
        source: E,
    },
    /// The connection is gone without an error: the server ended the stream, or was silent for too long. Also
    /// [`Cause::UnexpectedEnd`] and [`Cause::DroppedEvent`]: what came is not all of it.
    #[error(transparent)]
    Lost(Cause),
}

impl<H, E> Failure<H, E> {
    /// What it means to the session.
    pub fn cause(&self) -> &Cause {
        match self {
            Self::Response { cause, .. } | Self::Transport { cause, .. } | Self::Lost(cause) => cause,
        }
    }

    /// The head of the response that was refused.
    pub fn head(&self) -> Option<&H> {
        match self {
            Self::Response { head, .. } => Some(head),
            _ => None,
        }
    }

    /// The beginning of the body of the response that was refused.
    pub fn body(&self) -> Option<&Bytes> {
        match self {
            Self::Response { body, .. } => Some(body),
            _ => None,
        }
    }
}

/// Why an [`EventSource`](crate::EventSource) ended that was not meant to end. The last item of its stream.
#[derive(Debug, Error)]
#[non_exhaustive]
// As a byte it is moved with the seven behind it, by two reads of what was written as one, which are waited for: that was
// a tenth of the time of an event.
#[repr(usize)]
pub enum Error<H, E> {
    /// The standard's "fail the connection": trying again would not help, or was not wanted.
    #[error(transparent)]
    Failed(Failure<H, E>),
    /// It would have been retried, but a limit of the policy was reached.
    #[error("gave up ({limit})")]
    #[non_exhaustive]
    GaveUp {
        /// Which limit.
        limit: Limit,
        /// What happened last.
        #[source]
        failure: Failure<H, E>,
    },
}

impl<H, E> Error<H, E> {
    /// What happened last.
    pub fn failure(&self) -> &Failure<H, E> {
        match self {
            Self::Failed(failure) | Self::GaveUp { failure, .. } => failure,
        }
    }
}

/// An item of an [`EventStream`](crate::EventStream) that is no event.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StreamError<E> {
    /// One event was dropped. The stream goes on.
    #[error(transparent)]
    Dropped(DecodeError),
    /// The bytes cannot be read any further. The stream ends.
    #[error("the event stream broke off")]
    Transport(#[source] E),
    /// The bytes ended before the event by which the stream [ends](crate::Ending). The stream ends.
    #[error("the stream ended before its last event: what came is not all of it")]
    UnexpectedEnd,
}

/// An error and all that is behind it, for adapters that tell errors apart: also what an [`io::Error`] carries, which it
/// hides from [`source`](std::error::Error::source).
///
/// ```
/// use std::{fmt, io};
///
/// let inner = io::Error::new(io::ErrorKind::Other, fmt::Error);
/// let outer = io::Error::new(io::ErrorKind::Other, inner);
/// let found = sse_tokio::links(&outer).any(|link| link.is::<fmt::Error>());
/// assert!(found);
/// ```
pub fn links<'e>(
    error: &'e (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'e (dyn std::error::Error + 'static)> {
    successors(Some(error), |&link| match link.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(carried) => Some(carried as &(dyn std::error::Error + 'static)),
        None => link.source(),
    })
}
