//! What can go wrong below the event stream, and who is at fault.

use std::error::Error;
use std::io;

use reqwest::Method;
use sse_tokio::links;

/// Any error, as tower's services give them.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Why a request cannot be the one of an event source that reconnects.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// It is no proper request: most often a URL that is none.
    #[error("this request cannot be sent")]
    Invalid(#[source] reqwest::Error),
    /// Its method is another than `GET`.
    #[error(
        "an event source sends its request again when the connection is lost, which a {method} may not be meant for; \
         `once_events` sends it once, `Connector::repeating` repeats it all the same"
    )]
    #[non_exhaustive]
    Method {
        /// The method.
        method: Method,
    },
    /// Its body is a stream, which is gone once it has been sent.
    #[error("the body of this request is a stream, which cannot be sent again; `once_events` sends it once")]
    Streamed,
}

/// Why an attempt to get a response, or to read one on, failed.
///
/// The kinds say who has to act. The cause as the lower layers put it is the [`source`](Error::source): a
/// [`reqwest::Error`] but for [`Request`](Self::Request) and [`Client`](Self::Client). Its URL is without user name, password, query and fragment, which may be secrets.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The caller's hook did not make a request, or there is none any more.
    #[error("the request for this attempt could not be made")]
    Request(#[source] BoxError),
    /// The caller's request cannot be sent, now or later: a URL that is none, or one that the client must not ask, or an
    /// `https` one for a reqwest that was built without TLS.
    #[error("this request cannot be sent")]
    Invalid(#[source] BoxError),
    /// A host name is unknown, or the resolver is out of reach: the server's name, or the proxy's.
    #[error("the host name cannot be resolved")]
    Resolve(#[source] BoxError),
    /// No connection: refused, unreachable, no TLS that both sides agree on, or a proxy that does not let it pass.
    #[error("the server cannot be reached")]
    Connect(#[source] BoxError),
    /// The server answered with something that is no HTTP, or broke its rules halfway.
    #[error("the server does not speak proper HTTP")]
    Protocol(#[source] BoxError),
    /// The server redirected to where the client's policy does not follow.
    #[error("the server redirected to where this client does not follow")]
    Redirect(#[source] BoxError),
    /// The body is not in the content coding that the server said it is in.
    #[error("the server sent a body that cannot be decompressed")]
    Coding(#[source] BoxError),
    /// A timeout of the client or of the request passed; [`Deadlines`](crate::Deadlines) suit streams better.
    #[error("the HTTP client's own timeout passed")]
    Timeout(#[source] BoxError),
    /// The connection ended before the response was complete.
    #[error("the connection was lost")]
    Lost(#[source] BoxError),
    /// The client, or a service that the caller brought, failed in its own way.
    #[error("the HTTP client failed")]
    Client(#[source] BoxError),
}

impl HttpError {
    /// Sorts what a client answered instead of a response.
    pub(crate) fn from_service(error: BoxError) -> Self {
        let error: BoxError = match error.downcast::<reqwest::Error>() {
            Ok(error) => Box::new(without_secrets(*error)),
            Err(error) => error,
        };
        let known = links(&*error).find_map(|link| link.downcast_ref::<reqwest::Error>());
        let kind = match known {
            Some(known) if known.is_builder() => Self::Invalid,
            Some(known) if known.is_redirect() => Self::Redirect,
            Some(_) if lacks_tls(&*error) => Self::Invalid,
            Some(known) if known.is_dns() => Self::Resolve,
            Some(known) if known.is_connect() => Self::Connect,
            _ => match of_hyper(&*error) {
                Some(kind) => kind,
                None if known.is_some_and(reqwest::Error::is_timeout) => Self::Timeout,
                None => Self::Client,
            },
        };
        kind(error)
    }

    /// Sorts what ended a response's body before its end.
    pub(crate) fn from_body(error: reqwest::Error) -> Self {
        let error = without_secrets(error);
        let kind = of_hyper(&error).unwrap_or_else(|| match of_decoder(&error) {
            Some(kind) => kind,
            None if error.is_timeout() => Self::Timeout,
            None => Self::Lost,
        });
        kind(error.into())
    }

    /// Whether no later attempt can end otherwise.
    pub(crate) fn is_futile(&self) -> bool {
        match self {
            Self::Invalid(_) | Self::Redirect(_) => true,
            // The hook gave up, or reqwest did: what it could not build it will not send.
            Self::Request(error) => {
                links(&**error).any(|link| link.is::<sse_tokio::NoRequest>())
                    || error.downcast_ref().is_some_and(|error: &reqwest::Error| error.is_builder())
            }
            _ => false,
        }
    }

    /// Whether nothing was sent.
    ///
    /// No connection does not mean that: reqwest does not say whether it is the one for the request or the one for what it
    /// was redirected to, behind a request that may have been carried out.
    pub(crate) fn is_unsent(&self) -> bool {
        matches!(self, Self::Request(_))
    }
}

/// A constructor of one of the kinds.
type Kind = fn(BoxError) -> HttpError;

/// Whether it is the error of an `https` URL for a reqwest without TLS, which is a failed connection like any other but
/// for its words. It would be tried for ever, and all that is missing is a feature in a manifest.
fn lacks_tls(error: &(dyn Error + 'static)) -> bool {
    links(error).any(|link| link.to_string() == "invalid URL, scheme is not http")
}

/// What hyper has against the other side, if it was hyper.
fn of_hyper(error: &(dyn Error + 'static)) -> Option<Kind> {
    let hyper = links(error).find_map(|link| link.downcast_ref::<hyper::Error>())?;
    Some(if hyper.is_parse() { HttpError::Protocol } else { HttpError::Lost })
}

/// What the decoder of a content coding has against the bytes, if it was one. hyper's own I/O errors are inside of its.
fn of_decoder(error: &(dyn Error + 'static)) -> Option<Kind> {
    let io = links(error).find_map(|link| link.downcast_ref::<io::Error>())?;
    match io.kind() {
        // The body ended in the middle of the compressed stream, whatever its framing says.
        io::ErrorKind::UnexpectedEof => Some(HttpError::Lost),
        io::ErrorKind::TimedOut => None,
        _ => Some(HttpError::Coding),
    }
}

/// Takes off the URL what may be a secret: reqwest prints it in full.
fn without_secrets(mut error: reqwest::Error) -> reqwest::Error {
    if let Some(url) = error.url_mut() {
        url.set_query(None);
        url.set_fragment(None);
        // Both fail for URLs without a host only, which have no user either.
        let _ = url.set_username("");
        let _ = url.set_password(None);
    }
    error
}
