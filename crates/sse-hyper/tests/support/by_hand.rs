//! A server over TLS that does by hand what no well-kept server does.

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::ring;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};

pub(crate) type Stream = StreamOwned<ServerConnection, TcpStream>;

/// Sees each connection through by `serve`, on a thread. Its URL and its certificate.
pub(crate) fn serve_by_hand(
    version: &'static SupportedProtocolVersion,
    serve: impl Fn(Stream) + Send + 'static,
) -> (String, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".into()]).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], PrivatePkcs8KeyDer::from(signing_key.serialize_der()).into())
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let session = ServerConnection::new(Arc::clone(&config)).unwrap();
            serve(StreamOwned::new(session, stream.unwrap()));
        }
    });
    (url, cert.pem())
}
