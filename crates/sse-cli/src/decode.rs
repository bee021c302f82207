//! `sse decode`: what a raw event stream says.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use sse_codec::{Decoder, Frame, Input};

use crate::output::{self, EventLine, Format};

/// Read in one go without `--chunk-size`.
const DEFAULT_CHUNK: usize = 64 * 1024;

/// The largest `--chunk-size`: 1 GiB, which is allocated at once.
const MAX_CHUNK: i64 = 1 << 30;

/// Print what a raw event stream decodes to.
///
/// Reads the body of a text/event-stream response from FILE or standard input. Any bytes are fine: the exit status
/// is 0 whatever they are.
#[derive(Debug, clap::Args)]
pub(crate) struct DecodeArgs {
    /// Print each event as one line of JSON: {"type":..,"data":..,"last_event_id":..}
    #[arg(long)]
    json: bool,

    /// Feed the decoder in pieces of exactly N bytes; the events do not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=MAX_CHUNK))]
    chunk_size: Option<u32>,

    /// End with a line {"state":{"last_event_id":..,"retry_ms":N|null}}: what a reconnection would use
    #[arg(long, conflicts_with = "stats")]
    state: bool,

    /// Print nothing but one line of counts, with --json as JSON
    #[arg(long)]
    stats: bool,

    /// Drop an event of more than N bytes, at most 1 GiB, with a warning
    #[arg(long, value_name = "N", default_value_t = sse_codec::DEFAULT_MAX_EVENT_BYTES)]
    max_event_bytes: usize,

    /// The file to read; standard input if there is none, or for -
    file: Option<PathBuf>,
}

#[derive(Debug, Default, serde::Serialize)]
struct Stats {
    events: u64,
    bytes: u64,
    data_bytes: u64,
    comments: u64,
    seconds: f64,
    bytes_per_second: f64,
}

pub(crate) fn run(args: &DecodeArgs) -> io::Result<()> {
    let mut input = open(args.file.as_deref())?;
    let format = if args.json { Format::Json } else { Format::Human };
    let mut out = output::stdout(format);
    let mut decoder = Decoder::new().with_max_event_bytes(args.max_event_bytes).with_comments(args.stats);
    let mut stats = Stats::default();
    let mut retry_ms = None;
    let mut chunk = vec![0; args.chunk_size.map_or(DEFAULT_CHUNK, |size| size as usize)];
    let started = Instant::now();
    loop {
        let len =
            if args.chunk_size.is_some() { read_full(&mut input, &mut chunk)? } else { read(&mut input, &mut chunk)? };
        if len == 0 {
            break;
        }
        stats.bytes += len as u64;
        let mut input = Input::new(&chunk[..len]);
        loop {
            match decoder.decode(&mut input) {
                Ok(None) => break,
                Ok(Some(Frame::Event(event))) => {
                    stats.events += 1;
                    stats.data_bytes += event.data.len() as u64;
                    if !args.stats {
                        let sse_codec::Event { event_type, data, last_event_id, .. } = event;
                        EventLine { event_type, data, last_event_id }.write(format, &mut out)?;
                    }
                }
                Ok(Some(Frame::Comment(_))) => stats.comments += 1,
                Ok(Some(Frame::Retry(time))) => retry_ms = Some(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
                Ok(Some(_)) => {}
                Err(error) => output::warning(format_args!("{error} (--max-event-bytes)")),
            }
        }
        // Whoever feeds a pipe by hand sees each event when it ends.
        out.flush()?;
    }
    if args.stats {
        stats.seconds = started.elapsed().as_secs_f64();
        stats.bytes_per_second = stats.bytes as f64 / stats.seconds.max(f64::EPSILON);
        stats.write(format, &mut out)?;
    }
    if args.state {
        let state = serde_json::json!({"last_event_id": decoder.last_event_id(), "retry_ms": retry_ms});
        output::write_json(&serde_json::json!({ "state": state }), &mut out)?;
        writeln!(out)?;
    }
    out.flush()
}

impl Stats {
    fn write(&self, format: Format, out: &mut impl Write) -> io::Result<()> {
        let Self { events, bytes, data_bytes, comments, seconds, bytes_per_second } = self;
        match format {
            Format::Json => {
                output::write_json(self, out)?;
                writeln!(out)
            }
            Format::Human => writeln!(
                out,
                "events {events}, bytes {bytes}, data bytes {data_bytes}, comments {comments}, seconds {seconds:.6}, \
                 bytes per second {bytes_per_second:.0}"
            ),
        }
    }
}

/// Opens what a subcommand reads; the error names the file.
pub(crate) fn open(file: Option<&Path>) -> io::Result<Box<dyn Read>> {
    match file {
        None => Ok(Box::new(io::stdin().lock())),
        Some(path) if path == Path::new("-") => Ok(Box::new(io::stdin().lock())),
        Some(path) => match File::open(path) {
            Ok(file) if file.metadata()?.is_dir() => {
                Err(io::Error::other(format!("cannot read {}: it is a directory", path.display())))
            }
            Ok(file) => Ok(Box::new(file)),
            Err(error) => Err(io::Error::new(error.kind(), format!("cannot read {}: {error}", path.display()))),
        },
    }
}

fn read(input: &mut impl Read, chunk: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// Fills the chunk, but for the last one.
fn read_full(input: &mut impl Read, chunk: &mut [u8]) -> io::Result<usize> {
    let mut len = 0;
    while len < chunk.len() {
        match read(input, &mut chunk[len..])? {
            0 => break,
            read => len += read,
        }
    }
    Ok(len)
}
