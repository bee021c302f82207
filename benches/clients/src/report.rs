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
use crate::sources::{ALL, Candidate, HYPER_BODY, Kind, REQWEST_BODY};

/// How often each client drains a flood, and how often it opens idle sources.
const ROUNDS: usize = 9;
const IDLE_ROUNDS: usize = 3;

/// What came out of a client.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Events for a second of CPU time: the median, and the least and the most.
    pub(crate) events: f64,
    spread: [f64; 2],
    /// Nanoseconds for an event in user mode and in the kernel, in the run of the median.
    pub(crate) nanos: [f64; 2],
    /// Resident bytes for an idle source, if it is one: the median.
    pub(crate) idle: Option<f64>,
}

/// Measures, and writes a file into the directory.
pub(crate) fn write(directory: &Path) -> Result<()> {
    let server = Server::start()?;
    let mut times = vec![Vec::new(); ALL.len()];
    for round in 1..=ROUNDS {
        eprintln!("flood {round} of {ROUNDS}");
        for (times, candidate) in times.iter_mut().zip(&ALL) {
            let [user, kernel] = client("drain", candidate.name, &server.url)?[..] else {
                return Err(format!("{}: not two times", candidate.name).into());
            };
            times.push([user, kernel]);
        }
    }
    let mut rows = Vec::new();
    for (times, candidate) in times.iter_mut().zip(&ALL) {
        let total = |[user, kernel]: &[f64; 2]| user + kernel;
        times.sort_by(|one, other| total(one).total_cmp(&total(other)));
        let median = times[ROUNDS / 2];
        let events = |times: &[f64; 2]| EVENTS as f64 / (total(times) / 1e6);
        rows.push(Row {
            name: candidate.name,
            kind: candidate.kind,
            events: events(&median),
            spread: [events(&times[ROUNDS - 1]), events(&times[0])],
            nanos: median.map(|micros| micros * 1e3 / EVENTS as f64),
            idle: if candidate.kind.is_client() { Some(idle(candidate, &server.url)?) } else { None },
        });
    }
    let machine = Machine::this();
    let file = directory.join(format!("clients-{}.md", machine.name));
    std::fs::write(&file, text(&machine, &rows)?)?;
    eprintln!("{}", file.display());
    Ok(())
}

/// Bytes for one idle source.
fn idle(candidate: &Candidate, url: &str) -> Result<f64> {
    eprintln!("idle: {}", candidate.name);
    let mut bytes = Vec::new();
    for _ in 0..IDLE_ROUNDS {
        bytes.extend(client("idle", candidate.name, url)?);
    }
    bytes.sort_by(f64::total_cmp);
    Ok(bytes[bytes.len() / 2] / SOURCES as f64)
}

fn text(machine: &Machine, rows: &[Row]) -> Result<String> {
    let mut out = format!("# Whole clients beside other crates, {}\n\n", machine.name);
    writeln!(out, "Written by `cargo xtask bench --clients`. {}\n", machine.describe())?;
    writeln!(
        out,
        "One connection over loopback TCP, HTTP/1.1, events of 200 bytes in writes of 16 KiB, {EVENTS} of them: events for a \
         second of the client's CPU time (the median of {ROUNDS} runs in turn, and the least and the most), and what an event \
         took of it in user mode and in the kernel. *Body only* reads and drops the bytes; *events* finds the events in them, with no \
         client around it. Who is faster than the server waits for it more often, by more system calls: of two clients that do \
         the same, the faster one takes more of the kernel's time. Then {SOURCES} sources in one process, each after its first \
         event: resident memory for one of them (the median of {IDLE_ROUNDS} processes), the kernel's buffers left out. Each \
         client is a process of one thread, takes part with its defaults, and is read in a loop over its stream.\n"
    )?;
    let drain = |name: &str| rows.iter().find(|row| row.name == name).map_or(f64::NAN, |row| row.events);
    let (hyper, reqwest) = (drain(HYPER_BODY), drain(REQWEST_BODY));
    let peers = || rows.iter().filter(|row| row.kind == Kind::Peer);
    let fastest = peers().map(|row| row.events).fold(0.0, f64::max);
    let smallest = peers().filter_map(|row| row.idle).fold(f64::INFINITY, f64::min);
    writeln!(
        out,
        "| client | events/s of CPU | least to most | user mode | kernel | of hyper's body | of reqwest's body | times the fastest peer | bytes for an idle source | times the smallest peer |"
    )?;
    writeln!(out, "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")?;
    for row in rows {
        let bold = if row.kind == Kind::Ours { "**" } else { "" };
        let (idle, of_peer) =
            row.idle.map_or_else(Default::default, |idle| (format!("{idle:.0}"), format!("{:.2}", idle / smallest)));
        writeln!(
            out,
            "| {bold}{}{bold} | {:.2} M | {:.1} to {:.1} | {:.0} ns | {:.0} ns | {:.2} | {:.2} | {:.1} | {idle} | {of_peer} |",
            row.name,
            row.events / 1e6,
            row.spread[0] / 1e6,
            row.spread[1] / 1e6,
            row.nanos[0],
            row.nanos[1],
            row.events / hyper,
            row.events / reqwest,
            row.events / fastest,
        )?;
    }
    goals::write(&mut out, rows)?;
    Ok(out)
}

/// Runs a client to its end. Returns the numbers that it writes.
fn client(task: &str, name: &str, url: &str) -> Result<Vec<f64>> {
    let output = this()?.args([task, name, url]).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{task} {name}: {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?.split_whitespace().map(str::parse).collect::<std::result::Result<_, _>>()?)
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
