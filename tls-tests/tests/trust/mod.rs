//! Clients, and one that trusts one server.
#![allow(dead_code)] // each test file uses its part

use reqwest::{Certificate, ClientBuilder};

use crate::support::builder;

/// reqwest makes no client, for TLS or not, before somebody has said whose cryptography it is.
pub(crate) fn with_cryptography() -> ClientBuilder {
    // As the application does, once.
    let _ = rustls::crypto::ring::default_provider().install_default();
    builder()
}

pub(crate) fn trusting(pem: &str) -> ClientBuilder {
    with_cryptography().tls_certs_only([Certificate::from_pem(pem.as_bytes()).unwrap()])
}
