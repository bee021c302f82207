//! `Session` on a virtual clock: nothing here sleeps.

mod deadlines;
mod herd;
mod reconnection;
mod responses;
mod resumption;
mod support;
