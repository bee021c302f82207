//! What a session is told before it begins.

use alloc::boxed::Box;
use core::time::Duration;

use sse_codec::{Decoder, FieldError};

use super::{Session, State};
use crate::ending::Ending;
use crate::mode::{Mode, Retries};
use crate::policy::{Deadlines, Policy};
use crate::reconnect::Reconnect;
use crate::strategy::{DelayStrategy, ErrorStrategy, Strategies};

impl Session {
    /// A subscription: reconnects when the connection is lost and asks the server to resume after the last event.
    ///
    /// The seed decides the jitter of the waits. Give each client another one, or they will all return together.
    #[must_use]
    pub fn subscribe(policy: Policy, seed: u64) -> Self {
        Self::new(Mode::Subscribe(Reconnect::new(policy, seed)))
    }

    /// One attempt, one response: the end of the stream is the end, and whatever goes wrong, there is no second attempt.
    ///
    /// What a `POST` to a language model needs, where a second request is a second bill. (What an adapter does within
    /// the attempt is its own: it follows redirects, and may send a request again that the server says it has not
    /// processed, by 421.)
    #[must_use]
    pub fn once() -> Self {
        Self::new(Mode::Once(None))
    }

    /// One response, for which the request may be sent again until its first event has come.
    ///
    /// `retries` says after which failures, the policy says how long to wait, and how often. `Retry-After` is heeded in
    /// any case. Give the policy limits; without one it goes on for ever. [`Policy::with_max_failures`] here counts
    /// attempts. [`Policy::with_max_outage`] is how late the last of them may begin: without it a server can hold the call
    /// for as long as it likes by `Retry-After`.
    ///
    /// ```
    /// use core::time::Duration;
    /// use sse_client::{Policy, Retries, Session};
    ///
    /// let policy = Policy::default().with_reconnection_time(Duration::from_millis(500)).with_max_failures(3).with_max_outage(Duration::from_secs(60));
    /// let session = Session::once_with_retries(Retries::Refused, policy, 0x5eed);
    /// # let _ = session;
    /// ```
    #[must_use]
    pub fn once_with_retries(retries: Retries, policy: Policy, seed: u64) -> Self {
        Self::new(Mode::Once(Some((retries, Reconnect::new(policy, seed)))))
    }

    fn new(mode: Mode) -> Self {
        Self {
            mode,
            deadlines: Deadlines::default(),
            ending: None,
            strategies: Strategies::default(),
            decoder: Decoder::new(),
            now: Duration::ZERO,
            state: State::Connect,
        }
    }

    /// How long the server may be silent.
    #[must_use]
    pub fn with_deadlines(mut self, deadlines: Deadlines) -> Self {
        self.deadlines = deadlines;
        self
    }

    /// By which event the stream ends. Default: by none.
    ///
    /// At that event the session closes, properly and with [`CloseReason::LastEvent`]: nothing behind it is read. Without
    /// it no end is a proper one but [`close`](Self::close): a response that ends early is
    /// [`Cause::UnexpectedEnd`], or the reason to reconnect of a subscription, and 204 is a status like any other.
    ///
    /// [`CloseReason::LastEvent`]: crate::CloseReason::LastEvent
    /// [`Cause::UnexpectedEnd`]: crate::Cause::UnexpectedEnd
    #[must_use]
    pub fn with_ending(mut self, ending: Ending) -> Self {
        self.ending = Some(Box::new(ending));
        self
    }

    /// Who decides what follows a failure. Default: the policy.
    #[must_use]
    pub fn with_error_strategy(mut self, strategy: impl ErrorStrategy + 'static) -> Self {
        self.strategies.set_error(Box::new(strategy));
        self
    }

    /// Who decides how long to wait. Default: the policy.
    #[must_use]
    pub fn with_delay_strategy(mut self, strategy: impl DelayStrategy + 'static) -> Self {
        self.strategies.set_delay(Box::new(strategy));
        self
    }

    /// Starts as if an event with this id had been received: how to resume after a restart of the program.
    ///
    /// # Errors
    /// An id with CR, LF or NUL, which no server can have sent.
    pub fn with_last_event_id(mut self, id: &str) -> Result<Self, FieldError> {
        self.decoder.set_last_event_id(id)?;
        Ok(self)
    }

    /// The largest event taken, in bytes; larger ones are dropped and reported (see [`handle_data`](Self::handle_data)).
    /// Default: 16 MiB; at most 1 GiB, which is what any larger limit means.
    #[must_use]
    pub fn with_max_event_bytes(mut self, limit: usize) -> Self {
        self.decoder = self.decoder.with_max_event_bytes(limit);
        self
    }

    /// Whether [`handle_data`](Self::handle_data) gives comments too. They count as signs of life in any case. Default:
    /// no.
    #[must_use]
    pub fn with_comments(mut self, report: bool) -> Self {
        self.decoder = self.decoder.with_comments(report);
        self
    }
}
