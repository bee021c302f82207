//! What can happen to an event source.

use std::sync::Arc;
use std::time::Duration;

use bytestring::ByteString;
use sse_codec::{DecodeError, OwnedEvent, OwnedFrame};
use tokio::time::Instant;

use crate::error::Failure;

/// One thing that happened to an [`EventSource`](crate::EventSource).
#[derive(Debug)]
#[non_exhaustive]
pub enum Update<H, E> {
    /// An attempt begins.
    #[non_exhaustive]
    Connecting {
        /// Which attempt this is, from 1, of all that were made.
        attempt: u64,
        /// The last event ID that it asks the server to resume after.
        last_event_id: Option<String>,
        /// A last event ID that cannot be sent, since HTTP cannot carry its control characters or servers would not
        /// take its length ([`MAX_SENT_ID_BYTES`](crate::MAX_SENT_ID_BYTES)). The server starts where it likes.
        unsendable_id: Option<String>,
    },
    /// The server answered with an event stream: this is the head of its response.
    Open(Arc<H>),
    /// An event.
    Event(OwnedEvent),
    /// A comment: a sign of life.
    Comment(ByteString),
    /// The server set the reconnection time.
    Retry(Duration),
    /// One event was dropped, since it is too large. (Not with an [`Ending`](crate::Ending): there it is an error.)
    Dropped(DecodeError),
    /// The attempt failed or the connection was lost, and there will be another attempt.
    #[non_exhaustive]
    Waiting {
        /// When.
        until: Instant,
        /// Why.
        failure: Failure<H, E>,
    },
}

/// What a frame is to who wants to know all.
#[inline]
pub(crate) fn update_of<H, E>(frame: Result<Option<OwnedFrame>, DecodeError>) -> Option<Update<H, E>> {
    match frame {
        Ok(Some(OwnedFrame::Event(event))) => Some(Update::Event(event)),
        Ok(Some(OwnedFrame::Comment(comment))) => Some(Update::Comment(comment)),
        Ok(Some(OwnedFrame::Retry(time))) => Some(Update::Retry(time)),
        Ok(_) => None,
        Err(error) => Some(Update::Dropped(error)),
    }
}
