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
        /// The head of the response. It is large, and most updates are events.
        head: Box<H>,
        /// The first 64 KiB of its body, where the server's explanation is; in its content coding, if that was not undone.
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
///
/// Says what the [`Failure`] says, and where the policy would have had it retried but for a limit, that it gave up; then
/// the failure is its source.
///
/// It is a pointer: an error takes the place of an event, and if it were the larger one, to take the item apart would be a
/// quarter of all that an event costs.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct Error<H, E>(Box<Kind<H, E>>);

#[derive(Debug, Error)]
enum Kind<H, E> {
    #[error(transparent)]
    Failed(Failure<H, E>),
    #[error("gave up ({limit})")]
    GaveUp { limit: Limit, source: Failure<H, E> },
}

impl<H, E> Error<H, E> {
    pub(crate) fn new(limit: Option<Limit>, failure: Failure<H, E>) -> Self {
        Self(Box::new(match limit {
            Some(limit) => Kind::GaveUp { limit, source: failure },
            None => Kind::Failed(failure),
        }))
    }

    /// What happened last.
    pub fn failure(&self) -> &Failure<H, E> {
        match &*self.0 {
            Kind::Failed(failure) | Kind::GaveUp { source: failure, .. } => failure,
        }
    }

    /// The same, to keep.
    pub fn into_failure(self) -> Failure<H, E> {
        match *self.0 {
            Kind::Failed(failure) | Kind::GaveUp { source: failure, .. } => failure,
        }
    }

    /// The limit of the policy that was reached: without it there would have been another attempt. `None`: it was the
    /// standard's "fail the connection", for which trying again would not help, or was not wanted.
    pub fn limit(&self) -> Option<Limit> {
        match *self.0 {
            Kind::Failed(_) => None,
            Kind::GaveUp { limit, .. } => Some(limit),
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

#[cfg(test)]
mod tests {
    use sse_codec::OwnedEvent;

    use super::*;

    #[test]
    fn an_item_is_no_larger_than_an_event() {
        type Item = Result<OwnedEvent, Error<[u64; 100], [u64; 100]>>;
        assert_eq!(size_of::<Option<Item>>(), size_of::<OwnedEvent>());
    }
}
