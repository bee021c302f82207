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
#[derive(Clone, Copy, Debug)]
pub enum Cut {
    /// So many bytes.
    Every(usize),
    /// One event: how language models write.
    Event,
}

impl Cut {
    /// What it is called in the report.
    pub fn name(self) -> String {
        match self {
            Self::Every(bytes) => bytes.to_string(),
            Self::Event => "event".to_owned(),
        }
    }
}

impl Shape {
    /// Some 256 KiB of it, which a cache holds, as chunks. At least eight events.
    pub fn chunks(&self, cut: Cut) -> Vec<Bytes> {
        let count = (256 * 1024 / self.event.len()).max(8);
        let stream = Bytes::from(self.event.repeat(count));
        let length = match cut {
            Cut::Every(bytes) => bytes,
            Cut::Event => self.event.len(),
        };
        (0..stream.len()).step_by(length).map(|at| stream.slice(at..stream.len().min(at + length))).collect()
    }
}

/// Every shape.
pub fn all() -> Vec<Shape> {
    let openai = r#"data: {"id":"chatcmpl-9aXbT2mQw7","object":"chat.completion.chunk","created":1795385431,"model":"a-model-2026-06-01","system_fingerprint":"fp_44709d6fcb","choices":[{"index":0,"delta":{"content":" stream"},"logprobs":null,"finish_reason":null}],"usage":null}"#;
    let anthropic = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" stream\"}}";
    let not_ascii = "data: {\"text\":\"こんにちは、世界。ストリームは続く 🎉🚀\",\"lang\":\"ja\"}";
    let text = |name, event: String| Shape { name, event: event.into_bytes() };
    vec![
        text("tiny", "data: x\n\n".to_owned()),
        text("openai", format!("{openai}\n\n")),
        text("anthropic", format!("{anthropic}\n\n")),
        text("full", "id: 1795385431\r\nevent: tick\r\ndata: {\"n\":17,\"m\":\"abc\"}\r\n\r\n".to_owned()),
        text("multi", repeat_n("data: a line of text, one of twenty of its event\n", 20).collect::<String>() + "\n"),
        text("big", format!("data: {}\n\n", "0123456789abcdef".repeat(4096))),
        text("comments", ": keep-alive\n\n: keep-alive\n\n: keep-alive\n\ndata: x\n\n".to_owned()),
        text("nonascii", format!("{not_ascii}\n\n")),
    ]
}
