//! The body of a response, and what a client must have understood at which of its bytes.

use std::fmt;
use std::time::Duration;

use sse_codec::EventBlock;

#[derive(Clone, Copy, Debug)]
pub(crate) enum LineEnd {
    Lf,
    Cr,
    CrLf,
}

/// What the stream says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// This event of the log.
    Event(usize),
    /// The reconnection time.
    Retry(Duration),
    /// The id of a position in the log, without an event.
    Cursor(usize),
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(index) => write!(f, "event {}", index + 1),
            Self::Retry(time) => write!(f, "retry {time:?}"),
            Self::Cursor(position) => write!(f, "the id of position {position}"),
        }
    }
}

pub(crate) struct Mark {
    /// How many bytes it takes to know.
    pub(crate) at: usize,
    pub(crate) said: Said,
}

pub(crate) struct Stream {
    line_end: LineEnd,
    pub(crate) bytes: Vec<u8>,
    pub(crate) marks: Vec<Mark>,
}

impl Stream {
    pub(crate) fn new(line_end: LineEnd, bom: bool) -> Self {
        let bytes = if bom { "\u{feff}".into() } else { Vec::new() };
        Self { line_end, bytes, marks: Vec::new() }
    }

    /// A block that says this, or nothing, at its blank line.
    pub(crate) fn write(&mut self, block: EventBlock<'_>, said: Option<Said>) {
        let mut text = Vec::new();
        block.encode_to_vec(&mut text);
        self.append(&text);
        self.mark(said);
    }

    /// The reconnection time, which counts at its line: in a block of its own, or at the beginning of the next one.
    pub(crate) fn write_retry(&mut self, time: Duration, own_block: bool) {
        let mut text = Vec::new();
        EventBlock::new().retry(time).encode_to_vec(&mut text);
        let (line, blank) = text.split_at(text.len() - 1);
        self.append(line);
        self.mark(Some(Said::Retry(time)));
        if own_block {
            self.append(blank);
        }
    }

    /// Whether something was begun before this byte that the client must not see.
    pub(crate) fn is_within_a_block(&self, at: usize) -> bool {
        let starts = self.marks.iter().map(|mark| mark.at).take_while(|end| *end <= at).last().unwrap_or(0);
        at > starts + 2 && self.marks.iter().any(|mark| mark.at > at)
    }

    /// The line that ends here says this. A CR is enough to know: a LF behind it belongs to it, or to nothing.
    fn mark(&mut self, said: Option<Said>) {
        let at = self.bytes.len() - usize::from(matches!(self.line_end, LineEnd::CrLf));
        self.marks.extend(said.map(|said| Mark { at, said }));
    }

    /// What the encoder wrote has no other line ends than LF.
    fn append(&mut self, text: &[u8]) {
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            self.bytes.extend_from_slice(&line[..line.len() - 1]);
            self.bytes.extend_from_slice(match self.line_end {
                LineEnd::Lf => b"\n",
                LineEnd::Cr => b"\r",
                LineEnd::CrLf => b"\r\n",
            });
        }
    }
}
