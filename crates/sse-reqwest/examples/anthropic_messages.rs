//! Asks a messages endpoint of Anthropic's kind and prints the answer as it is typed.
//!
//! ```text
//! cargo run -p sse-hyper --example language_model
//! cargo run -p sse-reqwest --features json --example anthropic_messages -- http://127.0.0.1:8080 'Why is the sky blue?'
//! ```
//!
//! The key is taken from `ANTHROPIC_API_KEY`. (For `https`, switch on a TLS feature of reqwest's.)
#![allow(clippy::print_stdout)] // a program for a terminal

use std::borrow::Cow;
use std::error::Error;
use std::io::Write as _;
use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use serde_json::json;
use sse_reqwest::{Deadlines, Ending, EventExt as _, RequestBuilderExt as _};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(base_url), Some(question)) = (args.next(), args.next()) else {
        return Err("usage: anthropic_messages BASE_URL QUESTION".into());
    };
    let messages = json!([{ "role": "user", "content": question }]);
    let request = Client::new()
        .post(format!("{base_url}/v1/messages"))
        .header("x-api-key", std::env::var("ANTHROPIC_API_KEY").unwrap_or_default())
        .header("anthropic-version", "2023-06-01")
        .json(&json!({ "model": "claude-sonnet-4-5", "max_tokens": 1024, "stream": true, "messages": messages }));
    let stop_reason = ask(request, |text| {
        print!("{text}");
        let _ = std::io::stdout().flush();
    })
    .await?;
    println!("\n({stop_reason})");
    Ok(())
}

/// What one event says, by its `type`, which is also the event type.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part<'e> {
    ContentBlockDelta {
        #[serde(borrow)]
        delta: Delta<'e>,
    },
    MessageDelta {
        delta: Stop,
    },
    Error {
        error: ApiError,
    },
    /// `message_start`, `ping` and others, of which the API says that there will be more.
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Delta<'e> {
    /// Not in deltas of other types than `text_delta`.
    #[serde(borrow)]
    text: Option<Cow<'e, str>>,
}

#[derive(Deserialize)]
struct Stop {
    stop_reason: Option<String>,
}

/// The body of a refusal.
#[derive(Deserialize)]
struct Refusal {
    error: ApiError,
}

#[derive(Deserialize)]
struct ApiError {
    message: String,
}

/// Gives the answer to `say` piece by piece, and at its end why it ended.
pub(crate) async fn ask(request: RequestBuilder, mut say: impl FnMut(&str)) -> Result<String, Box<dyn Error>> {
    let mut events = request
        .once_events()
        // The API sends `ping`s while its model thinks.
        .with_deadlines(Deadlines::default().with_byte_idle(Duration::from_secs(60)))
        // An answer without its last event is not the whole answer.
        .with_ending(Ending::at(|event| event.event_type == "message_stop"));
    let mut stop_reason = None;
    while let Some(event) = events.next().await {
        let event = event.map_err(|error| {
            // The API's own words about what it did not like.
            let refusal = error.failure().body().and_then(|body| serde_json::from_slice::<Refusal>(body).ok());
            refusal.map_or_else(|| Box::<dyn Error>::from(error), |refusal| refusal.error.message.into())
        })?;
        match event.json()? {
            Part::ContentBlockDelta { delta } => say(delta.text.as_deref().unwrap_or_default()),
            Part::MessageDelta { delta } => stop_reason = delta.stop_reason.or(stop_reason),
            Part::Error { error } => return Err(error.message.into()),
            Part::Other => {}
        }
    }
    Ok(stop_reason.unwrap_or_default())
}
