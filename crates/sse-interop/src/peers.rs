//! The peers: how each is started.

pub(crate) mod axum;
pub(crate) mod browser;
pub(crate) mod curl;
pub(crate) mod nginx;
pub(crate) mod node;
pub(crate) mod python;
