//! Follows an event stream, and says on stderr what happens in between.
//!
//! ```text
//! cargo run -p sse-hyper --example axum_server
//! cargo run -p sse-reqwest --example event_source -- http://127.0.0.1:8080/ticks
//! ```
//!
//! Stop the server and start it again: the stream goes on. (For `https`, switch on a TLS feature of reqwest's.)
#![allow(clippy::print_stdout, clippy::print_stderr)] // a program for a terminal

use std::error::Error;
use std::time::Duration;

use futures_util::StreamExt as _;
use sse_reqwest::{Connector, Deadlines, Policy, Session, Update};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: event_source URL")?;
    let client = reqwest::Client::builder().connect_timeout(Duration::from_secs(10)).build()?;
    // A server that sends a keep-alive every 15 seconds or so and has been silent for a minute is gone.
    let deadlines = Deadlines::default().with_byte_idle(Duration::from_secs(60));
    let session = Session::subscribe(Policy::default(), sse_reqwest::random_seed()).with_deadlines(deadlines);
    let mut updates = Connector::new(client.get(url))?.with_session(session).updates();
    while let Some(update) = updates.next().await {
        match update? {
            Update::Connecting { attempt, last_event_id, .. } => {
                eprintln!("attempt {attempt}, after {last_event_id:?}")
            }
            Update::Open(head) => eprintln!("open: {} {:?}", head.url, head.headers),
            Update::Event(event) => println!("{}: {}", event.event_type(), event.data()),
            Update::Waiting { failure, .. } => eprintln!("{failure}; trying again"),
            _ => {}
        }
    }
    if let Some(reason) = updates.close_reason() {
        eprintln!("{reason}");
    }
    Ok(())
}
