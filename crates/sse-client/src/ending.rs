//! Which event ends a stream.

use alloc::boxed::Box;
use core::fmt;

use sse_codec::Event;

/// Says which event is the last one of a stream.
///
/// The format has no end of its own: a server that has said everything and one that crashed halfway look the same. So
/// protocols above it end a stream by an event. With an `Ending`, the stream is over at that event, whatever the server
/// would send behind it, and a stream that ends without it is [incomplete](crate::Cause::UnexpectedEnd), which is an
/// error. So is one of which an event [was too large](crate::Cause::DroppedEvent): a [`Session`](crate::Session) closes
/// it there. (Who reads without one is told of such an event, and decides.)
///
/// Costs one call per event, of a closure that should only look.
///
/// ```
/// use sse_client::{Ending, Session};
///
/// // OpenAI's completions: the mark is no event of the answer, and not given.
/// let session = Session::once().with_ending(Ending::done());
/// // Anthropic's messages: the last event is one like the others, and given.
/// let session = Session::once().with_ending(Ending::at(|event| event.event_type == "message_stop"));
/// # let _ = session;
/// ```
pub struct Ending {
    is_end: Box<dyn Fn(&Event<'_>) -> bool + Send + Sync>,
    is_given: bool,
}

impl Ending {
    /// The stream ends at the first event for which `is_last` says so. That event is given, as the last one.
    #[must_use]
    pub fn at(is_last: impl Fn(&Event<'_>) -> bool + Send + Sync + 'static) -> Self {
        Self { is_end: Box::new(is_last), is_given: true }
    }

    /// The stream ends before the first event for which `is_mark` says so. That event is only a mark, and not given.
    #[must_use]
    pub fn before(is_mark: impl Fn(&Event<'_>) -> bool + Send + Sync + 'static) -> Self {
        Self { is_end: Box::new(is_mark), is_given: false }
    }

    /// Before an event with the data `[DONE]` and nothing else: OpenAI's completions, and all who took after them.
    #[must_use]
    pub fn done() -> Self {
        Self::before(|event| event.data == "[DONE]")
    }

    /// Where in the stream an event is. [`Session`](crate::Session) asks by itself; this is for who reads without one.
    #[must_use]
    pub fn place_of(&self, event: &Event<'_>) -> Place {
        match ((self.is_end)(event), self.is_given) {
            (false, _) => Place::Within,
            (true, true) => Place::Last,
            (true, false) => Place::Behind,
        }
    }
}

impl fmt::Debug for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ending").field("is_given", &self.is_given).finish_non_exhaustive()
    }
}

/// Where in a stream an event is, from [`Ending::place_of`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// There are more to come.
    Within,
    /// It is the last one.
    Last,
    /// It marks the end and is no part of the stream.
    Behind,
}
