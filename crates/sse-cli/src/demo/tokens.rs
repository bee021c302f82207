//! `/stream/tokens`: a text typed token by token, as language models send it.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::clock::unix_ms;
use super::feed::{Feed, Ids};
use super::log::Log;
use super::timeline::{self, Timeline};

/// Milliseconds between two events of a message: 20 a second.
const PACE_MS: u64 = 50;
const PER_SECOND: usize = 20;
/// Milliseconds between two messages.
const PAUSE_MS: u64 = 3000;

pub(super) const TEXTS: [&str; 3] = [
    "This text arrives token by token, the way a language model answers. Each token is one event with an id of its \
     own. Drop the connection in the middle of a sentence: the browser comes back by itself, says the last id it \
     has seen, and the server goes on with the very next token. Nothing is lost and nothing comes twice.",
    "An event stream is text that never ends: a few lines for each event, then a blank line. It needs nothing but \
     HTTP, so it passes through proxies, can be read with curl, and works over HTTP/2 beside every other request. \
     What WebSocket adds is the way back, and for that there is POST.",
    "Everyone who watches this stream sees the same token at the same moment, and each of them was encoded only \
     once. A reader is a position in a shared log. Coming back after a pause means reading on from an older \
     position, which is why these words appear in a burst when you return, and then go on at the usual pace.",
];

/// The texts one after the other, round after round. Everyone sees the same, and a position counts the events since
/// 1970, so that a restarted server goes on in the middle of the sentence.
#[derive(Clone)]
pub(super) struct Tokens {
    /// The events of one round.
    script: Arc<[Step]>,
    /// How long a round takes.
    round_ms: u64,
}

struct Step {
    /// Since the beginning of the round; 0 for the first.
    due_ms: u64,
    /// The index in the script of the event that begins the message.
    message_start: usize,
    event: Event,
}

/// Name and form of what Anthropic's Messages API streams.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    MessageStart { message: Value },
    ContentBlockStart { index: u32, content_block: Value },
    Ping,
    ContentBlockDelta { index: u32, delta: Value },
    ContentBlockStop { index: u32 },
    MessageDelta { delta: Value, usage: Value },
    MessageStop,
}

impl Event {
    fn name(&self) -> &'static str {
        match self {
            Self::MessageStart { .. } => "message_start",
            Self::ContentBlockStart { .. } => "content_block_start",
            Self::Ping => "ping",
            Self::ContentBlockDelta { .. } => "content_block_delta",
            Self::ContentBlockStop { .. } => "content_block_stop",
            Self::MessageDelta { .. } => "message_delta",
            Self::MessageStop => "message_stop",
        }
    }
}

impl Tokens {
    pub(super) fn new() -> Self {
        let mut script = Vec::new();
        let mut due_ms = 0;
        for (number, text) in TEXTS.iter().enumerate() {
            let message_start = script.len();
            for event in message(number, text) {
                script.push(Step { due_ms, message_start, event });
                due_ms += PACE_MS;
            }
            due_ms += PAUSE_MS;
        }
        Self { script: script.into(), round_ms: due_ms }
    }

    /// The feed, with the `history` seconds before `now` as if the server had run then. It holds at least a whole
    /// round: a new client gets the running message from its start.
    pub(super) fn feed(&self, now: Duration, history: usize) -> Feed {
        let capacity = history.saturating_mul(PER_SECOND).max(self.script.len());
        let log = Log::new(capacity, timeline::seed(self, now, capacity));
        let tokens = self.clone();
        let feed = Feed::new(log, Ids::lasting(), Duration::from_secs(1)).beginning_at(move |newest| {
            let (round, step) = tokens.locate(newest);
            tokens.position(round, tokens.script[step].message_start)
        });
        timeline::catch_up(self, &feed, now);
        feed
    }

    /// The round and the index in the script of what is at `position`.
    fn locate(&self, position: u64) -> (u64, usize) {
        let length = self.script.len() as u64;
        (position / length, (position % length) as usize)
    }

    fn position(&self, round: u64, step: usize) -> u64 {
        round * self.script.len() as u64 + step as u64
    }
}

impl Timeline for Tokens {
    fn newest(&self, now: Duration) -> u64 {
        let now_ms = unix_ms(now);
        let (round, in_round_ms) = (now_ms / self.round_ms, now_ms % self.round_ms);
        // The first step of a round is due at 0, so at least one is.
        let due = self.script.partition_point(|step| step.due_ms <= in_round_ms);
        self.position(round, due - 1)
    }

    fn due(&self, position: u64) -> Duration {
        let (round, step) = self.locate(position);
        Duration::from_millis((round * self.round_ms).saturating_add(self.script[step].due_ms))
    }

    fn append(&self, position: u64, feed: &Feed) {
        let (_, step) = self.locate(position);
        let event = &self.script[step].event;
        feed.append(event.name(), event);
    }
}

/// The events that carry `text`.
fn message(number: usize, text: &str) -> Vec<Event> {
    let mut events = vec![
        Event::MessageStart {
            message: json!({
                "id": format!("msg_demo_{number}"), "type": "message", "role": "assistant", "model": "demo",
                "content": [], "stop_reason": null, "stop_sequence": null,
                "usage": {"input_tokens": 1, "output_tokens": 1},
            }),
        },
        Event::ContentBlockStart { index: 0, content_block: json!({"type": "text", "text": ""}) },
        Event::Ping,
    ];
    let tokens = tokens(text);
    let usage = json!({"output_tokens": tokens.len()});
    events.extend(
        tokens
            .into_iter()
            .map(|text| Event::ContentBlockDelta { index: 0, delta: json!({"type": "text_delta", "text": text}) }),
    );
    events.extend([
        Event::ContentBlockStop { index: 0 },
        Event::MessageDelta { delta: json!({"stop_reason": "end_turn", "stop_sequence": null}), usage },
        Event::MessageStop,
    ]);
    events
}

/// Words with the space before them, as tokenizers like them.
fn tokens(text: &str) -> Vec<&str> {
    let cuts = text.match_indices(' ').map(|(space, _)| space).chain([text.len()]);
    cuts.scan(0, |start, end| Some(&text[std::mem::replace(start, end)..end])).collect()
}
