//! `cargo xtask bench`: decoding and encoding beside the other crates, and what ours costs in instructions.

use crate::conformance::{self, SCANS};
use crate::failure::Failure;
use crate::{Command, process, tools};

pub(crate) const COMMAND: Command = Command {
    name: "bench",
    about: "Measures decoding and encoding, ours and the peers', in one run",
    help: "\
Usage: cargo xtask bench [ARGS]
       cargo xtask bench --report [WORD]
       cargo xtask bench --clients
       cargo xtask bench --instructions [--record]

All of it is in benches/, a workspace of its own.

  ARGS            criterion's: a filter such as `decode/openai`, `--quick`, `--save-baseline NAME`, ...
  --report        every candidate in turn, medians, written to benches/results/ as a table, a chart and
                  a verdict per goal; some ten minutes. The peer that runs under Node is measured
                  if there is Node. With a WORD (a shape, or `encode`) that part alone, to the terminal.
  --clients       whole clients over loopback TCP: events for a second of CPU time, and the memory of
                  10,000 idle sources, written to benches/results/; some two minutes
  --instructions  counts our instructions by callgrind, with each version of the codec's scan, and fails
                  if one count is more than 3 % over the record in benches/instructions/, or if a long
                  line costs more per byte than a short one
  --record        writes that record",
    run,
};

fn run(args: &[String]) -> Result<(), Failure> {
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--report"] => report(&[]),
        ["--report", word] => report(&[word]),
        ["--clients"] => built("clients", "clients", &["report", "benches/results"], None),
        ["--instructions"] => instructions("check"),
        ["--instructions", "--record"] => instructions("record"),
        _ => criterion(args),
    }
}

fn criterion(args: &[String]) -> Result<(), Failure> {
    let mut command = process::cargo(&["bench", "--locked", "--manifest-path", "benches/Cargo.toml", "-p", "benches"]);
    if !args.is_empty() {
        command.arg("--").args(args);
    }
    process::run(&mut command)
}

fn report(args: &[&str]) -> Result<(), Failure> {
    // The peers' instructions are part of the report, and so is the one under Node: both can be left out, and then
    // the report says so.
    need("valgrind", "valgrind").unwrap_or_else(|failure| eprintln!("{failure}"));
    if tools::find("npm").is_some() {
        let mut npm = std::process::Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(process::root().join("benches/node"));
        process::run(&mut npm).unwrap_or_else(|failure| eprintln!("{failure}"));
    }
    built("benches", "report", args, None)
}

/// As a step of `cargo xtask ci`.
pub(crate) fn check_instructions() -> Result<(), Failure> {
    instructions("check")
}

fn instructions(task: &str) -> Result<(), Failure> {
    need("valgrind", "valgrind")?;
    let versions = [None].into_iter().chain(SCANS.into_iter().map(Some));
    versions.into_iter().try_for_each(|scan| built("subject", "instructions", &[task, "benches/instructions"], scan))
}

/// Builds and runs a program of benches/, with this version of the codec's scan or the one that the processor chooses.
fn built(package: &str, program: &str, args: &[&str], scan: Option<&str>) -> Result<(), Failure> {
    let manifest = "benches/Cargo.toml";
    let mut command =
        process::cargo(&["run", "--release", "--locked", "--manifest-path", manifest, "-p", package, "--bin", program]);
    if let Some(scan) = scan {
        conformance::choose_scan(&mut command, "benches/target", scan);
    }
    process::run(command.arg("--").args(args))
}

fn need(program: &str, package: &str) -> Result<(), Failure> {
    if tools::find(program).is_none() {
        tools::apt_install(&[package])?;
    }
    Ok(())
}
