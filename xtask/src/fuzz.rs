//! `cargo xtask fuzz`: cargo-fuzz on the nightly toolchain.

use std::path::Path;

use crate::failure::Failure;
use crate::process::{cargo, cargo_nightly, root, succeeds};
use crate::{Command, process, tools};

pub(crate) const COMMAND: Command = Command {
    name: "fuzz",
    about: "Fuzzes one target or all of them, on the nightly toolchain",
    help: "\
Usage: cargo xtask fuzz [TARGET] [--seconds N]

Without TARGET: each file of fuzz/fuzz_targets, one after the other. N is the time of each, 60 by
default. Installs cargo-fuzz, and the nightly toolchain by rustup, if they are missing.

New inputs go to fuzz/target/corpus and stay out of the repository; fuzz/corpus holds the small
corpus that `cargo test` replays. A finding lies in fuzz/artifacts; put it into fuzz/corpus with
its fix.",
    run,
};

fn run(args: &[String]) -> Result<(), Failure> {
    let mut target = None;
    let mut seconds = 60;
    let mut args = args.iter().map(String::as_str);
    while let Some(arg) = args.next() {
        match arg {
            "--seconds" => {
                let value = args.next().and_then(|value| value.parse().ok()).filter(|&value| value > 0);
                seconds = value.ok_or_else(|| Failure::usage("--seconds needs a whole number above 0"))?;
            }
            flag if flag.starts_with('-') => {
                return Err(Failure::usage(format!("no option `{flag}`")));
            }
            name if target.is_none() => target = Some(name),
            name => {
                return Err(Failure::usage(format!("one target or all, not also `{name}`")));
            }
        }
    }
    let Some(target) = target else {
        return all(seconds);
    };
    let targets = targets()?;
    if !targets.iter().any(|name| name == target) {
        return Err(Failure::usage(format!("no target `{target}`; there are: {}", targets.join(", "))));
    }
    set_up()?;
    one(target, seconds)
}

/// Fuzzes every target for so many seconds. Stops at the first finding.
pub(crate) fn all(seconds: u32) -> Result<(), Failure> {
    let targets = targets()?;
    if targets.is_empty() {
        return Err(Failure::task("fuzz/fuzz_targets is empty"));
    }
    set_up()?;
    targets.iter().try_for_each(|target| one(target, seconds))
}

fn one(target: &str, seconds: u32) -> Result<(), Failure> {
    // libFuzzer writes what it finds into the first directory and only reads the others.
    let found = root().join("fuzz/target/corpus").join(target);
    std::fs::create_dir_all(&found)
        .map_err(|error| Failure::task(format!("cannot create {}: {error}", found.display())))?;
    let seeds = root().join("fuzz/corpus").join(target);
    let mut command = cargo_nightly(&["fuzz", "run", target]);
    command.arg(found);
    if seeds.is_dir() {
        command.arg(seeds);
    }
    command.arg("--").args([
        &format!("-max_total_time={seconds}"),
        // An input that takes ten seconds is a finding: time must be linear.
        "-timeout=10",
        "-print_final_stats=1",
        "-verbosity=0",
    ]);
    process::run(&mut command)
}

/// The names of the targets, sorted.
fn targets() -> Result<Vec<String>, Failure> {
    let directory = root().join("fuzz/fuzz_targets");
    let unreadable = |error| Failure::task(format!("cannot read {}: {error}", directory.display()));
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        if let Some(stem) = stem.filter(|_| path.extension().is_some_and(|extension| extension == "rs")) {
            names.push(stem.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The nightly toolchain and cargo-fuzz are there, or are made to be.
fn set_up() -> Result<(), Failure> {
    if !succeeds(&mut cargo_nightly(&["--version"])) {
        eprintln!("no nightly toolchain: asking rustup for it");
        let mut rustup = std::process::Command::new("rustup");
        process::run(rustup.args(["toolchain", "install", "nightly", "--profile", "minimal"])).map_err(|failure| {
            Failure::task(format!("fuzzing needs the nightly toolchain, which cannot be installed: {failure}"))
        })?;
    }
    if tools::find("cargo-fuzz").is_some() || is_installed("cargo-fuzz") {
        return Ok(());
    }
    process::run(&mut cargo(&["install", "cargo-fuzz", "--locked"]))
}

/// Whether cargo has it, though its directory is not on `PATH`: cargo looks there by itself.
fn is_installed(name: &str) -> bool {
    let home = std::env::var_os("CARGO_HOME").map(Into::into);
    let home = home.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")));
    home.is_some_and(|home| home.join("bin").join(name).is_file())
}
