//! The peer that runs under Node, over the same bytes in the same chunks.

use std::path::Path;
use std::process::Command;

use subject::Tally;

/// What it is called in the report.
pub(crate) const NAME: &str = "eventsource-parser 3 (Node)";

/// Nanoseconds of a pass and what it handed out. None where there is no Node.
pub(crate) fn decode(stream: &[u8], length: usize) -> Option<(f64, Tally)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("node");
    if !directory.join("node_modules").exists() {
        return None;
    }
    let file = std::env::temp_dir().join(format!("event-stream-{}", std::process::id()));
    std::fs::write(&file, stream).ok()?;
    let output =
        Command::new("node").current_dir(directory).arg("decode.mjs").arg(&file).arg(length.to_string()).output();
    // What is left behind in the temporary directory harms nobody.
    let _ = std::fs::remove_file(&file);
    let text = String::from_utf8(output.ok()?.stdout).ok()?;
    let mut words = text.split_whitespace();
    let cost = words.next()?.parse().ok()?;
    let mut count = || words.next()?.parse().ok();
    Some((cost, Tally { events: count()?, data: count()?, types: count()?, ids: count()? }))
}
