//! An exchange as it is written, and what is to be seen of it.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use serde::Deserialize;

use crate::case::{CorpusError, MalformedCase};

/// What must be seen of the exchanges whose recorded outcome is not the one that this client is built for.
///
/// | name | browser | here | why |
/// | --- | --- | --- | --- |
/// | `wire/head-cut` | takes what arrived of the head for all of it, misses the content type and gives up for good | a network error, retried | RFC 9112, 8: a message cut before the end of its head is incomplete; HTML, 9.2.3: a network error reestablishes the connection. A server that died in mid-sentence comes back |
fn different(name: &str) -> Option<Seen> {
    if name != "wire/head-cut" {
        return None;
    }
    let b = Entry::Event { event_type: "message".into(), data: "b".into(), id: String::new() };
    let start = Request { path: "start".into(), last_event_id: None };
    Some(Seen {
        log: vec![Entry::error(0), Entry::Open { open: true }, b, Entry::error(0), Entry::error(2)],
        requests: vec![start.clone(), start.clone(), start],
        closed: true,
    })
}

/// One line of a file.
#[derive(Debug, Deserialize)]
pub(super) struct Exchange {
    pub(super) name: String,
    pub(super) connections: Vec<Vec<Step>>,
    log: Vec<Entry>,
    end: String,
    requests: Vec<Request>,
}

/// One thing that the server does on a connection.
#[derive(Debug, Deserialize)]
#[serde(try_from = "WrittenStep")]
pub(super) enum Step {
    Send(Vec<u8>),
    Wait(Duration),
    Reset,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenStep {
    Send(String),
    SendB64(String),
    WaitMs(u64),
    Reset(serde::de::IgnoredAny),
}

impl TryFrom<WrittenStep> for Step {
    type Error = base64::DecodeError;

    fn try_from(written: WrittenStep) -> Result<Self, Self::Error> {
        Ok(match written {
            WrittenStep::Send(text) => Self::Send(text.into_bytes()),
            WrittenStep::SendB64(bytes) => Self::Send(base64::engine::general_purpose::STANDARD.decode(bytes)?),
            WrittenStep::WaitMs(time) => Self::Wait(Duration::from_millis(time)),
            WrittenStep::Reset(_) => Self::Reset,
        })
    }
}

/// One thing that the client's user sees.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum Entry {
    Open {
        open: bool,
    },
    Error {
        error: bool,
        #[serde(rename = "readyState")]
        ready_state: u8,
    },
    Event {
        #[serde(rename = "type")]
        event_type: String,
        data: String,
        id: String,
    },
}

impl Entry {
    pub(super) fn error(ready_state: u8) -> Self {
        Self::Error { error: true, ready_state }
    }
}

/// One request that the server sees.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Request {
    pub(super) path: String,
    pub(super) last_event_id: Option<String>,
}

/// What is to be seen of an exchange from both sides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) log: Vec<Entry>,
    pub(super) requests: Vec<Request>,
    pub(super) closed: bool,
}

impl Exchange {
    /// What must be seen.
    pub(super) fn expected(&self) -> Seen {
        different(&self.name).unwrap_or_else(|| Seen {
            log: self.log.clone(),
            requests: self.requests.clone(),
            closed: self.end == "closed",
        })
    }
}

pub(super) fn parse(path: &Path, text: &str) -> Result<Vec<Exchange>, CorpusError> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            serde_json::from_str(line).map_err(|source| CorpusError::Malformed {
                path: path.to_owned(),
                line: index + 1,
                source: MalformedCase::Json(source),
            })
        })
        .collect()
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for entry in &self.log {
            match entry {
                Entry::Open { .. } => writeln!(f, "  open")?,
                Entry::Error { ready_state, .. } => writeln!(f, "  error, ready state {ready_state}")?,
                Entry::Event { event_type, data, id } => writeln!(f, "  {event_type:?} {data:?} id {id:?}")?,
            }
        }
        for Request { path, last_event_id } in &self.requests {
            writeln!(f, "  request for {path:?}, last event ID {last_event_id:?}")?;
        }
        writeln!(f, "  {}", if self.closed { "closed" } else { "still reconnecting" })
    }
}
