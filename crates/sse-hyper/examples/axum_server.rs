//! The smallest server on axum: the body is a response as it is.
//!
//! ```text
//! cargo run -p sse-hyper --example axum_server
//! curl -N http://127.0.0.1:8080/ticks
//! ```

use std::error::Error;
use std::time::Duration;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use futures_util::stream;
use sse_hyper::{EventBlock, EventBody};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let app = Router::new().route("/ticks", get(ticks));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    axum::serve(listener, app).await?;
    Ok(())
}

async fn ticks() -> impl IntoResponse {
    let blocks = stream::unfold(0_u64, async |tick| {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let block = EventBlock::new().data(&format!("tick {tick}")).to_bytes();
        Some((block, tick + 1))
    });
    EventBody::new(blocks).retry(Duration::from_secs(2)).into_response()
}
