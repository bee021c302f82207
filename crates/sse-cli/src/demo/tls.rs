//! HTTPS: TLS 1.2 and 1.3, and nothing older, with a certificate from files or made on the spot.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::version::{TLS12, TLS13};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::error::DemoError;

/// With the certificate chain and the key of two PEM files.
///
/// # Errors
///
/// A file cannot be read, holds no such thing, or the two do not belong together.
pub(super) fn from_files(cert: &Path, key: &Path) -> Result<TlsAcceptor, DemoError> {
    let pem = |option, file: &Path| {
        let file = file.to_owned();
        move |source| DemoError::Pem { option, file, source }
    };
    let chain: Vec<_> = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect)
        .and_then(
            |chain: Vec<_>| if chain.is_empty() { Err(rustls_pki_types::pem::Error::NoItemsFound) } else { Ok(chain) },
        )
        .map_err(pem("--cert", cert))?;
    let private_key = PrivateKeyDer::from_pem_file(key).map_err(pem("--key", key))?;
    acceptor(chain, private_key).map_err(|source| DemoError::Pair { cert: cert.into(), key: key.into(), source })
}

/// With a certificate made for this run, valid for this machine's own names and `listen`.
///
/// It is in no trust store, so browsers warn and other clients must be told to accept it.
///
/// # Errors
///
/// There is no randomness to make a key of.
pub(super) fn made_up(listen: IpAddr) -> Result<TlsAcceptor, DemoError> {
    let make = || {
        let addresses = [listen, Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        let mut names = vec!["localhost".to_owned()];
        names.extend(addresses.iter().map(IpAddr::to_string));
        let made = rcgen::generate_simple_self_signed(names)?;
        let key = rustls_pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        Ok(acceptor(vec![made.cert.into()], key.into())?)
    };
    make().map_err(DemoError::MadeUp)
}

fn acceptor(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<TlsAcceptor, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13, &TLS12])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
