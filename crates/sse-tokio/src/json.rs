//! Data that is JSON.

use std::error::Error;
use std::fmt;

use serde::Deserialize;
use serde_json::error::Category;
use sse_codec::OwnedEvent;

/// The data of an event as a type of one's own.
///
/// ```
/// use serde::Deserialize;
/// use sse_tokio::{EventExt as _, OwnedEvent};
///
/// #[derive(Deserialize)]
/// struct Delta<'e> {
///     text: &'e str,
/// }
///
/// let event = OwnedEvent::new("delta", r#"{"text": "Hello"}"#, "41");
/// assert_eq!(event.json::<Delta>()?.text, "Hello");
///
/// let cut_off = OwnedEvent::new("delta", r#"{"text": "Hel"#, "42");
/// let error = cut_off.json::<Delta>().err().unwrap();
/// assert_eq!((error.event_type(), error.last_event_id(), error.column()), ("delta", "42", 13));
/// # Ok::<(), sse_tokio::JsonError>(())
/// ```
pub trait EventExt: sealed::Sealed {
    /// Reads the data as JSON.
    ///
    /// What is borrowed is borrowed from the event: a `&str` without escapes, or a `Cow<str>` with
    /// `#[serde(borrow)]`, costs no copy.
    ///
    /// # Errors
    ///
    /// The data is no JSON, or JSON of another shape. The error says which, in which event and where.
    fn json<'e, T: Deserialize<'e>>(&'e self) -> Result<T, JsonError>;
}

impl EventExt for OwnedEvent {
    fn json<'e, T: Deserialize<'e>>(&'e self) -> Result<T, JsonError> {
        serde_json::from_str(self.data()).map_err(|source| JsonError::new(self, source))
    }
}

mod sealed {
    /// The trait gives methods to one type of the codec's, and to no other.
    pub trait Sealed {}
    impl Sealed for sse_codec::OwnedEvent {}
}

/// Why the data of an event could not be read as JSON, and where.
///
/// It has a part of the data, which a log may not be the place for, but never more than a few hundred bytes. The
/// [`source`](Error::source) is serde's error. One allocation more than the texts, so that a `Result` stays small.
pub struct JsonError(Box<Detail>);

struct Detail {
    event_type: String,
    last_event_id: String,
    excerpt: String,
    source: serde_json::Error,
}

/// So much of a type or an id is kept, which a server can make as long as it likes.
const NAME_BYTES: usize = 100;

/// So much of the data is shown on either side of the place.
const EXCERPT_BYTES: usize = 40;

impl JsonError {
    fn new(event: &OwnedEvent, source: serde_json::Error) -> Self {
        Self(Box::new(Detail {
            event_type: part(event.event_type(), 0, NAME_BYTES),
            last_event_id: part(event.last_event_id(), 0, NAME_BYTES),
            excerpt: excerpt(event.data(), source.line(), source.column()),
            source,
        }))
    }

    /// The type of the event: its first 100 bytes.
    pub fn event_type(&self) -> &str {
        &self.0.event_type
    }

    /// Its last event ID: the first 100 bytes.
    pub fn last_event_id(&self) -> &str {
        &self.0.last_event_id
    }

    /// The line of the data, from 1. 0 if serde does not know.
    pub fn line(&self) -> usize {
        self.0.source.line()
    }

    /// The byte of that line, from 1; that before the first one is 0.
    pub fn column(&self) -> usize {
        self.0.source.column()
    }

    /// What stands around that place, at most 40 bytes before and behind it; `…` is where more was cut off. Control
    /// characters are spaces.
    pub fn excerpt(&self) -> &str {
        &self.0.excerpt
    }

    /// Who is at fault: [`Category::Data`] is JSON of another shape than the type, and all else no JSON.
    pub fn category(&self) -> Category {
        self.0.source.classify()
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Detail { event_type, last_event_id, excerpt, .. } = &*self.0;
        write!(f, "the data of event {event_type:?}")?;
        if !last_event_id.is_empty() {
            write!(f, " with last event ID {last_event_id:?}")?;
        }
        f.write_str(match self.category() {
            Category::Data => " is JSON, but not of the type asked for",
            Category::Eof => " ends before its JSON does",
            Category::Syntax | Category::Io => " is no JSON",
        })?;
        if self.line() > 0 {
            write!(f, ", at line {}, column {}", self.line(), self.column())?;
        }
        write!(f, ", near `{excerpt}`")
    }
}

impl fmt::Debug for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonError")
            .field("event_type", &self.event_type())
            .field("last_event_id", &self.last_event_id())
            .field("excerpt", &self.excerpt())
            .field("source", &self.0.source)
            .finish()
    }
}

impl Error for JsonError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0.source)
    }
}

/// What of `data` stands around a place that is given in serde's way.
fn excerpt(data: &str, line: usize, column: usize) -> String {
    let line_start: usize = data.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let at = line_start.saturating_add(column).min(data.len());
    part(data, at.saturating_sub(EXCERPT_BYTES), at.saturating_add(EXCERPT_BYTES))
}

/// The characters of `text` that lie between these bytes, with a sign where there are more.
fn part(text: &str, from: usize, to: usize) -> String {
    let middle = text
        .char_indices()
        .skip_while(|(at, _)| *at < from)
        .take_while(|(at, c)| at + c.len_utf8() <= to)
        .map(|(_, c)| if c.is_control() { ' ' } else { c });
    let before = (from > 0).then_some('…');
    let behind = (to < text.len()).then_some('…');
    before.into_iter().chain(middle).chain(behind).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    #[derive(Deserialize, Debug)]
    struct Delta<'e> {
        #[serde(borrow)]
        text: Cow<'e, str>,
        _count: Option<u8>,
    }

    fn failure(data: &str) -> JsonError {
        OwnedEvent::new("delta", data, "41").json::<Delta<'_>>().expect_err("an error")
    }

    #[test]
    fn borrowed_and_owned() {
        let event = OwnedEvent::new("", r#"{"text": "Grüße"}"#, "");
        let delta: Delta<'_> = event.json().expect("JSON");
        assert!(matches!(delta.text, Cow::Borrowed("Grüße")), "{delta:?}");
        let kept: serde_json::Value = { OwnedEvent::new("", "[1]", "").json().expect("JSON") };
        assert_eq!(kept[0], 1);
    }

    #[test]
    fn it_says_what_is_wrong_and_where() {
        let error = failure("{\"text\":\n \"a\", nonsense}");
        assert_eq!((error.line(), error.column(), error.category()), (2, 7, Category::Syntax));
        assert_eq!(error.excerpt(), "{\"text\":  \"a\", nonsense}");
        let text = "the data of event \"delta\" with last event ID \"41\" is no JSON, at line 2, column 7, \
                    near `{\"text\":  \"a\", nonsense}`";
        assert_eq!(error.to_string(), text);
        assert!(error.source().is_some_and(|source| source.is::<serde_json::Error>()));

        let error = failure(r#"{"text": 1}"#);
        assert_eq!(error.category(), Category::Data);
        assert!(error.to_string().contains("not of the type asked for"), "{error}");
        for cut_off in [r#"{"text""#, "", " "] {
            let error = failure(cut_off);
            assert_eq!(error.category(), Category::Eof);
            assert!(error.to_string().contains("ends before its JSON does"), "{error}");
        }
        let error = OwnedEvent::new("", "[DONE]", "").json::<u8>().expect_err("an error").to_string();
        assert!(error.starts_with("the data of event \"message\" is "), "{error}");
    }

    #[test]
    fn what_a_server_makes_long_is_cut() {
        let long = "é".repeat(100_000);
        let data = format!("{{\"text\": \"{long}\", \"_count\": \x1b, \"{long}\": 0}}");
        let error = OwnedEvent::new(&long, &data, &long).json::<Delta<'_>>().expect_err("an error");
        assert!(error.excerpt().len() <= 2 * EXCERPT_BYTES + 6, "{error}");
        assert!(error.excerpt().contains("\"_count\":  , ") && error.excerpt().starts_with("…é"), "{error}");
        assert!(error.excerpt().ends_with("é…"), "{error}");
        assert!(error.to_string().len() < 500 && format!("{error:?}").len() < 500);
        assert!(error.event_type().starts_with("éé") && error.event_type().len() <= NAME_BYTES + 3);
        assert!(size_of::<Result<(), JsonError>>() <= 8);
    }

    #[test]
    fn any_place_in_any_text_can_be_shown() {
        for text in ["", "\n", "a\nüü\n\nx", "日本語🦀"] {
            for line in [0, 1, 2, 3, 4, 5, usize::MAX] {
                for column in (0..20).chain([usize::MAX]) {
                    assert!(excerpt(text, line, column).len() <= text.len());
                }
            }
        }
    }
}
