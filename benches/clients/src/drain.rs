//! Throughput: a flood of events over one connection.

use std::io::Write as _;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

use crate::Result;
use crate::server::{DATA_BYTES, EVENT_BYTES, EVENTS};
use crate::sources::{self, Kind};

/// Takes all events. Writes to standard output how many microseconds this process took meanwhile in user mode, and how
/// many in the kernel.
pub(crate) async fn run(name: &str, url: &str) -> Result<()> {
    let candidate = sources::by_name(name)?;
    let mut source = (candidate.client)()?(&format!("{url}/flood"))?;
    let wanted = EVENTS * if candidate.kind == Kind::Drain { EVENT_BYTES } else { DATA_BYTES };
    let before = cpu_time()?;
    // No further: a client would connect again.
    let bytes = source.take(wanted).await;
    let after = cpu_time()?;
    if bytes != wanted {
        return Err(format!("{name}: {bytes} bytes instead of {wanted}").into());
    }
    writeln!(std::io::stdout(), "{} {}", after[0] - before[0], after[1] - before[1])?;
    Ok(())
}

/// In user mode and in the kernel, in microseconds.
fn cpu_time() -> Result<[i64; 2]> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok([usage.user_time().num_microseconds(), usage.system_time().num_microseconds()])
}
