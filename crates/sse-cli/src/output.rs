//! What the subcommands print: an event as a line of JSON or for the eye, an error with its sources.

use std::error::Error;
use std::fmt;
use std::io::{self, BufWriter, Stdout, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use serde::Serialize;

const TYPE: Style = AnsiColor::Cyan.on_default().bold();
const ID: Style = AnsiColor::BrightBlack.on_default();
const STATE: Style = AnsiColor::BrightBlack.on_default();
const WARNING: Style = AnsiColor::Yellow.on_default();
const ERROR: Style = AnsiColor::Red.on_default().bold();

/// How events are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// `{"type":..,"data":..,"last_event_id":..}`, a line each.
    Json,
    /// Type, id and data; coloured where the writer is a terminal's.
    Human,
}

/// An event with the keys of the JSON form, in their order.
#[derive(Serialize)]
pub(crate) struct EventLine<'a> {
    #[serde(rename = "type")]
    pub(crate) event_type: &'a str,
    pub(crate) data: &'a str,
    pub(crate) last_event_id: &'a str,
}

impl EventLine<'_> {
    /// Writes the event and its line end. Does not flush.
    pub(crate) fn write(&self, format: Format, out: &mut impl Write) -> io::Result<()> {
        match format {
            Format::Json => {
                write_json(self, out)?;
                out.write_all(b"\n")
            }
            Format::Human => {
                write!(out, "{TYPE}{}{TYPE:#}", Visible(self.event_type))?;
                if !self.last_event_id.is_empty() {
                    write!(out, " {ID}[{}]{ID:#}", Visible(self.last_event_id))?;
                }
                for (n, line) in self.data.split('\n').enumerate() {
                    write!(out, "{}{}", if n == 0 { " " } else { "\n  " }, Visible(line))?;
                }
                out.write_all(b"\n")
            }
        }
    }
}

/// Where events are printed: as they are where they are JSON, or else with colour only on a terminal.
pub(crate) fn stdout(format: Format) -> BufWriter<AutoStream<Stdout>> {
    BufWriter::new(match format {
        Format::Json => AutoStream::always_ansi(io::stdout()),
        Format::Human => AutoStream::auto(io::stdout()),
    })
}

/// Writes JSON without one control character in it.
pub(crate) fn write_json(value: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(out, WithoutControls))?;
    Ok(())
}

/// JSON leaves DEL and the C1 controls as they are. A terminal obeys them, and filters for colour drop some.
struct WithoutControls;

impl serde_json::ser::Formatter for WithoutControls {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(|c| matches!(c, '\u{7f}'..='\u{9f}')) {
            let mut behind = rest[at..].chars();
            writer.write_all(&rest.as_bytes()[..at])?;
            write!(writer, "\\u{:04x}", behind.next().map_or(0, u32::from))?;
            rest = behind.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

/// Tells what happens to the connection. That nobody reads it is no error.
pub(crate) fn state(what: impl fmt::Display) {
    let what = what.to_string();
    let _ = writeln!(anstream::stderr(), "{STATE}sse: {}{STATE:#}", Visible(&what));
}

pub(crate) fn warning(what: impl fmt::Display) {
    let what = what.to_string();
    let _ = writeln!(anstream::stderr(), "{WARNING}warning{WARNING:#}: {}", Visible(&what));
}

/// Text from a peer, made harmless for a terminal: control characters, which could move the cursor or set its title,
/// are shown as escapes.
struct Visible<'a>(&'a str);

impl fmt::Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(|c: char| c.is_control() && c != '\t') {
            let (plain, control) = rest.split_at(at);
            let len = control.chars().next().map_or(0, char::len_utf8);
            write!(f, "{plain}{}", control[..len].escape_default())?;
            rest = &control[len..];
        }
        f.write_str(rest)
    }
}

/// `error: what: why: why`, as one line.
pub(crate) fn error_line(error: &dyn Error) -> String {
    format!("{ERROR}error{ERROR:#}: {}", with_sources(error))
}

/// An error and its sources. A source that the error's own text already tells is not told again.
pub(crate) fn with_sources(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let text = error.to_string();
        if !line.ends_with(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        source = error.source();
    }
    Visible(&line).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_every_character_and_shows_no_control() {
        let all: String = ('\0'..='\u{2fff}').collect();
        let mut out = Vec::new();
        write_json(&all, &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(!out.contains(char::is_control));
        assert_eq!(anstream::adapter::strip_str(&out).to_string(), out);
        assert_eq!(serde_json::from_str::<String>(&out).unwrap(), all);
    }

    #[test]
    fn control_characters_cannot_reach_the_terminal() {
        let event = EventLine { event_type: "a\u{1b}[2J", data: "x\ty\r\n\u{9b}z", last_event_id: "\u{7f}" };
        let mut out = Vec::new();
        event.write(Format::Human, &mut out).unwrap();
        let out = anstream::adapter::strip_str(std::str::from_utf8(&out).unwrap()).to_string();
        assert_eq!(out, "a\\u{1b}[2J [\\u{7f}] x\ty\\r\n  \\u{9b}z\n");
    }
}
