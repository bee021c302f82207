//! Streams of the kinds that servers send.

use std::iter::repeat_n;

use bytes::Bytes;

/// A stream of one kind of event.
pub struct Shape {
    /// What it is called in the report.
    pub name: &'static str,
    /// One event; the stream is many of it.
    pub event: Vec<u8>,
}

/// How a stream is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// So many bytes.
    Every(usize),
    /// One event: how language models write.
    Event,
}

/// Network buffers, TCP segments, one event at a time, and two that nobody should send.
pub const CUTS: [Cut; 5] = [Cut::Every(16 * 1024), Cut::Every(1400), Cut::Event, Cut::Every(64), Cut::Every(1)];

impl Cut {
    /// What it is called in the report.
    pub fn name(self) -> String {
        match self {
            Self::Every(bytes) => bytes.to_string(),
            Self::Event => "event".to_owned(),
        }
    }

    /// How long a chunk is.
    pub fn length(self, shape: &Shape) -> usize {
        match self {
            Self::Every(bytes) => bytes,
            Self::Event => shape.event.len(),
        }
    }
}

impl Shape {
    /// Some 256 KiB of it, which a cache holds, and at least eight events. Of small chunks a quarter: they are many.
    pub fn stream(&self, cut: Cut) -> Bytes {
        let (bytes, events) = if matches!(cut, Cut::Every(..=64)) { (64 * 1024, 2) } else { (256 * 1024, 8) };
        Bytes::from(self.event.repeat((bytes / self.event.len()).max(events)))
    }

    /// The stream as chunks.
    pub fn chunks(&self, cut: Cut) -> Vec<Bytes> {
        let stream = self.stream(cut);
        let length = cut.length(self);
        (0..stream.len()).step_by(length).map(|at| stream.slice(at..stream.len().min(at + length))).collect()
    }
}

pub(crate) const OPENAI: &str = r#"{"id":"chatcmpl-9aXbT2mQw7","object":"chat.completion.chunk","created":1795385431,"model":"a-model-2026-06-01","system_fingerprint":"fp_44709d6fcb","choices":[{"index":0,"delta":{"content":" stream"},"logprobs":null,"finish_reason":null}],"usage":null}"#;
pub(crate) const ANTHROPIC: &str =
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" stream"}}"#;
pub(crate) const FULL: &str = r#"{"n":17,"m":"abc"}"#;
pub(crate) const LINE: &str = "a line of text, one of twenty of its event";
pub(crate) const NOT_ASCII: &str = r#"{"text":"こんにちは、世界。ストリームは続く 🎉🚀","lang":"ja"}"#;

pub(crate) fn big() -> String {
    "0123456789abcdef".repeat(4096)
}

/// Every shape.
pub fn all() -> Vec<Shape> {
    let text = |name, event: String| Shape { name, event: event.into_bytes() };
    vec![
        text("tiny", "data: x\n\n".to_owned()),
        text("openai", format!("data: {OPENAI}\n\n")),
        text("anthropic", format!("event: content_block_delta\ndata: {ANTHROPIC}\n\n")),
        text("full", format!("id: 1795385431\r\nevent: tick\r\ndata: {FULL}\r\n\r\n")),
        text("multi", repeat_n(format!("data: {LINE}\n"), 20).collect::<String>() + "\n"),
        text("big", format!("data: {}\n\n", big())),
        text("comments", ": keep-alive\n\n".repeat(3) + "data: x\n\n"),
        text("nonascii", format!("data: {NOT_ASCII}\n\n")),
    ]
}
