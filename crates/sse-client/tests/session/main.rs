//! `Session` on a virtual clock: nothing here sleeps.

#![allow(clippy::panic, clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod deadlines;
mod herd;
mod laws;
mod reconnection;
mod responses;
mod resumption;
mod support;
