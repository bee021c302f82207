//! `sse tail`: follows an event stream over HTTP.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request};
use sse_codec::{EventBlock, FieldError};
use sse_hyper::{CloseReason, Connector, Deadlines, Failure, HttpError, Policy, Session, Update};
use tokio::time::Instant;
use url::Url;

use crate::exit::Exit;
use crate::output::{self, EventLine, Format, state, warning, with_sources};
use crate::transport::TransportArgs;

/// Follow an event stream and print its events.
///
/// Reconnects when the connection is lost and resumes after the last event. Events go to standard output; the state of
/// the connection and errors go to standard error.
///
/// Exit status: 0 if the server ended it properly (204, or with --once the end of the stream), if --count was reached,
/// or if nobody reads the output any more; 1 if it failed; 2 for wrong usage; 130 on Ctrl-C.
#[derive(Debug, clap::Args)]
pub(crate) struct TailArgs {
    /// The request's method; GET, or POST with --data. Any but GET implies --once: nothing is sent twice
    #[arg(short = 'X', long, value_name = "METHOD")]
    method: Option<Method>,

    /// Send DATA as the request's body, or what @FILE holds, as it is (@- for standard input); several are joined by &
    #[arg(short, long, value_name = "DATA")]
    data: Vec<String>,

    /// Add a header to the request; can be given several times
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(HeaderName, HeaderValue)>,

    #[command(flatten)]
    transport: TransportArgs,

    /// Resume after the event with this id
    #[arg(long, value_name = "ID", value_parser = id)]
    last_event_id: Option<String>,

    /// One response: its end is the end
    #[arg(long)]
    once: bool,

    /// Stop after N events have been printed
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,

    /// Fail when more than N reconnections would be needed
    #[arg(long, value_name = "N", conflicts_with = "once")]
    max_reconnects: Option<u32>,

    /// The first reconnection time, until the server sets another
    #[arg(long, value_name = "MS")]
    retry: Option<u64>,

    /// Reconnect (with --once: fail) when not one byte came for this long, the response's head included
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..))]
    idle_timeout: Option<u64>,

    /// Drop an event of more than N bytes, at most 1 GiB, with a warning
    #[arg(long, value_name = "N", default_value_t = sse_codec::DEFAULT_MAX_EVENT_BYTES)]
    max_event_bytes: usize,

    /// Print events of this type only; can be given several times
    #[arg(long = "type", value_name = "NAME")]
    types: Vec<String>,

    /// Print each event as one line of JSON: {"type":..,"data":..,"last_event_id":..}
    #[arg(long)]
    json: bool,

    /// The stream's address, http:// or https://
    #[arg(value_parser = url)]
    url: Url,
}

fn header(value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = value.split_once(':').ok_or("it must be 'Name: value'")?;
    let name = name.trim().parse::<HeaderName>().map_err(|error| error.to_string())?;
    // `HeaderValue::from_str` takes no letters outside ASCII, which the wire does.
    let value = HeaderValue::from_bytes(value.trim().as_bytes()).map_err(|error| error.to_string())?;
    Ok((name, value))
}

fn id(value: &str) -> Result<String, FieldError> {
    EventBlock::new().id(value).map(|_| value.to_owned())
}

fn url(value: &str) -> Result<Url, String> {
    match Url::parse(value) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        Ok(_) | Err(url::ParseError::RelativeUrlWithoutBase) => {
            Err("it must begin with http:// or https://".to_owned())
        }
        Err(error) => Err(error.to_string()),
    }
}

/// The address without what may be secret in it: user, password and query.
fn shown(url: &Url) -> String {
    let mut shown = url.clone();
    // These fail only for URLs that have no host.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_query(url.query().map(|_| "..."));
    shown.into()
}

/// Of a text that may be a page: some words, in one line.
fn beginning(text: &[u8]) -> String {
    let words = String::from_utf8_lossy(text).split_whitespace().collect::<Vec<_>>().join(" ");
    let mut chars = words.chars();
    let mut beginning: String = chars.by_ref().take(300).collect();
    if chars.next().is_some() {
        beginning.push('…');
    }
    beginning
}

pub(crate) fn run(args: TailArgs) -> Exit {
    // One thread for the signal, which must be heard while this one waits for a slow reader of its output.
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Exit::failed(error),
    };
    runtime.spawn(async {
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(130);
        }
    });
    runtime.block_on(tail(args)).unwrap_or_else(Exit::Failed)
}

async fn tail(args: TailArgs) -> Result<Exit, Box<dyn std::error::Error + Send + Sync>> {
    let request = args.request()?;
    let session = args.session(request.method())?;
    let url = shown(&args.url);
    // `repeating`: the session of what is no `GET` is one of one response.
    let connector = Connector::repeating(request)?.with_service(args.transport.client()?);
    let mut updates = connector.with_session(session).updates();
    let mut printer = args.printer();
    loop {
        // What is printed is seen at once, but while events are at hand they are written together.
        let update = match updates.next().now_or_never() {
            Some(update) => update,
            None => {
                if let Err(error) = printer.out.flush() {
                    return Ok(Err(error).into());
                }
                updates.next().await
            }
        };
        // What is told next comes after the events that came before it, also where both go to one terminal.
        let flushed = match update {
            Some(Ok(Update::Event(_))) => Ok(()),
            _ => printer.out.flush(),
        };
        let update = match update {
            Some(Ok(update)) => update,
            // The error is what counts now, even if nobody reads the output any more.
            Some(Err(error)) => {
                if let Some(body) = error.failure().body().filter(|body| !body.is_empty()) {
                    state(format_args!("the server says: {}", beginning(body)));
                }
                return Err(error.into());
            }
            None => {
                if let Some(CloseReason::NoContent) = updates.close_reason() {
                    state("closed: the server answered 204, it wants no more connections");
                } else {
                    state("closed: the server ended the stream");
                }
                return Ok(flushed.into());
            }
        };
        if let Err(error) = flushed {
            return Ok(Err(error).into());
        }
        match update {
            Update::Connecting { unsendable_id: Some(id), .. } => {
                // It may be of any length.
                let id: String = id.chars().take(100).collect();
                warning(format_args!(
                    "a header cannot carry the last event ID {id:?}, or it is too long; the server resumes where it likes"
                ));
                state(format_args!("connecting to {url}"));
            }
            Update::Connecting { last_event_id: None, .. } => state(format_args!("connecting to {url}")),
            Update::Connecting { last_event_id: Some(id), .. } => {
                state(format_args!("connecting to {url}, to resume after {id:?}"));
            }
            Update::Open(head) => {
                state(format_args!("open ({})", head.status));
                // What can be decoded has no such field any more.
                if let Some(coding) = head.headers.get(CONTENT_ENCODING) {
                    warning(format_args!(
                        "the server sends the stream as {coding:?}, which is read as it is: not asked for"
                    ));
                }
            }
            Update::Event(event) => match printer.print(event.event_type(), event.data(), event.last_event_id()) {
                Ok(true) => {}
                Ok(false) => return Ok(printer.out.flush().into()),
                Err(error) => return Ok(Err(error).into()),
            },
            Update::Dropped(error) => warning(format_args!("{error} (--max-event-bytes)")),
            Update::Waiting { until, failure, .. } => {
                let wait = until.saturating_duration_since(Instant::now());
                state(format_args!("{}; trying again in {:.1} s", with_sources(&failure), wait.as_secs_f64()));
                // It may be mended there; but most likely it has to be here.
                if let Failure::Transport { source: HttpError::Tls(_), .. } = failure {
                    warning("a certificate that is not trusted can be named by --cacert");
                }
            }
            _ => {}
        }
    }
}

impl TailArgs {
    fn request(&self) -> Result<Request<Bytes>, Box<dyn std::error::Error + Send + Sync>> {
        let mut body = Vec::new();
        for (n, data) in self.data.iter().enumerate() {
            if n > 0 {
                body.push(b'&');
            }
            match data.strip_prefix('@') {
                None => body.extend_from_slice(data.as_bytes()),
                Some(file) => drop(crate::decode::open(Some(Path::new(file)))?.read_to_end(&mut body)?),
            }
        }
        let default = if self.data.is_empty() { Method::GET } else { Method::POST };
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = self.method.clone().unwrap_or(default);
        *request.uri_mut() = self.url.as_str().parse()?;
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        if !self.data.is_empty() && !headers.contains_key(CONTENT_TYPE) {
            // curl's default.
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        }
        *request.headers_mut() = headers;
        Ok(request)
    }

    fn session(&self, method: &Method) -> Result<Session, FieldError> {
        let mut policy = Policy::default();
        if let Some(retry) = self.retry {
            policy = policy.with_reconnection_time(Duration::from_millis(retry));
        }
        if let Some(reconnects) = self.max_reconnects {
            policy = policy.with_max_reconnects(reconnects);
        }
        let mut deadlines = Deadlines::default();
        if let Some(idle) = self.idle_timeout {
            let idle = Duration::from_millis(idle);
            deadlines = deadlines.with_head(idle).with_byte_idle(idle);
        }
        let once = self.once || *method != Method::GET;
        let session = if once { Session::once() } else { Session::subscribe(policy, fastrand::u64(..)) };
        session
            .with_deadlines(deadlines)
            .with_max_event_bytes(self.max_event_bytes)
            .with_last_event_id(self.last_event_id.as_deref().unwrap_or_default())
    }

    fn printer(&self) -> Printer {
        let format = if self.json { Format::Json } else { Format::Human };
        Printer { out: output::stdout(format), format, types: self.types.clone(), left: self.count }
    }
}

struct Printer {
    out: io::BufWriter<anstream::AutoStream<io::Stdout>>,
    format: Format,
    types: Vec<String>,
    left: Option<u64>,
}

impl Printer {
    /// Prints an event that is wanted. `false`: it was the last one that was asked for.
    fn print(&mut self, event_type: &str, data: &str, last_event_id: &str) -> io::Result<bool> {
        if !self.types.is_empty() && !self.types.iter().any(|wanted| wanted == event_type) {
            return Ok(true);
        }
        EventLine { event_type, data, last_event_id }.write(self.format, &mut self.out)?;
        self.left = self.left.map(|left| left - 1);
        Ok(self.left != Some(0))
    }
}
