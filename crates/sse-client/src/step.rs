//! What a session answers, and what it is told.

use core::time::Duration;

use crate::reason::{Cause, CloseReason};

/// What to do next. Valid until the next `handle_*` call.
///
/// Deliberately not `non_exhaustive`: an adapter that does not know a step cannot take it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<'s> {
    /// Begin an attempt and call [`handle_connecting`](crate::Session::handle_connecting).
    ///
    /// Ready state CONNECTING. No connection may be open now: drop the one there was.
    Connect {
        /// The value of the `Last-Event-ID` header to send, always a valid header value: the last event ID without the
        /// spaces and tabs around it, which HTTP cannot carry. `None`: send no such header.
        ///
        /// As bytes it is UTF-8, which is what the standard and browsers send, and not always ASCII.
        last_event_id: Option<&'s str>,
    },
    /// Await the response head, then call [`handle_head`](crate::Session::handle_head). If the attempt fails, call
    /// [`handle_end`](crate::Session::handle_end); at the deadline, call [`handle_timeout`](crate::Session::handle_timeout).
    ///
    /// Ready state CONNECTING.
    AwaitHead {
        /// When to give the attempt up. `None`: never.
        deadline: Option<Duration>,
    },
    /// Read from the body and call [`handle_data`](crate::Session::handle_data), and when what came is used up,
    /// [`handle_waiting`](crate::Session::handle_waiting). At its end call
    /// [`handle_end`](crate::Session::handle_end); at the deadline, [`handle_timeout`](crate::Session::handle_timeout).
    ///
    /// Ready state OPEN. The deadline moves with what arrives. There is no need to rearm a timer for each chunk: let it
    /// fire early and ask again.
    Read {
        /// When the silence has lasted too long. `None`: never.
        deadline: Option<Duration>,
    },
    /// Drop the connection, if there is one, and call [`handle_timeout`](crate::Session::handle_timeout) at `until`.
    ///
    /// Ready state CONNECTING.
    Wait {
        /// When the next attempt is due. May be as far away as [`Duration::MAX`].
        until: Duration,
        /// What led here.
        cause: &'s Cause,
    },
    /// Drop the connection, if there is one. Nothing will ever change this.
    ///
    /// Ready state CLOSED.
    Closed(&'s CloseReason),
}

/// How an attempt or a body ended, for [`Session::handle_end`](crate::Session::handle_end).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// The body ended as its framing says it should.
    Eof,
    /// The attempt failed before anything was sent (name not found, connection refused, TLS not settled), or the server
    /// has said that it did nothing for it (HTTP/2's `REFUSED_STREAM`). Tells a request that may be sent again
    /// ([`Retries::Refused`](crate::Retries::Refused)); otherwise it is a transport error like any other.
    Unsent,
    /// Anything else: connection reset, a body cut short or not decodable.
    TransportError,
    /// An error that no later attempt can escape, such as a redirect to a scheme that is not HTTP. (The standard lets
    /// a user agent fail the connection that it "knows to be futile".)
    Futile,
}

/// The standard's `readyState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReadyState {
    /// No connection, but there will be one.
    Connecting,
    /// Receiving.
    Open,
    /// The end.
    Closed,
}
