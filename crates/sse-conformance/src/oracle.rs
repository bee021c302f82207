//! The naive oracle: WHATWG HTML 9.2.6, "Interpreting an event stream", one function per
//! paragraph of the text.
//!
//! It takes the whole stream at once and copies at every turn. It shares no code and no idea
//! with `sse-codec`, which is what makes their agreement worth something.
//!
//! Four decisions, where the text is silent or where all browsers differ from it:
//!
//! - An unfinished event at the end of the stream is dropped whole: data, type and id.
//! - A block with an id and no data dispatches nothing, but its id becomes the last event ID.
//! - `retry` with an empty value is ignored ("consists of only ASCII digits" is read as at
//!   least one).
//! - A `retry` beyond 64 bits means `u64::MAX` milliseconds.

/// What the text says of a whole stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Everything that a decoder may report, in the order of the stream.
    pub frames: Vec<Frame>,
    /// The last event ID string after the end of the stream.
    pub last_event_id: String,
}

/// One thing that a stream says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A dispatched event.
    Event(Event),
    /// A comment, without its colon and without one space after it.
    Comment(String),
    /// A `retry` field that counts, in milliseconds.
    Retry(u64),
}

/// A dispatched event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `message` if the stream named none.
    pub event_type: String,
    /// The `data` lines, joined by LF.
    pub data: String,
    /// The last event ID string at the time of dispatch.
    pub last_event_id: String,
}

impl Outcome {
    /// The dispatched events alone.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.frames.iter().filter_map(|frame| match frame {
            Frame::Event(event) => Some(event),
            _ => None,
        })
    }

    /// The comments alone.
    pub fn comments(&self) -> impl Iterator<Item = &str> {
        self.frames.iter().filter_map(|frame| match frame {
            Frame::Comment(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// The reconnection time that the stream set last, in milliseconds.
    pub fn retry_ms(&self) -> Option<u64> {
        self.frames.iter().rev().find_map(|frame| match frame {
            Frame::Retry(ms) => Some(*ms),
            _ => None,
        })
    }
}

/// Interprets a whole stream on a fresh connection: the last event ID begins empty.
pub fn interpret(stream: &[u8]) -> Outcome {
    interpret_after("", stream)
}

/// Interprets the stream of a later connection: `last_event_id` is what the earlier ones left.
pub fn interpret_after(last_event_id: &str, stream: &[u8]) -> Outcome {
    let mut interpreter = Interpreter {
        id: last_event_id.to_owned(),
        outcome: Outcome { frames: Vec::new(), last_event_id: last_event_id.to_owned() },
        ..Interpreter::default()
    };
    for line in lines(&decode(stream)) {
        interpreter.line(&line);
    }
    // "Once the end of the file is reached, any pending data must be discarded."
    interpreter.outcome
}

/// "Streams must be decoded using the UTF-8 decode algorithm", which drops one leading BOM.
fn decode(stream: &[u8]) -> String {
    let text = String::from_utf8_lossy(stream);
    text.strip_prefix('\u{FEFF}').unwrap_or(&text).to_owned()
}

/// The complete lines, without their ends: CRLF, LF or CR. What follows the last end is not a
/// line yet and is dropped.
fn lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\r' => {
                if chars.peek() == Some(&'\n') {
                    chars.next();
                }
                lines.push(std::mem::take(&mut line));
            }
            '\n' => lines.push(std::mem::take(&mut line)),
            other => line.push(other),
        }
    }
    lines
}

/// The buffers of the text, by the names of the text.
#[derive(Default)]
struct Interpreter {
    data: String,
    event_type: String,
    id: String,
    outcome: Outcome,
}

impl Interpreter {
    fn line(&mut self, line: &str) {
        if line.is_empty() {
            self.dispatch();
        } else if let Some(comment) = line.strip_prefix(':') {
            let comment = comment.strip_prefix(' ').unwrap_or(comment);
            self.outcome.frames.push(Frame::Comment(comment.to_owned()));
        } else if let Some((name, value)) = line.split_once(':') {
            self.field(name, value.strip_prefix(' ').unwrap_or(value));
        } else {
            self.field(line, "");
        }
    }

    fn field(&mut self, name: &str, value: &str) {
        match name {
            "event" => self.event_type = value.to_owned(),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" if !value.contains('\0') => self.id = value.to_owned(),
            "retry" if !value.is_empty() && value.chars().all(|char| char.is_ascii_digit()) => {
                // Digits alone fail to parse only by being too many.
                let ms = value.parse().unwrap_or(u64::MAX);
                self.outcome.frames.push(Frame::Retry(ms));
            }
            _ => {}
        }
    }

    fn dispatch(&mut self) {
        self.outcome.last_event_id = self.id.clone();
        let data = std::mem::take(&mut self.data);
        let event_type = std::mem::take(&mut self.event_type);
        // Each data line left its LF in the buffer: no LF, no data line. The last one goes.
        let Some(data) = data.strip_suffix('\n') else {
            return;
        };
        self.outcome.frames.push(Frame::Event(Event {
            event_type: if event_type.is_empty() { "message".to_owned() } else { event_type },
            data: data.to_owned(),
            last_event_id: self.outcome.last_event_id.clone(),
        }));
    }
}
