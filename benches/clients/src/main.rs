//! Whole clients beside other crates' over loopback TCP: events for a second of CPU time, and what 10,000 idle sources
//! take. Run by `cargo xtask bench --clients`, which writes `benches/results/clients-*.md`.
//!
//! Server and client are processes of their own, one client a process, so that what is counted is the client's alone.

mod drain;
mod goals;
mod idle;
mod report;
mod server;
mod sources;

use std::error::Error;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let args: Vec<_> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["report", directory] => report::write(directory.as_ref()),
        ["serve"] => alone(server::serve()),
        ["drain", name, url] => alone(drain::run(name, url)),
        ["idle", name, url] => alone(idle::run(name, url)),
        _ => Err("usage: clients report DIRECTORY".into()),
    }
}

/// Runs it on one thread: CPU time is then one number, and nobody is helped by the second core.
fn alone<T>(task: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, task)
}
