//! What can go wrong, and whose doing it was.

use thiserror::Error;

/// An event of the stream was dropped. The peer sent more than this side is willing, or able, to hold.
///
/// Reported once per event. The decoder then skips to the next blank line, `retry` lines and comments included, and
/// goes on.
///
/// The event's `id` is not taken: the last event ID stays that of the event before. So a client that reconnects asks a
/// server that resumes for the dropped event again, receives all of it and drops it again, on every connection until
/// an event behind it has brought another id. Where none comes, only a higher limit helps.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// The event grew over [`Decoder::with_max_event_bytes`](crate::Decoder::with_max_event_bytes).
    #[error("the server sent an event of more than {limit} bytes, which was dropped; raise the limit to receive it")]
    EventTooLarge {
        /// The limit in force, in bytes.
        limit: usize,
    },
    /// The event had to be stored and did not fit the caller's buffers, or there was no memory for the decoder's own.
    /// (Where there is none for an owned event's copy, the process ends, as with any `Bytes`.)
    #[error("an event did not fit the decoder's buffer of {capacity} bytes and was dropped; give it a larger one")]
    BufferFull {
        /// The capacity of the buffer that was full, in bytes.
        capacity: usize,
    },
}

/// A value that a field of an event stream cannot carry. Nothing was written.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldError {
    /// An event type with a CR or LF would end its line and begin another field.
    #[error("an event type cannot contain CR or LF, found at byte {at}")]
    EventType {
        /// Offset of the first offending byte.
        at: usize,
    },
    /// An id with a CR or LF would end its line; one with NUL is ignored by every receiver.
    #[error("a last event ID cannot contain CR, LF or NUL, found at byte {at}")]
    LastEventId {
        /// Offset of the first offending byte.
        at: usize,
    },
    /// An id that does not fit the caller's buffer (see [`Decoder::in_slices`](crate::Decoder::in_slices)).
    #[error("the last event ID does not fit the decoder's buffer of {capacity} bytes")]
    TooLong {
        /// The capacity of the buffer, in bytes.
        capacity: usize,
    },
}

/// The slice given to [`EventBlock::encode_to_slice`](crate::EventBlock::encode_to_slice) is too small. Nothing was
/// written.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("the encoded event needs {needed} bytes, the slice has {available}")]
pub struct BufferTooSmall {
    /// What [`EventBlock::encoded_len`](crate::EventBlock::encoded_len) says.
    pub needed: usize,
    /// The length of the slice given.
    pub available: usize,
}
