//! What can go wrong below the event stream, and who is at fault.

use std::error::Error;
use std::io;

use http::Method;
use sse_tokio::{NoRequest, links};
use url::Url;

use crate::redirect::RedirectError;
use crate::resolve::ResolveError;
use crate::tls::TlsError;

/// Any error, as tower's services give them.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Why an attempt to get a response, or to read one on, failed.
///
/// The kinds say who has to act. The cause as the lower layers put it is the [`source`](Error::source).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The caller's hook did not make a request, or there is none any more.
    #[error("the request for this attempt could not be made")]
    Request(#[source] BoxError),
    /// The method of the caller's request is another than `GET`.
    #[error(
        "an event source sends its request again when the connection is lost, which a {method} may not be meant for; \
         `OneResponse` sends it once, `Connector::repeating` repeats it all the same"
    )]
    #[non_exhaustive]
    Method {
        /// The method.
        method: Method,
    },
    /// The caller's URL cannot be requested: not absolute, not `http` or `https`, or no URL at all.
    #[error("{url:?} is no absolute http or https URL")]
    Url {
        /// The URL without user name, password and query.
        url: String,
    },
    /// The caller's TLS settings are unusable.
    #[error(transparent)]
    TlsConfig(#[from] TlsError),
    /// The caller, or the environment, names a proxy that is none.
    #[error(
        "{}{url:?} is no URL of a proxy: it must be http, https, socks5 or socks5h",
        variable.map(|variable| format!("the environment's {variable}: ")).unwrap_or_default()
    )]
    ProxyUrl {
        /// The URL without user name and password.
        url: String,
        /// The variable that holds it, if it came from the environment.
        variable: Option<&'static str>,
    },
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
    /// The proxy cannot be reached, wants another password, or does not lead to the server.
    #[error("the proxy {proxy} gives no connection to the server")]
    Proxy {
        /// Host and port of the proxy.
        proxy: String,
        /// What it said, or the [`HttpError`] on the way to it.
        source: BoxError,
    },
    /// The TLS handshake failed, most often because of a certificate that is not trusted. Nothing of the request was sent.
    #[error("no secure connection to the server")]
    Tls(#[source] BoxError),
    /// The server wants to know who is asking: [`Tls::with_identity_pem`](crate::Tls::with_identity_pem). Like 401, it is
    /// not retried.
    #[error("the server demands a client certificate and was shown none")]
    ClientCertificateRequired(#[source] BoxError),
    /// The server does not trust the client certificate that it was shown, or it has expired or been revoked. Like
    /// 403, it is not retried.
    #[error("the server refused the client certificate")]
    ClientCertificateRefused(#[source] BoxError),
    /// The server answered with something that is no HTTP, or broke its rules halfway.
    #[error("the server does not speak proper HTTP")]
    Protocol(#[source] BoxError),
    /// The server redirected to where a request must not follow.
    #[error(transparent)]
    Redirect(#[from] RedirectError),
    /// The body is not in the content coding that the server said it is in.
    #[error("the server sent a body that is not proper {coding}")]
    Coding {
        /// The coding: `gzip`, `br` or `zstd`.
        coding: &'static str,
        /// What the decoder has against it.
        source: BoxError,
    },
    /// The connection ended before the response was complete.
    #[error("the connection was lost")]
    Lost(#[source] BoxError),
    /// A service that the caller brought failed in its own way.
    #[error("the HTTP service failed")]
    Service(#[source] BoxError),
}

impl HttpError {
    /// Without what may be a secret: user name, password and query.
    pub(crate) fn bad_url(url: &str) -> Self {
        Self::Url { url: Self::shown(url) }
    }

    /// A URL for errors and logs: without user name, password and query.
    ///
    /// It may be no URL at all. What stands before the last `@` may be a password then, also one with a `#` in it, and
    /// what stands behind the first `?` or `#` may be a token: what is neither is shown.
    pub(crate) fn shown(url: &str) -> String {
        let is_scheme = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        let (scheme, rest) = match url.find("://").filter(|end| is_scheme(&url[..*end])) {
            Some(end) => url.split_at(end + 3),
            None => ("", url),
        };
        let start = rest.rfind('@').map_or(0, |at| at + 1);
        let end = rest.find(['?', '#']).unwrap_or(rest.len());
        if start > end {
            return format!("{scheme}…");
        }
        match Url::parse(url) {
            // Then an `@` may be part of the path.
            Ok(mut url) if url.has_host() => {
                // Both fail for URLs without a host only.
                let _ = url.set_username("");
                let _ = url.set_password(None);
                url.set_query(None);
                url.set_fragment(None);
                url.into()
            }
            _ => format!("{scheme}{}", &rest[start..end]),
        }
    }

    /// Sorts why there is no connection.
    pub(crate) fn from_connecting(error: BoxError) -> Self {
        match Self::from_service(error) {
            Self::Service(error) => Self::Connect(error),
            sorted => sorted,
        }
    }

    /// Sorts why there is no TLS on a connection. Nothing has been sent yet, so what comes later is no [`Tls`](Self::Tls).
    pub(crate) fn from_handshake(error: io::Error, has_identity: bool) -> Self {
        let tls = error.get_ref().and_then(|error| error.downcast_ref());
        let kind = tls.and_then(|tls| about_client_certificate(tls, has_identity));
        kind.unwrap_or(Self::Tls)(error.into())
    }

    /// Whether asking again is of no use.
    pub(crate) fn is_futile(&self) -> bool {
        match self {
            Self::Url { .. } | Self::ProxyUrl { .. } | Self::TlsConfig(_) | Self::Redirect(_) => true,
            // The same certificate would be shown again.
            Self::ClientCertificateRequired(_) | Self::ClientCertificateRefused(_) => true,
            Self::Request(error) => links(&**error).any(|link| link.is::<NoRequest>()),
            _ => false,
        }
    }

    /// Whether nothing was sent, for want of a request or of a connection, or the server has not looked at it.
    pub(crate) fn is_unsent(&self) -> bool {
        match self {
            Self::Request(_) | Self::Resolve { .. } | Self::Connect(_) | Self::Proxy { .. } | Self::Tls(_) => true,
            Self::Lost(error) => was_not_processed(&**error),
            _ => false,
        }
    }

    /// Sorts what a service answered instead of a response.
    pub(crate) fn from_service(error: BoxError) -> Self {
        let error = match error.downcast::<Self>() {
            Ok(sorted) => return *sorted,
            Err(error) => error,
        };
        let resolve = links(&*error).find_map(|link| link.downcast_ref::<ResolveError>());
        if let Some(host) = resolve.map(|error| error.host.clone()) {
            return Self::Resolve { host, source: error };
        }
        // The innermost link that says something.
        let mut kind: Option<fn(BoxError) -> Self> = None;
        for link in links(&*error) {
            if let Some(hyper) = link.downcast_ref::<hyper::Error>() {
                kind = Some(if hyper.is_parse() { Self::Protocol } else { Self::Lost });
            }
            if link.downcast_ref().is_some_and(hyper_util::client::legacy::Error::is_connect) {
                kind = Some(Self::Connect);
            }
        }
        kind.unwrap_or(Self::Service)(error)
    }

    /// What an alert of the server tells more than that the connection is lost.
    pub(crate) fn from_alert(alert: rustls::Error, has_identity: bool) -> Option<Self> {
        about_client_certificate(&alert, has_identity).map(|kind| kind(alert.into()))
    }

    /// Sorts what ended a response's body before its end.
    pub(crate) fn from_body(error: BoxError) -> Self {
        match Self::from_service(error) {
            Self::Service(error) => Self::Lost(error),
            sorted => sorted,
        }
    }
}

/// What an alert of the server says about the client's certificate (RFC 8446, 6.2), if anything. Of a client that has
/// none, no certificate can have been refused: there, `access_denied` is the word of a firewall.
fn about_client_certificate(error: &rustls::Error, has_identity: bool) -> Option<fn(BoxError) -> HttpError> {
    use rustls::AlertDescription as Alert;
    match error {
        rustls::Error::AlertReceived(Alert::CertificateRequired) => Some(HttpError::ClientCertificateRequired),
        rustls::Error::AlertReceived(
            Alert::NoCertificate
            | Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied,
        ) if has_identity => Some(HttpError::ClientCertificateRefused),
        _ => None,
    }
}

/// Whether the server has said that it did nothing for the request (RFC 9113, 8.7): by `REFUSED_STREAM`, or by a
/// `GOAWAY` that leaves it out.
fn was_not_processed(error: &(dyn Error + 'static)) -> bool {
    links(error).filter_map(|link| link.downcast_ref::<h2::Error>()).any(|error| {
        error.is_remote()
            && match error.reason() {
                Some(h2::Reason::REFUSED_STREAM) => error.is_reset(),
                Some(h2::Reason::NO_ERROR) => error.is_go_away(),
                _ => false,
            }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        for (url, shown) in [
            ("http://user:secret@host", "http://host/"),
            ("http://user:se#cret@host", "http://…"),
            ("http://user:se?cret@host/", "http://…"),
            ("http://user:se/cret@host", "http://host"),
            ("http://user:1#cret@host", "http://…"),
            ("http://user:se@cret@host:x/path?token#part", "http://host:x/path"),
            ("user:secret@host", "host"),
            ("user:se#cret@host", "…"),
            ("user:se://cret@host", "host"),
            ("ftp://user:secret@host/@me?token", "ftp://host/@me"),
            ("http://host/@me/x", "http://host/@me/x"),
            ("http://host:x/path?token", "http://host:x/path"),
            ("no URL", "no URL"),
            ("@", ""),
            ("", ""),
        ] {
            assert_eq!(HttpError::shown(url), shown, "{url}");
        }
    }
}
