//! The corpus format: one JSON object a line, a byte stream and what it must dispatch.
//!
//! | key | meaning |
//! | --- | --- |
//! | `name` | `category/what` |
//! | `category` | the rule it is about |
//! | `stream_b64` | the whole response body in base64; or `stream`, as text, where it is UTF-8 |
//! | `chunks` | lengths of the pieces it is sent in (0 allowed), absent or null: in one piece |
//! | `events` | in order, `{"type","data","id"}`; `id` is the event's `lastEventId` |
//! | `comments` | in order, without colon and one space; absent: not checked |
//! | `last_event_id` | the last event ID string after the end of the stream |
//! | `retry_ms` | the reconnection time that the stream set last, or null |
//! | `retry_unsettled` | present and true: `retry_ms` is not checked |
//!
//! Keys that are not in the table are ignored.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use serde::Deserialize;

use crate::oracle::Event;

/// One stream and what it must dispatch.
#[derive(Clone, Debug)]
pub struct Case {
    /// `category/what`.
    pub name: String,
    /// The rule that the case is about.
    pub category: String,
    /// The whole stream.
    pub stream: Vec<u8>,
    /// Lengths of the pieces it was recorded in; they add up to the stream.
    pub chunks: Option<Vec<usize>>,
    /// What it must dispatch, in order.
    pub events: Vec<Event>,
    /// The comments in order, where the case names them.
    pub comments: Option<Vec<String>>,
    /// The last event ID string after the end of the stream.
    pub last_event_id: String,
    /// What the stream says of the reconnection time.
    pub retry: Retry,
}

/// What a case says of the reconnection time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The time that the stream set last in milliseconds; `None`: it set none.
    Settled(Option<u64>),
    /// The standard leaves it open, or browsers do: not checked.
    Unsettled,
}

/// A file of cases that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CorpusError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds something that is not run.
    #[error("{} was not run: {why}", path.display())]
    NotRun {
        /// The file.
        path: PathBuf,
        /// Why.
        why: &'static str,
    },
    /// A line is not a case.
    #[error("{}:{line}: not a case", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// Why.
        source: MalformedCase,
    },
}

/// Why a line is not a case.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedCase {
    /// It is not JSON, or a key is missing or of the wrong type.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// `stream_b64` is not base64.
    #[error("`stream_b64` is not base64")]
    Base64(#[from] base64::DecodeError),
    /// Not exactly one of `stream` and `stream_b64` is there.
    #[error("a case has either `stream` or `stream_b64`")]
    Stream,
    /// The chunks do not add up.
    #[error("`chunks` add up to {sum} bytes, the stream has {stream}")]
    Chunks {
        /// What they add up to.
        sum: usize,
        /// The length of the stream.
        stream: usize,
    },
}

/// An event as it is written.
#[derive(Deserialize)]
struct LineEvent {
    #[serde(rename = "type")]
    event_type: String,
    data: String,
    #[serde(rename = "id")]
    last_event_id: String,
}

impl From<LineEvent> for Event {
    fn from(LineEvent { event_type, data, last_event_id }: LineEvent) -> Self {
        Self { event_type, data, last_event_id }
    }
}

/// The line as it is written.
#[derive(Deserialize)]
struct Line {
    name: String,
    category: String,
    stream: Option<String>,
    stream_b64: Option<String>,
    chunks: Option<Vec<usize>>,
    events: Vec<LineEvent>,
    comments: Option<Vec<String>>,
    last_event_id: String,
    // Required, though it may be null: a case that forgets it would pass unchecked.
    #[serde(deserialize_with = "Option::deserialize")]
    retry_ms: Option<u64>,
    #[serde(default)]
    retry_unsettled: bool,
}

impl Case {
    /// Reads one line of a corpus file.
    ///
    /// # Errors
    /// The line is not JSON, a key is missing, or the stream and its chunks do not fit.
    pub fn from_json(line: &str) -> Result<Self, MalformedCase> {
        let line: Line = serde_json::from_str(line)?;
        let stream = match (line.stream, line.stream_b64) {
            (Some(text), None) => text.into_bytes(),
            (None, Some(encoded)) => base64::engine::general_purpose::STANDARD.decode(encoded)?,
            _ => return Err(MalformedCase::Stream),
        };
        if let Some(chunks) = &line.chunks {
            let sum = chunks.iter().fold(0, |sum: usize, &n| sum.saturating_add(n));
            if sum != stream.len() {
                let stream = stream.len();
                return Err(MalformedCase::Chunks { sum, stream });
            }
        }
        Ok(Self {
            name: line.name,
            category: line.category,
            stream,
            chunks: line.chunks,
            events: line.events.into_iter().map(Event::from).collect(),
            comments: line.comments,
            last_event_id: line.last_event_id,
            retry: if line.retry_unsettled { Retry::Unsettled } else { Retry::Settled(line.retry_ms) },
        })
    }
}

/// Reads the cases of a corpus file. Empty lines are skipped.
///
/// # Errors
/// The file cannot be read, or a line of it is not a case.
pub fn read(path: &Path) -> Result<Vec<Case>, CorpusError> {
    parse(path, &read_text(path)?)
}

/// Reads the text of a corpus file.
///
/// # Errors
/// The file cannot be read or is not text.
pub fn read_text(path: &Path) -> Result<String, CorpusError> {
    std::fs::read_to_string(path).map_err(|source| CorpusError::Unreadable { path: path.to_owned(), source })
}

/// The cases in the text of a corpus file; `path` is for the errors.
///
/// # Errors
/// A line is not a case.
pub fn parse(path: &Path, text: &str) -> Result<Vec<Case>, CorpusError> {
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| {
            Case::from_json(line).map_err(|source| CorpusError::Malformed {
                path: path.to_owned(),
                line: index + 1,
                source,
            })
        })
        .collect()
}

/// Whether the text of a file is of the other format, whole HTTP exchanges: its objects have
/// the key `connections`.
pub fn is_exchanges(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty());
    first
        .and_then(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .is_some_and(|value| value.get("connections").is_some())
}

/// The files of this crate's own vectors, sorted.
///
/// # Errors
/// The directory cannot be read: the crate was moved from its checkout.
pub fn own_files() -> std::io::Result<Vec<PathBuf>> {
    jsonl_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors"))
}

/// The files recorded from browsers, sorted.
///
/// # Errors
/// The directory cannot be read: the crate was moved from its checkout.
pub fn recorded_files() -> std::io::Result<Vec<PathBuf>> {
    jsonl_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("recorded"))
}

/// Further ones of the same kind, if there are any beside the checkout, in `../shared/conformance`.
pub fn further_files() -> Vec<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance");
    let further = beside.canonicalize().and_then(|directory| jsonl_files(&directory)).unwrap_or_default();
    let known = recorded_files().unwrap_or_default();
    let is_known = |file: &PathBuf| known.iter().any(|known| known.file_name() == file.file_name());
    further.into_iter().filter(|file| !is_known(file)).collect()
}

fn jsonl_files(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
