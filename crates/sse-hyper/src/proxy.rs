//! Which proxy leads to a server.

use std::fmt;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

use crate::error::HttpError;

/// Where programs look for proxies, and which of them are URLs of one.
const VARIABLES: [&str; 6] = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// Which proxy, if any, leads to a server.
///
/// A proxy is named by a URL:
///
/// | URL | way |
/// | --- | --- |
/// | `http://host:port` | HTTP: the whole URL is requested of the proxy for `http`, a tunnel (`CONNECT`) for `https` |
/// | `https://host:port` | the same over TLS to the proxy, by the client's [`Tls`](crate::Tls) settings, without its certificate |
/// | `socks5://host:port` | SOCKS 5; host names are resolved here |
/// | `socks5h://host:port` | SOCKS 5; host names are resolved by the proxy |
///
/// Without a scheme it is `http`. The port is 80, 443 or 1080 (SOCKS) unless named. `user:password@` before the host
/// is sent as `Proxy-Authorization: Basic` or by SOCKS's user name and password method; neither shows up in an error or
/// a log. A TLS connection to the *server* is end to end: no proxy can read it.
///
/// # Example
///
/// ```
/// use sse_hyper::{HttpClient, Proxy};
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let proxy = Proxy::new("socks5h://user:secret@proxy.internal:1080")?.except("localhost, .internal, 10.0.0.0/8");
/// let client = HttpClient::builder().with_proxy(proxy).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Proxy(Source);

#[derive(Clone)]
enum Source {
    Environment,
    Url { url: String, except: String },
    None,
}

impl Proxy {
    /// What the environment says, as curl and most programs read it.
    ///
    /// `HTTP_PROXY` for `http`, `HTTPS_PROXY` for `https`, `ALL_PROXY` for what they do not name; each in lower case
    /// too, which counts if the one in upper case is not set. (curl prefers lower case, and ignores `HTTP_PROXY`.)
    /// `NO_PROXY` lists the exceptions as in [`except`](Self::except). The variables are read when the client
    /// is built. Where `REQUEST_METHOD` is set none counts: in a CGI program, `HTTP_PROXY` is a field of the request.
    #[must_use]
    pub fn environment() -> Self {
        Self(Source::Environment)
    }

    /// None, whatever the environment says.
    #[must_use]
    pub fn none() -> Self {
        Self(Source::None)
    }

    /// The proxy at `url`, whatever the environment says.
    ///
    /// # Errors
    ///
    /// [`HttpError::ProxyUrl`] if it is no URL of a kind that the table above has.
    pub fn new(url: &str) -> Result<Self, HttpError> {
        check(url, None)?;
        Ok(Self(Source::Url { url: url.to_owned(), except: String::new() }))
    }

    /// Reaches the hosts in `list` without a proxy: what `NO_PROXY` says, between commas.
    ///
    /// A domain (with all below it; a dot before it changes nothing), an IP address (one of IPv6 without brackets), a
    /// network such as `10.0.0.0/8`, or `*` for every host. Anything else, such as `host:8080` or `*.example.org`, matches
    /// nothing, and no name is looked up to be compared with an address: all that is as with curl. Where curl differs: it
    /// takes `*` for every host only if it stands alone, takes spaces for commas, does not mind a dot at the end of a
    /// name, and some of its versions know no networks of IPv6.
    ///
    /// Replaces an earlier list. On [`environment`](Self::environment) and [`none`](Self::none) it changes nothing.
    #[must_use]
    pub fn except(mut self, list: &str) -> Self {
        if let Source::Url { except, .. } = &mut self.0 {
            list.clone_into(except);
        }
        self
    }

    /// The rules for use.
    pub(crate) fn matcher(&self) -> Result<Matcher, HttpError> {
        let none = || Ok(Matcher::builder().build());
        match &self.0 {
            Source::Environment => {
                let except = std::env::var("NO_PROXY").or_else(|_| std::env::var("no_proxy"));
                if except.is_ok_and(|list| is_everything(&list)) {
                    return none();
                }
                // The matcher passes over what it cannot read, and a connection that was to go through a proxy must
                // not quietly go without.
                if std::env::var_os("REQUEST_METHOD").is_none() {
                    for variable in VARIABLES {
                        match std::env::var(variable) {
                            Ok(url) if !url.is_empty() => check(&url, Some(variable))?,
                            _ => {}
                        }
                    }
                }
                Ok(Matcher::from_env())
            }
            Source::Url { except, .. } if is_everything(except) => none(),
            Source::Url { url, except } => Ok(Matcher::builder().all(url.as_str()).no(except.as_str()).build()),
            Source::None => none(),
        }
    }
}

/// Whether a list of exceptions holds `*`. The matcher takes that for every name, but for no IP address.
fn is_everything(list: &str) -> bool {
    list.split(',').any(|entry| entry.trim() == "*")
}

/// Whether there can be a proxy at `url`.
fn check(url: &str, variable: Option<&'static str>) -> Result<(), HttpError> {
    let any = Uri::from_static("http://any.invalid/");
    let matched = Matcher::builder().all(url).build().intercept(&any);
    let known =
        matched.is_some_and(|proxy| matches!(proxy.uri().scheme_str(), Some("http" | "https" | "socks5" | "socks5h")));
    if known { Ok(()) } else { Err(HttpError::ProxyUrl { url: HttpError::shown(url), variable }) }
}

impl Default for Proxy {
    fn default() -> Self {
        Self::environment()
    }
}

impl fmt::Debug for Proxy {
    /// Without the URL, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::Environment => "Proxy::environment()",
            Source::Url { .. } => "Proxy::new(..)",
            Source::None => "Proxy::none()",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{SocketAddr, TcpListener};
    use std::process::Command;
    use std::sync::mpsc;

    use super::*;

    /// What leads past the proxy. The last column: curl does the same.
    const EXCEPTIONS: [(&str, &str, bool, bool); 44] = [
        ("", "localhost", false, true),
        ("a.test", "a.test", true, true),
        ("a.test", "b.a.test", true, true),
        ("a.test", "ba.test", false, true),
        ("a.test", "test", false, true),
        ("A.Test", "a.test", true, true),
        ("test", "a.test", true, true),
        (".a.test", "a.test", true, true),
        (".a.test", "b.a.test", true, true),
        (".a.test", "ba.test", false, true),
        (".", "a.test", false, true),
        ("*.a.test", "a.test", false, true),
        ("*.a.test", "b.a.test", false, true),
        ("http://a.test", "a.test", false, true),
        ("a.test.", "a.test", false, false),
        ("a.test", "a.test.", false, false),
        // Ports.
        ("a.test:80", "a.test", false, true),
        ("a.test:80", "a.test:80", false, true),
        ("a.test:8080", "a.test:8080", false, true),
        ("a.test", "a.test:8080", true, true),
        ("10.0.0.1:80", "10.0.0.1", false, true),
        ("[::1]:80", "[::1]", false, true),
        // Lists.
        ("b.test,a.test", "a.test", true, true),
        ("b.test, a.test", "a.test", true, true),
        (" a.test ", "a.test", true, true),
        ("b.test,,a.test", "a.test", true, true),
        ("b.test;a.test", "a.test", false, true),
        ("b.test a.test", "a.test", false, false),
        // Addresses and networks.
        ("10.0.0.1", "10.0.0.1", true, true),
        ("10.0.0.0/8", "10.1.2.3", true, true),
        ("10.0.0.1/8", "10.1.2.3", true, true),
        ("10.0.0.0/8", "11.1.2.3", false, true),
        ("10.0.0.0/33", "10.0.0.0", false, true),
        ("10.", "10.1.2.3", false, true),
        (".1", "10.0.0.1", false, true),
        ("127.0.0.1", "localhost", false, true),
        ("localhost", "127.0.0.1", false, true),
        ("::1", "[::1]", true, true),
        ("[::1]", "[::1]", false, true),
        ("fe80::/10", "[fe80::1]", true, false),
        // Every host.
        ("*", "a.test", true, true),
        ("*", "10.0.0.1", true, true),
        ("*", "[::1]", true, true),
        ("b.test, *", "a.test", true, false),
    ];

    #[test]
    fn exceptions_are_what_they_are_for_curl() {
        let (curl, heard) = (curl(), mpsc::channel());
        let [proxy, server] = ["proxy", "server"].map(|name| listen(name, heard.0.clone()));
        for (list, host, past, as_curl) in EXCEPTIONS {
            let proxies = Proxy::new("http://proxy.test").unwrap().except(list).matcher().unwrap();
            let uri = Uri::try_from(format!("http://{host}/")).unwrap();
            assert_eq!(proxies.intercept(&uri).is_none(), past, "{list:?} for {host}");
            if curl && as_curl {
                let mut curl = Command::new("curl");
                curl.args(["-q", "-s", "-x", &format!("http://{proxy}"), "--noproxy", list]);
                let output = curl.args(["--connect-to", &format!("::{server}"), &uri.to_string()]).output().unwrap();
                let asked = heard.1.try_recv().unwrap_or_else(|_| panic!("{curl:?}: {output:?}"));
                assert_eq!(asked == "server", past, "curl: {list:?} for {host}");
            }
        }
    }

    fn curl() -> bool {
        Command::new("curl").arg("--version").output().is_ok()
    }

    /// Tells who was asked.
    fn listen(name: &'static str, tell: mpsc::Sender<&'static str>) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4096]);
                tell.send(name).unwrap();
                let _ = stream.write_all(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            }
        });
        address
    }

    /// A process of its own for each environment, which is this test again.
    #[test]
    fn no_proxy_for_any_host_wins_over_a_proxy_that_is_none() {
        const NONE: &str = "ftp://no-proxy.test";
        if std::env::var("HTTP_PROXY").as_deref() == Ok(NONE) {
            let is_error = Proxy::environment().matcher().is_err();
            assert_eq!(is_error, std::env::var("NO_PROXY").as_deref() != Ok("*"));
            return;
        }
        for except in ["*", "other.test"] {
            let mut again = Command::new(std::env::current_exe().unwrap());
            again.args(["--exact", "proxy::tests::no_proxy_for_any_host_wins_over_a_proxy_that_is_none"]);
            again.env_remove("REQUEST_METHOD").env("HTTP_PROXY", NONE).env("NO_PROXY", except);
            let output = again.output().unwrap();
            let told = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && told.contains("1 passed"), "{except}: {told}");
        }
    }
}
