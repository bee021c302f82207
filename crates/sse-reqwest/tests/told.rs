//! What a request is called by `tracing`. In a process of its own: whether anybody listens to a place in the code is
//! remembered for all threads.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

#[path = "../../sse-hyper/tests/support/recorder.rs"]
mod recorder;

use futures_util::StreamExt as _;
use sse_reqwest::{Connector, Policy};

#[tokio::test]
async fn a_request_is_told_without_its_secrets() {
    recorder::a_request_is_told_without_its_secrets(async |url| {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut source = Connector::new(client.get(url)).unwrap().subscribe(Policy::default());
        source.next().await.is_none()
    })
    .await;
}
