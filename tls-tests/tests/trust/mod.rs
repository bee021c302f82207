//! A client that trusts one server.

use reqwest::{Certificate, ClientBuilder};

use crate::support::builder;

pub(crate) fn trusting(pem: &str) -> ClientBuilder {
    // Whose cryptography it is, the application says; it has done so once.
    let _ = rustls::crypto::ring::default_provider().install_default();
    builder().tls_certs_only([Certificate::from_pem(pem.as_bytes()).unwrap()])
}
