//! `EventStream` and `EventSource` on tokio's paused clock, against a server in memory.

#![allow(clippy::panic, clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod alike;
mod cancel;
mod cooperate;
mod ending;
mod failures;
mod memory;
mod monitor;
mod once;
mod server;
mod strategies;
mod stream;
mod subscribe;
mod timing;
