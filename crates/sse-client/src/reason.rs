//! Why a connection was lost, and why a session is closed.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use core::time::Duration;

use sse_codec::DecodeError;
use thiserror::Error;

/// Why an attempt failed or a connection ended.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The server answered with another status than 200.
    #[error("the server answered with status {status}")]
    #[non_exhaustive]
    Status {
        /// The status.
        status: u16,
        /// How long it asked to stay away by `Retry-After`, if it did.
        retry_after: Option<Duration>,
    },
    /// The server answered 200, but not with an event stream in UTF-8.
    #[error("the server answered with {0} instead of text/event-stream in UTF-8; is this the URL of a stream?")]
    ContentType(ContentType),
    /// The server answered with an event stream in a content coding that was not undone.
    #[error(
        "the server sent the stream in the content coding {0}, which cannot be undone here: switch on the HTTP client's \
         feature for it; if the client did not ask for it, the server should not have sent it"
    )]
    ContentCoding(ContentCoding),
    /// The server ended the stream.
    #[error("the server ended the stream")]
    EndOfStream,
    /// The server ended the stream before the event by which it [ends](crate::Ending).
    #[error("the server ended the stream before its last event: what came is not all of it")]
    UnexpectedEnd,
    /// An event was too large to be taken, in a stream that [ends](crate::Ending) by an event: what came is not all of
    /// it. Final: no strategy is asked. (A stream without an end goes on, without that event.)
    #[error(transparent)]
    DroppedEvent(DecodeError),
    /// The connection could not be made, or broke.
    #[error("the connection failed")]
    Transport,
    /// The adapter said that no attempt can ever succeed ([`End::Futile`](crate::End::Futile)).
    #[error("the request cannot succeed, now or later")]
    Futile,
    /// A deadline passed.
    #[error("{0}")]
    Timeout(Timeout),
}

/// A `Content-Type` that is not what was asked for, for error messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentType(Option<Box<str>>);

impl ContentType {
    pub(crate) fn new(value: Option<&[u8]>) -> Self {
        Self(value.map(shown))
    }

    /// The value received; `None` if the header was missing. At most its first 200 bytes; what is no UTF-8 is replaced.
    pub fn value(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl fmt::Display for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value() {
            Some(value) => write!(f, "content type {value:?}"),
            None => f.write_str("no content type"),
        }
    }
}

/// A `Content-Encoding` that the client does not undo, for error messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentCoding(Box<str>);

impl ContentCoding {
    pub(crate) fn new(value: &[u8]) -> Self {
        Self(shown(value))
    }

    /// The value received, which may be a list. At most its first 200 bytes; what is no UTF-8 is replaced.
    pub fn value(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ContentCoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.value())
    }
}

/// The beginning of a header value: a session does not keep what a peer can make as long as it likes.
fn shown(value: &[u8]) -> Box<str> {
    String::from_utf8_lossy(&value[..value.len().min(200)]).into()
}

/// Which of the [`Deadlines`](crate::Deadlines) passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Timeout {
    /// No response head.
    Head,
    /// No byte.
    ByteIdle,
    /// No event, though there may have been comments.
    EventIdle,
    /// No end, though there may have been events.
    Total,
}

impl fmt::Display for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Head => "the server was silent for too long: no response head",
            Self::ByteIdle => "the server was silent for too long: not one byte",
            Self::EventIdle => "the server was silent for too long: no event",
            Self::Total => "the response took too long: no end of the stream",
        })
    }
}

/// Which limit of the [`Policy`](crate::Policy) was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// [`Policy::with_max_failures`](crate::Policy::with_max_failures).
    Failures,
    /// [`Policy::with_max_reconnects`](crate::Policy::with_max_reconnects).
    Reconnects,
    /// [`Policy::with_max_outage`](crate::Policy::with_max_outage).
    Outage,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Failures => "too many failures in a row",
            Self::Reconnects => "too many reconnections",
            Self::Outage => "the outage lasted too long",
        })
    }
}

/// Why a session is closed. It stays closed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseReason {
    /// The server answered 204 No Content: it wants no more reconnections. A proper end.
    NoContent,
    /// The one response of [`Session::once`](crate::Session::once) came to its end. A proper end.
    EndOfStream,
    /// The event came by which the stream [ends](crate::Ending). A proper end.
    LastEvent,
    /// [`Session::close`](crate::Session::close) was called, or the [error strategy](crate::ErrorStrategy) said so. A proper
    /// end.
    Requested,
    /// The standard's "fail the connection": trying again would not help, or is not wanted.
    Failed(Cause),
    /// It might have been retried, but a limit was reached.
    GaveUp {
        /// Which limit.
        limit: Limit,
        /// What made the last connection end.
        cause: Cause,
    },
}

impl CloseReason {
    /// Whether the server or the user ended it on purpose; otherwise something went wrong.
    pub fn is_proper(&self) -> bool {
        self.cause().is_none()
    }

    /// What went wrong; `None` for a proper end.
    pub fn cause(&self) -> Option<&Cause> {
        match self {
            Self::NoContent | Self::EndOfStream | Self::LastEvent | Self::Requested => None,
            Self::Failed(cause) | Self::GaveUp { cause, .. } => Some(cause),
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoContent => f.write_str("the server answered 204: no more events"),
            Self::EndOfStream => f.write_str("the stream came to its end"),
            Self::LastEvent => f.write_str("the last event of the stream has come"),
            Self::Requested => f.write_str("closed on request"),
            Self::Failed(cause) => cause.fmt(f),
            Self::GaveUp { limit, cause } => write!(f, "gave up ({limit}): {cause}"),
        }
    }
}
