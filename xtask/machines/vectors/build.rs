//! Writes the vectors as constants of Rust.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use sse_conformance::case::{self, Case, Retry};

fn main() -> Result<(), Box<dyn Error>> {
    let mut text = String::from("&[\n");
    for file in case::own_files()? {
        println!("cargo:rerun-if-changed={}", file.display());
        let lines = case::read_text(&file)?;
        if !case::is_exchanges(&lines) {
            case::parse(&file, &lines)?.iter().try_for_each(|case| write(&mut text, case))?;
        }
    }
    text.push(']');
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("cases.rs"), text)?;
    Ok(())
}

/// Text as `{:?}` writes it is a literal of Rust, an `Option` and a list of texts too.
fn write(text: &mut String, case: &Case) -> std::fmt::Result {
    let Case { name, stream, chunks, events, comments, last_event_id, .. } = case;
    let retry = match case.retry {
        Retry::Settled(time) => format!("Some({time:?})"),
        Retry::Unsettled => "None".to_owned(),
    };
    let chunks = chunks.as_ref().map_or("None".to_owned(), |chunks| format!("Some(&{chunks:?})"));
    let comments = comments.as_ref().map_or("None".to_owned(), |comments| format!("Some(&{comments:?})"));
    write!(text, "Case {{ name: {name:?}, stream: b\"{}\", chunks: {chunks}, events: &[", stream.escape_ascii())?;
    for event in events {
        write!(text, "({:?}, {:?}, {:?}), ", event.event_type, event.data, event.last_event_id)?;
    }
    writeln!(text, "], comments: {comments}, last_event_id: {last_event_id:?}, retry: {retry} }},")
}
