//! Throughput: a flood of events over one connection.

use std::io::Write as _;
use std::time::Duration;

use futures_util::StreamExt as _;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

use crate::Result;
use crate::server::{DATA_BYTES, EVENT_BYTES, EVENTS};
use crate::sources::{self, Kind};

/// Takes all events. Writes to standard output how many microseconds of CPU time this process took meanwhile.
pub(crate) async fn run(name: &str, url: &str) -> Result<()> {
    let candidate = sources::by_name(name)?;
    let mut source = (candidate.client)()?(&format!("{url}/flood"))?;
    let wanted = EVENTS * if candidate.kind == Kind::Drain { EVENT_BYTES } else { DATA_BYTES };
    let before = cpu_time()?;
    let mut bytes = 0;
    // No further: a client would connect again.
    while bytes < wanted {
        match source.next().await {
            None | Some(0) => return Err(format!("{name}: the stream ended after {bytes} of {wanted} bytes").into()),
            Some(len) => bytes += len,
        }
    }
    let took = cpu_time()? - before;
    if bytes != wanted {
        return Err(format!("{name}: {bytes} bytes instead of {wanted}").into());
    }
    writeln!(std::io::stdout(), "{}", took.as_micros())?;
    Ok(())
}

/// In user mode and in the kernel.
fn cpu_time() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(micros.try_into()?))
}
