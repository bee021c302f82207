//! Memory: many sources that wait for the next event.

use std::io::Write as _;
use std::rc::Rc;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::spawn_local;

use crate::Result;
use crate::sources;

/// How many sources.
pub(crate) const SOURCES: usize = 10_000;
/// How many open at once: less than a listener's queue.
const AT_ONCE: usize = 100;

/// Opens all, each in a task of its own, and waits for the first event of each. Writes to standard output by how many
/// bytes this process grew.
pub(crate) async fn run(name: &str, url: &str) -> Result<()> {
    allow_many_files()?;
    let open = (sources::by_name(name)?.client)()?;
    let url = format!("{url}/idle");
    // What comes with the first one is not counted: TLS settings, say.
    let mut first = open(&url)?;
    if first.take(1).await == 0 {
        return Err(format!("{name}: the first source failed").into());
    }
    let before = resident_bytes()?;
    let gate = Rc::new(Semaphore::new(AT_ONCE));
    let (ready, mut opened) = mpsc::unbounded_channel();
    for _ in 0..SOURCES {
        let mut source = open(&url)?;
        let (gate, ready) = (Rc::clone(&gate), ready.clone());
        spawn_local(async move {
            let permit = gate.acquire().await;
            let len = source.take(1).await;
            drop(permit);
            ready.send(len).ok();
            // Idle from here on.
            source.take(1).await
        });
    }
    for _ in 0..SOURCES {
        if opened.recv().await.is_none_or(|len| len == 0) {
            return Err(format!("{name}: a source failed").into());
        }
    }
    writeln!(std::io::stdout(), "{}", resident_bytes()? - before)?;
    Ok(())
}

/// Raises the limit of open files as far as that goes.
pub(crate) fn allow_many_files() -> Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if most <= SOURCES as u64 {
        return Err(format!("{SOURCES} connections need more files than the {most} that this system allows").into());
    }
    Ok(setrlimit(Resource::RLIMIT_NOFILE, most, most)?)
}

fn resident_bytes() -> Result<usize> {
    let statm = std::fs::read_to_string("/proc/self/status")?;
    let line = statm.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<usize>()? * 1024)
}
