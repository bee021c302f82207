//! Runs every client in turn and writes what came out.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use subject::machine::Machine;

use crate::Result;
use crate::goals;
use crate::idle::SOURCES;
use crate::server::EVENTS;
use crate::sources::{ALL, HYPER_BODY, Kind, REQWEST_BODY};

/// How often each client drains a flood.
const ROUNDS: usize = 5;

/// What came out of a client.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Events for a second of CPU time.
    pub(crate) events: f64,
    /// Resident bytes for an idle source, if it is one.
    pub(crate) idle: Option<f64>,
}

/// Measures, and writes a file into the directory.
pub(crate) fn write(directory: &Path) -> Result<()> {
    let server = Server::start()?;
    let mut times = vec![Vec::new(); ALL.len()];
    for round in 1..=ROUNDS {
        eprintln!("flood {round} of {ROUNDS}");
        for (times, candidate) in times.iter_mut().zip(&ALL) {
            times.push(client("drain", candidate.name, &server.url)?);
        }
    }
    let mut rows = Vec::new();
    for (times, candidate) in times.iter_mut().zip(&ALL) {
        times.sort_by(f64::total_cmp);
        let mut idle = None;
        if candidate.kind.is_client() {
            eprintln!("idle: {}", candidate.name);
            idle = Some(client("idle", candidate.name, &server.url)? / SOURCES as f64);
        }
        rows.push(Row {
            name: candidate.name,
            kind: candidate.kind,
            events: EVENTS as f64 / (times[ROUNDS / 2] / 1e6),
            idle,
        });
    }
    let machine = Machine::this();
    let file = directory.join(format!("clients-{}.md", machine.arch));
    std::fs::write(&file, text(&machine, &rows)?)?;
    eprintln!("{}", file.display());
    Ok(())
}

fn text(machine: &Machine, rows: &[Row]) -> Result<String> {
    let mut out = format!("# Whole clients beside other crates, {}\n\n", machine.arch);
    writeln!(out, "Written by `cargo xtask bench --clients`. {}\n", machine.describe())?;
    writeln!(
        out,
        "One connection over loopback TCP, HTTP/1.1, events of 200 bytes in writes of 16 KiB, {EVENTS} of them: events for a \
         second of the client's CPU time, in user mode and the kernel (the median of {ROUNDS} runs in turn). *Body only* reads \
         and drops the bytes: what can be reached; *events* finds the events in them, with no client around it. Then {SOURCES} sources in one process, each after its first event: resident \
         memory for one of them, the kernel's buffers left out. Each client is a process of one thread, and takes part with its \
         defaults.\n"
    )?;
    let drain = |name: &str| rows.iter().find(|row| row.name == name).map_or(f64::NAN, |row| row.events);
    let (hyper, reqwest) = (drain(HYPER_BODY), drain(REQWEST_BODY));
    let peers = || rows.iter().filter(|row| row.kind == Kind::Peer);
    let fastest = peers().map(|row| row.events).fold(0.0, f64::max);
    let smallest = peers().filter_map(|row| row.idle).fold(f64::INFINITY, f64::min);
    writeln!(
        out,
        "| client | events/s of CPU | of hyper's body | of reqwest's body | times the fastest peer | bytes for an idle source | times the smallest peer |"
    )?;
    writeln!(out, "| --- | ---: | ---: | ---: | ---: | ---: | ---: |")?;
    for row in rows {
        let bold = if row.kind == Kind::Ours { "**" } else { "" };
        let (idle, of_peer) =
            row.idle.map_or_else(Default::default, |idle| (format!("{idle:.0}"), format!("{:.2}", idle / smallest)));
        writeln!(
            out,
            "| {bold}{}{bold} | {:.2} M | {:.2} | {:.2} | {:.1} | {idle} | {of_peer} |",
            row.name,
            row.events / 1e6,
            row.events / hyper,
            row.events / reqwest,
            row.events / fastest,
        )?;
    }
    goals::write(&mut out, rows)?;
    Ok(out)
}

/// Runs a client to its end. Returns the number that it writes.
fn client(task: &str, name: &str, url: &str) -> Result<f64> {
    let output = this()?.args([task, name, url]).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{task} {name}: {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

fn this() -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    // A proxy of this machine's would be measured too.
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(name);
    }
    Ok(command)
}

/// The server, until it is dropped.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start() -> Result<Self> {
        let mut process = this()?.arg("serve").stdout(Stdio::piped()).spawn()?;
        let mut url = String::new();
        let out = process.stdout.take().ok_or("no standard output")?;
        let read = BufReader::new(out).read_line(&mut url);
        let server = Self { process, url: url.trim().to_owned() };
        read?;
        if server.url.is_empty() {
            return Err("the server did not start".into());
        }
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
