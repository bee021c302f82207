//! How a command reaches a server: whom it trusts, what it shows, and which way it goes. Options as curl names them.

use std::path::{Path, PathBuf};

use sse_hyper::{HttpClient, HttpError, Proxy, Tls};

use crate::output::warning;

type Error = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, clap::Args)]
pub(crate) struct TransportArgs {
    /// Accept any certificate: the server may then be anybody
    #[arg(short = 'k', long)]
    insecure: bool,

    /// Trust the certificates in this PEM file, beside the system's
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,

    /// Show servers that ask for it the certificate in this PEM file
    #[arg(short = 'E', long, value_name = "FILE")]
    cert: Option<PathBuf>,

    /// The private key of --cert, in PEM form and not encrypted; by default in the same file
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,

    /// Reach servers through this proxy: SCHEME://USER:PASSWORD@HOST:PORT, of which all but HOST may be left out (http,
    /// https, socks5, socks5h), or '' for none; by default what HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY say
    #[arg(short = 'x', long, value_name = "URL", value_parser = proxy)]
    proxy: Option<Proxy>,

    /// Send every request to this Unix socket; the URL still says what is asked for
    #[cfg(unix)]
    #[arg(long, value_name = "PATH")]
    unix_socket: Option<PathBuf>,
}

fn proxy(url: &str) -> Result<Proxy, HttpError> {
    if url.is_empty() { Ok(Proxy::none()) } else { Proxy::new(url) }
}

impl TransportArgs {
    pub(crate) fn client(&self) -> Result<HttpClient, Error> {
        let mut client = HttpClient::builder().with_tls(self.tls()?);
        if let Some(proxy) = &self.proxy {
            client = client.with_proxy(proxy.clone());
        }
        #[cfg(unix)]
        if let Some(path) = &self.unix_socket {
            client = client.with_unix_socket(path);
        }
        Ok(client.build()?)
    }

    fn tls(&self) -> Result<Tls, Error> {
        let mut tls = Tls::new();
        if let Some(path) = &self.cacert {
            tls = tls.with_ca_pem(&read("--cacert", path)?)?;
        }
        if let Some(path) = &self.cert {
            let chain = read("--cert", path)?;
            let key = self.key.as_deref().map_or_else(|| Ok(chain.clone()), |path| read("--key", path))?;
            tls = tls.with_identity_pem(&chain, &key)?;
        }
        if self.insecure {
            warning("--insecure: whoever answers is believed");
            tls = tls.dangerous_accept_any_certificate();
        }
        Ok(tls)
    }
}

fn read(option: &str, path: &Path) -> Result<Vec<u8>, Error> {
    Ok(std::fs::read(path).map_err(|error| format!("{option}: cannot read {}: {error}", path.display()))?)
}
