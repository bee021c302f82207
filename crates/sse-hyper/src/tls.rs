//! TLS for the default client: rustls with the platform's roots, TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1 by ALPN.

use std::fmt;
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, ConfigBuilder, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};

/// Which servers an `https` URL may lead to, and what the client shows of itself.
///
/// The default trusts the certificate authorities that the platform trusts. Reading them takes some milliseconds and
/// happens once per [`client_config`](Self::client_config).
///
/// # Example
///
/// ```no_run
/// use sse_hyper::{HttpClient, Tls};
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let tls = Tls::new().with_ca_pem(&std::fs::read("internal-ca.pem")?)?;
/// let client = HttpClient::builder().with_tls(tls).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Tls {
    added: Vec<CertificateDer<'static>>,
    accept_any: bool,
    identity: Option<Arc<Identity>>,
}

/// What the client shows of itself. Its `Debug` form has no secret in it.
#[derive(Debug)]
struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// Why a TLS configuration cannot be made. The caller's input is at fault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The text holds no certificate, or one that is cut short or not in PEM form.
    #[error("no certificate could be read from the PEM text")]
    Pem(#[source] Option<rustls::pki_types::pem::Error>),
    /// The text holds no private key, or one that is not in PEM form.
    #[error("no private key could be read from the PEM text (one that is encrypted cannot be)")]
    Key(#[source] rustls::pki_types::pem::Error),
    /// A certificate is no usable certificate authority, a key is not that of its certificate, or the cryptography provider refused the settings.
    #[error("the TLS settings were refused")]
    Rustls(#[from] rustls::Error),
}

impl Tls {
    /// Trusts what the platform trusts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts the certificates in `pem` too: an internal authority, or one self-signed server.
    ///
    /// A self-signed certificate that says of itself that it is an authority (`openssl req -x509` makes it so unless told
    /// `basicConstraints=CA:FALSE`) is refused as that of a server by rustls.
    ///
    /// # Errors
    ///
    /// [`TlsError::Pem`] if there is none in it, or one of them cannot be read.
    pub fn with_ca_pem(mut self, pem: &[u8]) -> Result<Self, TlsError> {
        self.added.extend(certificates(pem)?);
        Ok(self)
    }

    /// Shows servers that ask for it this certificate, and proves it by its key ("mutual TLS").
    ///
    /// `chain` is the client's certificate and then those that lead to the authority that the server trusts; `key` is the
    /// private key: PKCS #8, PKCS #1 or SEC 1, not encrypted. Both may be one text that holds everything. A server that does
    /// not ask never sees it, nor does a proxy.
    ///
    /// # Errors
    ///
    /// [`TlsError::Pem`] if `chain` holds no certificate, [`TlsError::Key`] if `key` holds no key. Whether they belong
    /// together is found out by [`client_config`](Self::client_config).
    pub fn with_identity_pem(mut self, chain: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let chain = certificates(chain)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(TlsError::Key)?;
        self.identity = Some(Arc::new(Identity { chain, key }));
        Ok(self)
    }

    /// **Dangerous:** accepts any certificate of any server.
    ///
    /// The connection is encrypted, but nobody knows to whom: anyone on the way can read and change everything,
    /// tokens included. For a look at one's own test server and nothing else.
    #[must_use]
    pub fn dangerous_accept_any_certificate(mut self) -> Self {
        self.accept_any = true;
        self
    }

    /// The rustls configuration, without ALPN: the HTTP client says which versions it speaks.
    ///
    /// A machine without any trusted authority is no error here, so that plain `http` works on it; its first `https`
    /// connection fails and says why.
    ///
    /// # Errors
    ///
    /// [`TlsError::Rustls`] if an added certificate is malformed, or a key is not that of its certificate.
    pub fn client_config(&self) -> Result<ClientConfig, TlsError> {
        self.show_identity(self.trust()?)
    }

    /// The configuration towards servers, as [`client_config`](Self::client_config), and that towards proxies: they are
    /// trusted by the same rules, but who asks is nothing that they are shown.
    pub(crate) fn server_and_proxy_config(&self) -> Result<(ClientConfig, ClientConfig), TlsError> {
        let trust = self.trust()?;
        Ok((self.show_identity(trust.clone())?, trust.with_no_client_auth()))
    }

    fn trust(&self) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let config =
            ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
        if self.accept_any {
            let verifier = Arc::new(AcceptAny(provider));
            return Ok(config.dangerous().with_custom_certificate_verifier(verifier));
        }
        let roots = self.roots()?;
        if roots.is_empty() {
            let verifier = Arc::new(NobodyTrusted(provider));
            return Ok(config.dangerous().with_custom_certificate_verifier(verifier));
        }
        Ok(config.with_root_certificates(roots))
    }

    fn show_identity(&self, config: ConfigBuilder<ClientConfig, WantsClientCert>) -> Result<ClientConfig, TlsError> {
        Ok(match self.identity.as_deref() {
            Some(Identity { chain, key }) => config.with_client_auth_cert(chain.clone(), key.clone_key())?,
            None => config.with_no_client_auth(),
        })
    }

    /// The platform's authorities, and those added.
    fn roots(&self) -> Result<RootCertStore, TlsError> {
        let mut roots = RootCertStore::empty();
        let platform = rustls_native_certs::load_native_certs();
        for error in &platform.errors {
            tracing::warn!(%error, "some of the platform's trusted certificates cannot be read");
        }
        // Platforms hold certificates that no strict parser accepts; the others still count.
        roots.add_parsable_certificates(platform.certs);
        for certificate in &self.added {
            roots.add(certificate.clone())?;
        }
        Ok(roots)
    }
}

/// All certificates of a text, which must be one at least.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(TlsError::Pem(None)),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(TlsError::Pem(Some(error))),
    }
}

/// Takes every certificate. Signatures are still checked: a peer must hold the key of the certificate it shows.
#[derive(Debug)]
struct AcceptAny(Arc<CryptoProvider>);

/// Takes no certificate and says that there is nothing to check it against.
#[derive(Debug)]
struct NobodyTrusted(Arc<CryptoProvider>);

/// What [`NobodyTrusted`] answers.
#[derive(Debug)]
struct NoTrustedRoots;

impl fmt::Display for NoTrustedRoots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "this machine trusts no certificate authority: install its certificates (ca-certificates on most Linux \
             systems) or give one",
        )
    }
}

impl std::error::Error for NoTrustedRoots {}

/// The parts that both verifiers share.
macro_rules! verifier {
    ($name:ident, $certificate:expr) => {
        impl ServerCertVerifier for $name {
            fn verify_server_cert(
                &self,
                _end_entity: &CertificateDer<'_>,
                _intermediates: &[CertificateDer<'_>],
                _server_name: &ServerName<'_>,
                _ocsp_response: &[u8],
                _now: UnixTime,
            ) -> Result<ServerCertVerified, rustls::Error> {
                $certificate
            }

            fn verify_tls12_signature(
                &self,
                message: &[u8],
                certificate: &CertificateDer<'_>,
                signature: &DigitallySignedStruct,
            ) -> Result<HandshakeSignatureValid, rustls::Error> {
                let algorithms = &self.0.signature_verification_algorithms;
                verify_tls12_signature(message, certificate, signature, algorithms)
            }

            fn verify_tls13_signature(
                &self,
                message: &[u8],
                certificate: &CertificateDer<'_>,
                signature: &DigitallySignedStruct,
            ) -> Result<HandshakeSignatureValid, rustls::Error> {
                let algorithms = &self.0.signature_verification_algorithms;
                verify_tls13_signature(message, certificate, signature, algorithms)
            }

            fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
                self.0.signature_verification_algorithms.supported_schemes()
            }
        }
    };
}

verifier!(AcceptAny, Ok(ServerCertVerified::assertion()));
verifier!(NobodyTrusted, Err(rustls::Error::Other(OtherError(Arc::new(NoTrustedRoots)))));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_authorities_says_so() {
        let verifier = NobodyTrusted(Arc::new(ring::default_provider()));
        let name = ServerName::try_from("a.test").unwrap();
        let error =
            verifier.verify_server_cert(&CertificateDer::from(vec![]), &[], &name, &[], UnixTime::now()).unwrap_err();
        assert!(error.to_string().contains("ca-certificates"), "{error}");
    }
}
