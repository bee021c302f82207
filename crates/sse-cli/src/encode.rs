//! `sse encode`: standard input as one event.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use sse_codec::{EventBlock, FieldError};

use crate::decode::open;

/// Write the input as one event of an event stream.
///
/// The whole of FILE or standard input becomes the data of the event, which arrives as it is: a line break at its end
/// is part of it (use printf, or echo -n), and CR, LF and CRLF each arrive as LF.
#[derive(Debug, clap::Args)]
pub(crate) struct EncodeArgs {
    /// The event type; without it the event is a `message`
    #[arg(long = "type", value_name = "T", value_parser = event_type)]
    event_type: Option<String>,

    /// The id: what a reconnecting client reports
    #[arg(long, value_name = "I", value_parser = id)]
    id: Option<String>,

    /// The reconnection time, in milliseconds
    #[arg(long, value_name = "MS")]
    retry: Option<u64>,

    /// The file to read; standard input if there is none, or for -
    file: Option<PathBuf>,
}

fn event_type(value: &str) -> Result<String, FieldError> {
    EventBlock::new().event_type(value).map(|_| value.to_owned())
}

fn id(value: &str) -> Result<String, FieldError> {
    EventBlock::new().id(value).map(|_| value.to_owned())
}

pub(crate) fn run(args: &EncodeArgs) -> io::Result<()> {
    let mut data = Vec::new();
    open(args.file.as_deref())?.read_to_end(&mut data)?;
    let data = String::from_utf8(data).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let hint = "an event carries text; encode binary data, by base64 for one, before";
        io::Error::new(io::ErrorKind::InvalidData, format!("the input is not UTF-8 at byte {at}: {hint}"))
    })?;
    let mut block = EventBlock::new().data(&data);
    if let Some(retry) = args.retry {
        block = block.retry(Duration::from_millis(retry));
    }
    if let Some(id) = &args.id {
        block = block.id(id).map_err(io::Error::other)?;
    }
    if let Some(event_type) = &args.event_type {
        block = block.event_type(event_type).map_err(io::Error::other)?;
    }
    let mut encoded = Vec::with_capacity(block.encoded_len());
    block.encode_to_vec(&mut encoded);
    let mut out = io::stdout().lock();
    out.write_all(&encoded)?;
    out.flush()
}
