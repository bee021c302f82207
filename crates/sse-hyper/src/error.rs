//! What can go wrong below the event stream, and who is at fault.

use std::error::Error;
use std::io;

use crate::redirect::RedirectError;
use crate::tls::TlsError;

/// Any error, as tower's services give them.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Why an attempt to get a response, or to read one on, failed.
///
/// The kinds say who has to act. The cause as the lower layers put it is the [`source`](Error::source).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The caller's hook did not make a request.
    #[error("the request for this attempt could not be made")]
    Request(#[source] BoxError),
    /// The caller's URL cannot be requested: not absolute, not `http` or `https`, or no URL at all.
    #[error("{url:?} is no absolute http or https URL")]
    Url {
        /// The URL without user name, password and query.
        url: String,
    },
    /// The caller's TLS settings are unusable.
    #[error(transparent)]
    TlsConfig(#[from] TlsError),
    /// The host name is unknown, or the resolver is out of reach.
    #[error("the host name {host:?} cannot be resolved")]
    Resolve {
        /// The host name.
        host: String,
        /// What the resolver said.
        source: BoxError,
    },
    /// No connection: refused, unreachable, timed out by the network.
    #[error("the server cannot be reached")]
    Connect(#[source] BoxError),
    /// The TLS handshake failed: most often a certificate that is not trusted.
    #[error("no secure connection to the server")]
    Tls(#[source] BoxError),
    /// The server answered with something that is no HTTP, or broke its rules halfway.
    #[error("the server does not speak proper HTTP")]
    Protocol(#[source] BoxError),
    /// The server redirected to where a request must not follow.
    #[error(transparent)]
    Redirect(#[from] RedirectError),
    /// The body is not in the content coding that the server said it is in.
    #[error("the server sent a body that cannot be decompressed")]
    Coding(#[source] BoxError),
    /// The connection ended before the response was complete.
    #[error("the connection was lost")]
    Lost(#[source] BoxError),
    /// A service that the caller brought failed in its own way.
    #[error("the HTTP service failed")]
    Service(#[source] BoxError),
}

/// A host name without an address. [`HttpError::Resolve`] says so; in its chain of sources this is the link below.
#[derive(Debug, thiserror::Error)]
#[error("the resolver failed")]
pub(crate) struct ResolveError {
    pub(crate) host: String,
    pub(crate) source: io::Error,
}

impl HttpError {
    /// Without what may be a secret: user name, password and query.
    pub(crate) fn bad_url(url: &str) -> Self {
        let url = url.split(['?', '#']).next().unwrap_or_default();
        let url = url.rsplit('@').next().unwrap_or_default();
        Self::Url { url: url.to_owned() }
    }

    /// Sorts what a service answered instead of a response.
    pub(crate) fn from_service(error: BoxError) -> Self {
        let error = match error.downcast::<Self>() {
            Ok(sorted) => return *sorted,
            Err(error) => error,
        };
        let mut connecting = false;
        let mut cause: Option<&(dyn Error + 'static)> = Some(&*error);
        while let Some(link) = cause {
            if let Some(ResolveError { host, .. }) = link.downcast_ref() {
                return Self::Resolve { host: host.clone(), source: error };
            }
            if link.is::<rustls::Error>() {
                return Self::Tls(error);
            }
            if let Some(hyper) = link.downcast_ref::<hyper::Error>() {
                return match hyper {
                    hyper if hyper.is_parse() => Self::Protocol(error),
                    _ => Self::Lost(error),
                };
            }
            if let Some(client) = link.downcast_ref::<hyper_util::client::legacy::Error>() {
                connecting |= client.is_connect();
            }
            // An `io::Error` hides the error it carries from `source`.
            let carried = link.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            cause = match carried {
                Some(carried) => Some(carried),
                None => link.source(),
            };
        }
        if connecting { Self::Connect(error) } else { Self::Service(error) }
    }

    /// Sorts what ended a response's body before its end.
    pub(crate) fn from_body(error: BoxError) -> Self {
        match Self::from_service(error) {
            Self::Service(error) => Self::Lost(error),
            sorted => sorted,
        }
    }
}
