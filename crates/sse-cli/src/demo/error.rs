//! What keeps the demo from starting.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

/// Why the demo did not start; each message names the option to change.
#[derive(Debug, Error)]
pub(crate) enum DemoError {
    /// Another program listens there.
    #[error("{address} is in use: choose another address with --listen (with port 0 the system finds a free port)")]
    AddressInUse { address: SocketAddr },

    #[error("cannot listen on {address}, given by --listen")]
    Listen { address: SocketAddr, source: io::Error },

    #[error("cannot read {}, given by {option}, as PEM", file.display())]
    Pem { option: &'static str, file: PathBuf, source: rustls::pki_types::pem::Error },

    #[error("the certificate of --cert {} and the key of --key {} cannot be used", cert.display(), key.display())]
    Pair { cert: PathBuf, key: PathBuf, source: rustls::Error },

    #[error("cannot make a certificate for --tls")]
    MadeUp(#[source] MakeError),

    #[error("cannot listen for Ctrl-C")]
    Signal(#[source] io::Error),
}

/// Why no certificate could be made.
#[derive(Debug, Error)]
#[error(transparent)]
pub(crate) enum MakeError {
    Certificate(#[from] rcgen::Error),
    Tls(#[from] rustls::Error),
}
