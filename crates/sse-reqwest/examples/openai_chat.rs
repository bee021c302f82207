//! Asks a chat completions endpoint of OpenAI's kind, of which there are many, and prints the answer as it is typed.
//!
//! ```text
//! cargo run -p sse-hyper --example language_model
//! cargo run -p sse-reqwest --features json --example openai_chat -- http://127.0.0.1:8080/v1 'Why is the sky blue?'
//! ```
//!
//! The key is taken from `OPENAI_API_KEY`. (For `https`, switch on a TLS feature of reqwest's.)
#![allow(clippy::print_stdout)] // a program for a terminal

use std::borrow::Cow;
use std::error::Error;
use std::io::Write as _;
use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use serde_json::json;
use sse_reqwest::{Connector, Deadlines, Ending, EventExt as _, Policy, Retries, Session, random_seed};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(base_url), Some(question)) = (args.next(), args.next()) else {
        return Err("usage: openai_chat BASE_URL QUESTION".into());
    };
    let request = Client::new()
        .post(format!("{base_url}/chat/completions"))
        .bearer_auth(std::env::var("OPENAI_API_KEY").unwrap_or_default())
        .json(
            &json!({ "model": "gpt-4o-mini", "stream": true, "messages": [{ "role": "user", "content": question }] }),
        );
    let finish_reason = chat(request, |text| {
        print!("{text}");
        let _ = std::io::stdout().flush();
    })
    .await?;
    println!("\n({finish_reason})");
    Ok(())
}

/// What one event says. There is more in it; this is what is printed.
#[derive(Deserialize)]
struct Chunk<'e> {
    #[serde(borrow, default)]
    choices: Vec<Choice<'e>>,
    /// In place of the rest, when it goes wrong halfway.
    error: Option<ApiError>,
}

#[derive(Deserialize)]
struct Choice<'e> {
    #[serde(borrow)]
    delta: Delta<'e>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta<'e> {
    #[serde(borrow)]
    content: Option<Cow<'e, str>>,
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
pub(crate) async fn chat(request: RequestBuilder, mut say: impl FnMut(&str)) -> Result<String, Box<dyn Error>> {
    // Asked again while the API says that it is busy, which costs nothing; never once it has begun to answer, and not after a
    // minute, whatever it says of when to come back.
    let policy = Policy::default()
        .with_reconnection_time(Duration::from_millis(500))
        .with_max_failures(3)
        .with_max_outage(Duration::from_secs(60));
    let session = Session::once_with_retries(Retries::Refused, policy, random_seed())
        // A model may think for long, but not for ever.
        .with_deadlines(Deadlines::default().with_event_idle(Duration::from_secs(300)))
        // An answer without its mark is not the whole answer.
        .with_ending(Ending::done());
    let mut events = Connector::repeating(request)?.with_session(session);
    let mut finish_reason = None;
    while let Some(event) = events.next().await {
        let event = event.map_err(|error| {
            // The API's own words about what it did not like.
            let refusal = error.failure().body().and_then(|body| serde_json::from_slice::<Refusal>(body).ok());
            refusal.map_or_else(|| Box::<dyn Error>::from(error), |refusal| refusal.error.message.into())
        })?;
        let chunk: Chunk<'_> = event.json()?;
        if let Some(error) = chunk.error {
            return Err(error.message.into());
        }
        for choice in chunk.choices {
            say(choice.delta.content.as_deref().unwrap_or_default());
            finish_reason = choice.finish_reason.or(finish_reason);
        }
    }
    Ok(finish_reason.unwrap_or_default())
}
