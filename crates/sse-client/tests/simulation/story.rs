//! What happened, in order: recorded only when somebody wants to read it.

use std::fmt;
use std::time::Duration;

pub(crate) struct Story {
    /// `None`: nobody reads it, so nothing is written.
    lines: Option<Vec<String>>,
}

impl Story {
    pub(crate) fn untold() -> Self {
        Self { lines: None }
    }

    pub(crate) fn told() -> Self {
        Self { lines: Some(Vec::new()) }
    }

    /// Must not draw from the schedule's random numbers: told and untold it is the same schedule.
    pub(crate) fn tell(&mut self, now: Duration, who: &str, what: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            lines.push(format!("{:>10.3} s  {who:8} {}", now.as_secs_f64(), what()));
        }
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().flatten().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// Bytes or text as a story quotes them: in one line, and not all of a long one.
pub(crate) fn quoted(text: impl AsRef<[u8]>) -> String {
    const MOST: usize = 100;
    let text = text.as_ref();
    let shown = String::from_utf8_lossy(&text[..text.len().min(MOST)]);
    let more = if text.len() > MOST { " …" } else { "" };
    format!("{shown:?}{more}")
}
