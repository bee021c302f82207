//! Asks a language model a question and prints the answer as it is typed: one `POST`, never sent twice.
//!
//! ```text
//! API_KEY=... cargo run -p sse-hyper --example completion -- https://api.example.org/v1/messages '{"model":"...","stream":true,...}'
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr)] // a program for a terminal

use std::error::Error;
use std::time::Duration;

use futures_util::StreamExt as _;
use http::Request;
use sse_hyper::{Deadlines, EventSource, OneResponse};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(url), Some(question)) = (args.next(), args.next()) else {
        return Err("usage: completion URL JSON".into());
    };
    let request = Request::post(url)
        .header("authorization", format!("Bearer {}", std::env::var("API_KEY").unwrap_or_default()))
        .header("content-type", "application/json")
        .body(question.into())?;
    // A model may think for long, but not for ever.
    let deadlines = Deadlines::default().with_event_idle(Duration::from_secs(300));
    let mut answer = EventSource::once(OneResponse::from(request)).with_deadlines(deadlines);
    while let Some(event) = answer.next().await {
        match event {
            Ok(event) => println!("{}: {}", event.event_type(), event.data()),
            Err(error) => {
                // The model's own words about what it did not like.
                if let Some(explanation) = error.failure().body() {
                    eprintln!("{}", String::from_utf8_lossy(explanation));
                }
                return Err(error.into());
            }
        }
    }
    Ok(())
}
