//! Whether there is another attempt.

use crate::reconnect::Reconnect;

/// Which failures of a request lead to another attempt, although one response is all that is wanted.
///
/// For [`Session::once_with_retries`](crate::Session::once_with_retries). Whatever it says: once an event has come,
/// nothing is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Retries {
    /// What the server did not take on, as far as it says: no connection could be made, or it refused the HTTP/2 stream
    /// ([`End::Unsent`](crate::End::Unsent)), or it answered 408 Request Timeout, 429 Too Many Requests, 503 Service
    /// Unavailable or 529, as some services say that they are overloaded; if the policy retries that status at all. Not
    /// behind a redirect, which may be the answer to a request that was carried out.
    ///
    /// A gateway that lost the server behind it may say 503 too. Where that would hurt, an
    /// [error strategy](crate::ErrorStrategy) that fails at 503 rules it out.
    Refused,
    /// Everything before the first event: every status that the policy retries, no answer in time, a response that
    /// broke off. The server may have done what it was asked to, and will do it again: for requests that do no harm
    /// twice, or that carry a key by which the server knows them again.
    Unanswered,
}

/// What a session is for.
#[derive(Debug)]
pub(crate) enum Mode {
    Subscribe(Reconnect),
    /// One response. `None`: no other attempt, or none any more.
    Once(Option<(Retries, Reconnect)>),
}

/// The statuses by which a server says that it did not do what it was asked to.
const REFUSALS: [u16; 4] = [408, 429, 503, 529];

impl Mode {
    pub(crate) fn is_once(&self) -> bool {
        matches!(self, Self::Once(_))
    }

    pub(crate) fn reconnect(&self) -> Option<&Reconnect> {
        match self {
            Self::Subscribe(reconnect) | Self::Once(Some((_, reconnect))) => Some(reconnect),
            Self::Once(None) => None,
        }
    }

    pub(crate) fn reconnect_mut(&mut self) -> Option<&mut Reconnect> {
        match self {
            Self::Subscribe(reconnect) | Self::Once(Some((_, reconnect))) => Some(reconnect),
            Self::Once(None) => None,
        }
    }

    /// Whether this status leads to another attempt.
    pub(crate) fn retries(&self, status: u16, redirected: bool) -> bool {
        let policy_does = |reconnect: &Reconnect| reconnect.policy().retried_statuses.contains(status);
        match self {
            Self::Once(Some((Retries::Refused, reconnect))) => {
                REFUSALS.contains(&status) && !redirected && policy_does(reconnect)
            }
            other => other.reconnect().is_some_and(policy_does),
        }
    }

    /// A request has been sent, and neither refused nor answered.
    pub(crate) fn note_sent(&mut self) {
        if matches!(self, Self::Once(Some((Retries::Refused, _)))) {
            *self = Self::Once(None);
        }
    }

    /// An event has come, of which the rest may follow or not.
    pub(crate) fn note_event(&mut self) {
        if self.is_once() {
            *self = Self::Once(None);
        }
    }
}
