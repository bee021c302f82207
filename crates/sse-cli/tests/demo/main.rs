//! `sse demo` as a process, over real sockets. What needs neither is tested in process, on a virtual clock.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails is allowed to panic")]

mod http;
mod process;
mod shutdown;
mod start;
mod streams;
mod tls;
mod tls_versions;
