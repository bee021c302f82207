//! A server that answers as three APIs of language models do: it thinks for a moment, and then says back what it was
//! told, word by word. The official clients of those APIs read it, as do this project's.
//!
//! ```text
//! cargo run -p sse-hyper --example language_model
//! cargo run -p sse-reqwest --features json --example openai_chat -- http://127.0.0.1:8080/v1 'Say this.'
//! ```
//!
//! The model `unlucky` fails halfway, as each API says that it does. The first argument is another address to listen on.
#![allow(clippy::print_stdout)] // a program for a terminal

use std::error::Error;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures_util::{StreamExt as _, stream};
use http::StatusCode;
use serde_json::{Value, json};
use sse_hyper::{EventBlock, EventBody};
use tokio::net::TcpListener;
use tokio::time::sleep;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".into());
    let app = Router::new()
        .route("/v1/chat/completions", post(async |body| answer(body, chat_completion)))
        .route("/v1/responses", post(async |body| answer(body, response)))
        .route("/v1/messages", post(async |body| answer(body, message)));
    let listener = TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

/// What is asked, and of whom.
struct Question {
    model: String,
    text: String,
}

impl Question {
    /// All three have a `model` and a list of turns, or a text alone in its place.
    fn new(body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        if body["stream"] != true {
            return None;
        }
        let turns = if body["messages"].is_null() { &body["input"] } else { &body["messages"] };
        let last = turns.as_array().map_or(turns, |turns| &turns[turns.len().saturating_sub(1)]["content"]);
        let text = last.as_str().or_else(|| last[0]["text"].as_str())?;
        Some(Self { model: body["model"].as_str()?.to_owned(), text: text.to_owned() })
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.text.split_inclusive(' ').take(if self.is_unlucky() { 1 } else { usize::MAX })
    }

    fn is_unlucky(&self) -> bool {
        self.model == "unlucky"
    }
}

/// The events of an answer, each with its type and its data. The empty type is the one of an event without.
type Events = Vec<(&'static str, String)>;

fn answer(body: Bytes, api: fn(&Question) -> Events) -> Response {
    let Some(question) = Question::new(&body) else {
        let error = json!({ "type": "invalid_request_error", "message": "ask for a stream, with a model and a text" });
        return (StatusCode::BAD_REQUEST, json!({ "type": "error", "error": error }).to_string()).into_response();
    };
    let blocks = stream::iter(api(&question)).then(async |(event_type, data)| {
        sleep(Duration::from_millis(5)).await;
        // The types are ours and have no line ends.
        let block = EventBlock::new().event_type(event_type).unwrap_or_default();
        block.data(&data).to_bytes()
    });
    // While it thinks, comments keep the connection alive. Dropping the body stops it: the client is gone.
    let thinking = sleep(Duration::from_millis(250));
    let blocks = stream::once(thinking).filter_map(async |()| None).chain(blocks);
    EventBody::new(Box::pin(blocks)).keep_alive(Duration::from_millis(100)).into_response().map(axum::body::Body::new)
}

/// OpenAI's chat completions: data alone, and a mark at the end.
fn chat_completion(question: &Question) -> Events {
    let chunk = |choices: Value, usage: Value| {
        json!({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": question.model,
            "choices": choices, "usage": usage,
        })
    };
    let choice = |delta: Value, reason: Value| {
        chunk(json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": reason }]), Value::Null)
    };
    let mut chunks = vec![choice(json!({ "role": "assistant", "content": "" }), Value::Null)];
    chunks.extend(question.words().map(|word| choice(json!({ "content": word }), Value::Null)));
    if question.is_unlucky() {
        chunks.push(json!({ "error": { "type": "server_error", "message": "out of luck", "code": null } }));
        return chunks.into_iter().map(|chunk| ("", chunk.to_string())).collect();
    }
    chunks.push(choice(json!({}), "stop".into()));
    chunks.push(chunk(json!([]), json!({ "prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7 })));
    chunks.into_iter().map(|chunk| chunk.to_string()).chain(["[DONE]".into()]).map(|data| ("", data)).collect()
}

/// OpenAI's responses: typed events with numbers, and a last one that repeats it all.
fn response(question: &Question) -> Events {
    let text = |text: &str| json!({ "type": "output_text", "text": text, "annotations": [] });
    let item = |status: &str, content: Value| json!({ "id": "msg_1", "type": "message", "role": "assistant", "status": status, "content": content });
    let response = |status: &str, output: Value, usage: Value| {
        json!({
            "id": "resp_1", "object": "response", "created_at": 1_700_000_000, "status": status, "error": null,
            "incomplete_details": null, "instructions": null, "metadata": {}, "model": question.model,
            "output": output, "parallel_tool_calls": true, "temperature": 1.0, "tool_choice": "auto", "tools": [],
            "top_p": 1.0, "usage": usage,
        })
    };
    let usage = json!({
        "input_tokens": 3, "input_tokens_details": { "cached_tokens": 0 },
        "output_tokens": 4, "output_tokens_details": { "reasoning_tokens": 0 }, "total_tokens": 7,
    });
    let part = |mut more: Value| {
        (more["item_id"], more["output_index"], more["content_index"]) = ("msg_1".into(), 0.into(), 0.into());
        more
    };
    let mut events = vec![
        ("response.created", json!({ "response": response("in_progress", json!([]), Value::Null) })),
        ("response.output_item.added", json!({ "output_index": 0, "item": item("in_progress", json!([])) })),
        ("response.content_part.added", part(json!({ "part": text("") }))),
    ];
    let delta = |word| ("response.output_text.delta", part(json!({ "delta": word, "logprobs": [] })));
    events.extend(question.words().map(delta));
    if question.is_unlucky() {
        events.push(("error", json!({ "code": "server_error", "message": "out of luck", "param": null })));
    } else {
        let whole = item("completed", json!([text(&question.text)]));
        events.extend([
            ("response.output_text.done", part(json!({ "text": question.text, "logprobs": [] }))),
            ("response.content_part.done", part(json!({ "part": text(&question.text) }))),
            ("response.output_item.done", json!({ "output_index": 0, "item": whole })),
            ("response.completed", json!({ "response": response("completed", json!([whole]), usage) })),
        ]);
    }
    let numbered = events.into_iter().enumerate().map(|(number, (event_type, mut data))| {
        (data["type"], data["sequence_number"]) = (event_type.into(), number.into());
        (event_type, data.to_string())
    });
    numbered.collect()
}

/// Anthropic's messages: typed events, pings among them, and a last one.
fn message(question: &Question) -> Events {
    let start = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "content": [], "model": question.model,
        "stop_reason": null, "stop_sequence": null, "usage": { "input_tokens": 3, "output_tokens": 1 },
    });
    let mut events = vec![
        ("message_start", json!({ "message": start })),
        ("content_block_start", json!({ "index": 0, "content_block": { "type": "text", "text": "" } })),
        ("ping", json!({})),
    ];
    let delta = |word| json!({ "index": 0, "delta": { "type": "text_delta", "text": word } });
    events.extend(question.words().map(|word| ("content_block_delta", delta(word))));
    if question.is_unlucky() {
        events.push(("error", json!({ "error": { "type": "overloaded_error", "message": "out of luck" } })));
    } else {
        let stop = json!({ "stop_reason": "end_turn", "stop_sequence": null });
        events.extend([
            ("content_block_stop", json!({ "index": 0 })),
            ("message_delta", json!({ "delta": stop, "usage": { "output_tokens": 4 } })),
            ("message_stop", json!({})),
        ]);
    }
    let typed = events.into_iter().map(|(event_type, mut data)| {
        data["type"] = event_type.into();
        (event_type, data.to_string())
    });
    typed.collect()
}
