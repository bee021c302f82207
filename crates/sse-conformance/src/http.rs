//! The player of whole HTTP exchanges: a scripted server on one side, the real client on the other.

use std::path::Path;

use crate::case::CorpusError;
use crate::report::Report;

/// Plays every exchange of a file to the client over a socket on 127.0.0.1; `path` is for the errors.
///
/// # Errors
/// A line is not an exchange.
pub fn play(path: &Path, text: &str) -> Result<Report, CorpusError> {
    let _ = text;
    Err(CorpusError::NotRun { path: path.to_owned(), why: "there is no player of HTTP exchanges yet" })
}
