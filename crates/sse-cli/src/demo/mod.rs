//! `sse demo`: a server with three live streams and a page that shows them.
//!
//! | route | what |
//! |---|---|
//! | `GET /` | the dashboard |
//! | `GET /stream/date` | the date each second; ids outlive a restart |
//! | `GET /stream/load` | this process's and machine's load each second; ids name the run |
//! | `GET /stream/tokens` | a text typed token by token; ids outlive a restart |
//! | `POST /drop` | ends all streams, or with `?client=NAME` those that were opened with it |

mod clock;
mod connections;
mod cors;
mod date;
mod error;
mod feed;
mod load;
mod log;
mod page;
mod routes;
mod server;
mod signals;
#[cfg(test)]
mod tests;
mod timeline;
mod tls;
mod tokens;

use std::io::{self, ErrorKind, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::pin::pin;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use clock::Clock;
pub(crate) use error::DemoError;
use routes::App;
use signals::Signals;

fn address(value: &str) -> Result<SocketAddr, &'static str> {
    value.parse().map_err(|_| "it must be an IP address and a port, such as 127.0.0.1:8080 or [::]:8080")
}

/// Serve a dashboard of live event streams.
#[derive(Debug, clap::Args)]
pub(crate) struct DemoArgs {
    /// Listen here; port 0 takes a free port.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080", value_parser = address)]
    listen: SocketAddr,

    /// Serve HTTPS, with HTTP/2, under a certificate made for this run.
    #[arg(long)]
    tls: bool,

    /// Serve HTTPS under this certificate: a PEM file, the server's own first, then those that signed it.
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,

    /// The private key of --cert: a PEM file.
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,

    /// Open event streams at most; more are answered 503.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    max_connections: u32,

    /// Seconds of each stream that are kept for clients that come back.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..=3600))]
    history: u32,
}

/// Serves until Ctrl-C or SIGTERM, then ends the open streams and returns within seconds. A second Ctrl-C does not wait
/// for them.
///
/// # Errors
///
/// The address is taken, or a certificate cannot be read or made. Once it serves, it does not fail.
pub(crate) async fn run(args: DemoArgs) -> Result<(), DemoError> {
    let tls = match (&args.cert, &args.key) {
        (Some(cert), Some(key)) => Some(tls::from_files(cert, key)?),
        _ if args.tls => Some(tls::made_up(args.listen.ip())?),
        _ => None,
    };
    let mut signals = Signals::new().map_err(DemoError::Signal)?;
    let listener = TcpListener::bind(args.listen).await.map_err(|source| match source.kind() {
        ErrorKind::AddrInUse => DemoError::AddressInUse { address: args.listen },
        _ => DemoError::Listen { address: args.listen, source },
    })?;
    let address = listener.local_addr().map_err(|source| DemoError::Listen { address: args.listen, source })?;
    let max_connections = usize::try_from(args.max_connections).unwrap_or(usize::MAX);
    let history = usize::try_from(args.history).unwrap_or(usize::MAX);
    let app = App::start(&Clock::system(), history, max_connections);

    // Nobody reading it is no reason not to serve.
    let _ = greet(&mut io::stdout().lock(), &args, address);

    let stop = CancellationToken::new();
    let mut serving = pin!(server::serve(listener, tls, app, max_connections, stop.clone()));
    tokio::select! {
        () = &mut serving => {}
        () = signals.next() => {
            stop.cancel();
            tokio::select! {
                () = serving => {}
                () = signals.next() => {}
            }
        }
    }
    Ok(())
}

/// Says where the demo is, at once, so that a script can read the port.
fn greet(out: &mut impl Write, args: &DemoArgs, address: SocketAddr) -> io::Result<()> {
    let made_up = args.tls && args.cert.is_none();
    let scheme = if args.tls || args.cert.is_some() { "https" } else { "http" };
    let base = format!("{scheme}://{}", reachable(address));
    // The certificate dies with this process and --cacert could not follow it over a restart.
    let insecure = if made_up { "-k " } else { "" };
    writeln!(out, "Dashboard:      {base}/")?;
    writeln!(out, "In a terminal:  {} tail {insecure}{base}/stream/date", command())?;
    if made_up {
        writeln!(out, "The certificate was made for this run: browsers warn, and -k accepts it.")?;
    }
    writeln!(out, "Ctrl-C ends it.")?;
    out.flush()
}

/// Where a client on this machine finds what listens on `address`.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// How this program was called, so that the line works where it was printed, if a shell would take it as it is.
fn command() -> String {
    let plain = |name: &String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
    std::env::args().next().filter(plain).unwrap_or_else(|| "sse".to_owned())
}
