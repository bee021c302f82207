//! HTTPS: TLS 1.2 and 1.3, and nothing older, with a certificate from files or made on the spot.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::version::{TLS12, TLS13};
use tokio_rustls::TlsAcceptor;

use super::error::DemoError;

/// With the certificate chain and the key of two PEM files.
///
/// # Errors
///
/// A file cannot be read, holds no such thing, or the two do not belong together.
pub(super) fn from_files(cert: &Path, key: &Path) -> Result<TlsAcceptor, DemoError> {
    let chain = chain(cert).map_err(|source| DemoError::Pem { option: "--cert", file: cert.into(), source })?;
    let private_key = PrivateKeyDer::from_pem_file(key).map_err(|source| DemoError::Pem {
        option: "--key",
        file: key.into(),
        source,
    })?;
    acceptor(chain, private_key).map_err(|source| DemoError::Pair { cert: cert.into(), key: key.into(), source })
}

/// The certificates in a file, at least one.
fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    let chain: Vec<_> = CertificateDer::pem_file_iter(file)?.collect::<Result<_, _>>()?;
    if chain.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(chain) }
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
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
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
