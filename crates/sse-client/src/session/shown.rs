//! What a session shows of itself.

use core::time::Duration;

use super::{MAX_SENT_ID_BYTES, Session, State};
use crate::reconnect::Reconnect;
use crate::step::ReadyState;

/// What a user may want to know.
impl Session {
    /// The standard's `readyState`.
    #[must_use]
    #[inline]
    pub fn ready_state(&self) -> ReadyState {
        match self.state {
            State::Connect | State::AwaitHead { .. } | State::Wait { .. } => ReadyState::Connecting,
            State::Read(_) => ReadyState::Open,
            State::Closed(_) => ReadyState::Closed,
        }
    }

    /// The last event ID: that of the last event received, or what was set at the start. Empty if there is none.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        self.decoder.last_event_id()
    }

    /// The last event ID if it cannot be sent: it has a control character, which no header value can hold, or is longer
    /// than [`MAX_SENT_ID_BYTES`]. The next attempt goes without it, and the server starts where it likes: worth a
    /// warning, never fatal.
    #[must_use]
    pub fn unsendable_last_event_id(&self) -> Option<&str> {
        Some(self.last_event_id()).filter(|id| !is_sendable(id))
    }

    /// The reconnection time in force: the server's last `retry`, or the policy's. `None` if there is no other attempt:
    /// [`Session::once`], with retries as well when they are over.
    ///
    /// What the server said, as it said it; waits are never shorter than the policy's minimum.
    #[must_use]
    pub fn reconnection_time(&self) -> Option<Duration> {
        self.mode.reconnect().map(Reconnect::reconnection_time)
    }

    /// How many connections in a row have failed or delivered nothing.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.mode.reconnect().map_or(0, Reconnect::failures)
    }

    /// The latest time that it has been told: its clock. Zero at first.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.now
    }

    pub(super) fn sendable_id(&self) -> Option<&str> {
        let id = Some(self.last_event_id()).filter(|id| is_sendable(id))?;
        // Whitespace around a value is no part of it (RFC 9110, 5.5): over HTTP/1.1 no server sees it, and over HTTP/2 it
        // makes the request malformed (RFC 9113, 8.2.1).
        let value = id.trim_matches([' ', '\t']);
        // "If the last event ID string is not the empty string": an empty header would be a different statement.
        Some(value).filter(|value| !value.is_empty())
    }
}

/// Whether HTTP can carry it ([RFC 9110, 5.5](https://www.rfc-editor.org/rfc/rfc9110#name-field-values)): anything but
/// control characters, of which a tab is allowed; and whether servers will take it.
fn is_sendable(id: &str) -> bool {
    id.len() <= MAX_SENT_ID_BYTES && id.bytes().all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f))
}
