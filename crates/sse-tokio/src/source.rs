//! `EventSource`: the events of a subscription.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use sse_client::{CloseReason, Deadlines, DelayStrategy, Ending, ErrorStrategy, Policy, Session};
use sse_codec::OwnedEvent;

use crate::connect::Connect;
use crate::error::Error;
use crate::monitor::Monitor;
use crate::updates::Updates;

/// The events of a server, over as many connections as it takes.
///
/// A `Stream` of [`OwnedEvent`]s. What is retried is a state and not an error: `Err` is the last item and says why it
/// ended, and `None` follows an `Err` or a proper end ([`close_reason`](Self::close_reason) says which). An event that
/// is too large is left out, with a warning; who wants to know uses [`updates`](Self::updates). With an
/// [`Ending`](Self::with_ending) it is an `Err`: what is to have an end would not be whole.
///
/// Nothing is spawned and nothing happens between polls: an event source that is not polled reads nothing, so a slow
/// consumer slows the server down. Dropping it closes the connection at once. Polling it needs a tokio runtime with its
/// timer enabled.
///
/// Cost, beside what [`Connect`] needs: three allocations per connection (the attempt, the head, the body) and one for
/// the last event ID that it sends; one per chunk of several events, and none for an event that lies in its chunk. The
/// first chunk on a thread makes 200 bytes that its sources use in turn.
///
/// [`Connect`] has a whole example.
pub struct EventSource<C: Connect> {
    updates: Updates<C>,
}

impl<C: Connect> EventSource<C> {
    /// Drives this session, a fresh one. It decides everything: mode, policy, deadlines, where to resume.
    ///
    /// A session that has been in use goes on from its step, by its own clock; a connection that it has counts as
    /// broken, since it is not here.
    pub fn new(connect: C, session: Session) -> Self {
        Self { updates: Updates::new(connect, session) }
    }

    /// A subscription: reconnects and resumes, by this policy and the default deadlines.
    pub fn subscribe(connect: C, policy: Policy) -> Self {
        Self::new(connect, Session::subscribe(policy, random_seed()))
    }

    /// One attempt, one response: the end of the stream is the end, and there is never a second attempt. (With another
    /// one before the first event: [`Session::once_with_retries`].)
    ///
    /// Within the attempt, the implementation of [`Connect`] may send more than one request where the server says that
    /// it has not processed the one before: after a redirect or 421 Misdirected Request.
    pub fn once(connect: C) -> Self {
        Self::new(connect, Session::once())
    }

    /// By which event the stream ends: there the connection is closed at once, and a stream that ends without it is an
    /// error. See [`Session::with_ending`]; to be said before the first poll.
    #[must_use]
    pub fn with_ending(self, ending: Ending) -> Self {
        Self { updates: self.updates.with_ending(ending) }
    }

    /// How long the server may be silent. See [`Session::with_deadlines`].
    #[must_use]
    pub fn with_deadlines(self, deadlines: Deadlines) -> Self {
        Self { updates: self.updates.with_deadlines(deadlines) }
    }

    /// Who decides what follows a failure. See [`Session::with_error_strategy`].
    #[must_use]
    pub fn with_error_strategy(self, strategy: impl ErrorStrategy + 'static) -> Self {
        Self { updates: self.updates.with_error_strategy(strategy) }
    }

    /// Who decides how long to wait. See [`Session::with_delay_strategy`].
    #[must_use]
    pub fn with_delay_strategy(self, strategy: impl DelayStrategy + 'static) -> Self {
        Self { updates: self.updates.with_delay_strategy(strategy) }
    }

    /// Everything that happens, in order, instead of the events only: attempts, response heads, comments, waits and
    /// their reasons.
    pub fn updates(self) -> Updates<C> {
        self.updates.with_comments()
    }

    /// Lets others see its state, and what it counts from here on. See [`Monitor`].
    pub fn monitor(&mut self) -> Monitor<C::Head> {
        self.updates.monitor()
    }

    /// The session being driven: ready state, last event ID, reconnection time.
    pub fn session(&self) -> &Session {
        self.updates.session()
    }

    /// The head of the response that is being read; `None` while there is no connection.
    pub fn head(&self) -> Option<&C::Head> {
        self.updates.head()
    }

    /// Why it is closed. `None`: it is not.
    pub fn close_reason(&self) -> Option<&CloseReason> {
        self.updates.close_reason()
    }

    /// Closes the connection at once; the next item is the end. If it has failed already, and the server's explanation
    /// was being read, that is the error, with what has been read so far.
    pub fn close(&mut self) {
        self.updates.close();
    }
}

impl<C: Connect> Stream for EventSource<C> {
    type Item = Result<OwnedEvent, Error<C::Head, C::Error>>;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.updates.next_event(cx) {
            Some(event) => Poll::Ready(Some(Ok(event))),
            None => self.updates.poll_event(cx),
        }
    }
}

impl<C: Connect> fmt::Debug for EventSource<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EventSource").field(&self.updates).finish()
    }
}

/// A seed for [`Session::subscribe`] that differs from one client to the next: the standard library's, for its hash
/// maps.
pub fn random_seed() -> u64 {
    RandomState::new().hash_one(0_u8)
}
