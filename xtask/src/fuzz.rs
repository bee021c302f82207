//! `cargo xtask fuzz`: cargo-fuzz on the nightly toolchain.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::failure::Failure;
use crate::process::{cargo, cargo_nightly, root};
use crate::{Command, process, tools};

pub(crate) const COMMAND: Command = Command {
    name: "fuzz",
    about: "Fuzzes one target or all of them, on the nightly toolchain",
    help: "\
Usage: cargo xtask fuzz [TARGET] [--seconds N]
       cargo xtask fuzz [TARGET] --minimise

Without TARGET: each file of fuzz/fuzz_targets, one after the other. N is the time of each, 60 by
default. Installs cargo-fuzz, and the nightly toolchain by rustup, if they are missing.

New inputs go to fuzz/target/corpus and stay out of the repository; fuzz/corpus holds the small
corpus that `cargo test` replays. A finding lies in fuzz/artifacts; put it into fuzz/corpus, under
a name that says what it shows, with its fix. fuzz/words.dict holds words for the fuzzer to use.

--minimise chooses the small corpus anew: the files that have a name by hand, and of all others,
there and in fuzz/target/corpus, the fewest that reach what these do not, at most 128. Their names
are the beginnings of their SHA-1.",
    run,
};

/// How long each target is fuzzed, unless told otherwise.
pub(crate) const DEFAULT_SECONDS: u32 = 60;

/// How many digits of its SHA-1 name a file of the small corpus. libFuzzer gives all 40.
const DIGITS: usize = 12;

/// How many such files a target has at most.
const MAX_CHOSEN: usize = 128;

fn run(args: &[String]) -> Result<(), Failure> {
    let (mut target, mut seconds, mut minimises) = (None, None, false);
    let mut args = args.iter().map(String::as_str);
    while let Some(arg) = args.next() {
        match arg {
            "--seconds" => {
                let value = args.next().and_then(|value| value.parse().ok()).filter(|&value| value > 0);
                seconds = Some(value.ok_or_else(|| Failure::usage("--seconds needs a whole number above 0"))?);
            }
            "--minimise" => minimises = true,
            flag if flag.starts_with('-') => {
                return Err(Failure::usage(format!("no option `{flag}`")));
            }
            name if target.is_none() => target = Some(name),
            name => {
                return Err(Failure::usage(format!("one target or all, not also `{name}`")));
            }
        }
    }
    if minimises && seconds.is_some() {
        return Err(Failure::usage("--minimise takes as long as it takes: leave --seconds out"));
    }
    let mut targets = targets()?;
    if let Some(target) = target {
        if !targets.iter().any(|name| name == target) {
            return Err(Failure::usage(format!("no target `{target}`; there are: {}", targets.join(", "))));
        }
        targets = vec![target.to_owned()];
    }
    set_up()?;
    let seconds = seconds.unwrap_or(DEFAULT_SECONDS);
    targets.iter().try_for_each(|target| if minimises { minimise(target) } else { one(target, seconds) })
}

/// Fuzzes every target for so many seconds. Stops at the first finding.
pub(crate) fn all(seconds: u32) -> Result<(), Failure> {
    let targets = targets()?;
    set_up()?;
    targets.iter().try_for_each(|target| one(target, seconds))
}

fn one(target: &str, seconds: u32) -> Result<(), Failure> {
    let found = found(target);
    fs::create_dir_all(&found).map_err(|error| cannot("create", &found, &error))?;
    // libFuzzer writes what it finds into the first directory and only reads the others.
    process::run(libfuzzer(target, &[&found, &small(target)]).args([
        &format!("-dict={}", root().join("fuzz/words.dict").display()),
        &format!("-max_total_time={seconds}"),
        // An input that takes ten seconds is a finding: time must be linear.
        "-timeout=10",
        "-print_final_stats=1",
        "-verbosity=0",
    ]))
}

/// Chooses the small corpus of a target anew.
fn minimise(target: &str) -> Result<(), Failure> {
    let (found, small) = (found(target), small(target));
    let chosen = root().join("fuzz/target/minimised").join(target);
    if chosen.exists() {
        fs::remove_dir_all(&chosen).map_err(|error| cannot("remove", &chosen, &error))?;
    }
    for directory in [&chosen, &found, &small] {
        fs::create_dir_all(directory).map_err(|error| cannot("create", directory, &error))?;
    }
    for name in names(&small)?.iter().filter(|name| !is_hash(name)) {
        fs::copy(small.join(name), chosen.join(name)).map_err(|error| cannot("copy", &small.join(name), &error))?;
    }
    // What is in the first directory stays. The fewest files by edges alone: to replay every count of every edge would
    // take a thousand.
    process::run(libfuzzer(target, &[&chosen, &small, &found]).args([
        "-set_cover_merge=1",
        "-use_counters=0",
        "-timeout=10",
        "-verbosity=0",
    ]))?;
    for name in names(&small)?.iter().filter(|name| is_hash(name)) {
        fs::remove_file(small.join(name)).map_err(|error| cannot("remove", &small.join(name), &error))?;
    }
    let mut new = Vec::new();
    for name in names(&chosen)?.into_iter().filter(|name| is_hash(name)) {
        let path = chosen.join(&name);
        let input = fs::read(&path).map_err(|error| cannot("read", &path, &error))?;
        new.push((input.len(), name, input));
    }
    // The shortest: they say more to who reads them.
    new.sort();
    for (_, name, input) in new.iter().take(MAX_CHOSEN) {
        let path = small.join(&name[..DIGITS]);
        fs::write(&path, input).map_err(|error| cannot("write", &path, &error))?;
    }
    eprintln!("{target}: {} files in {}", names(&small)?.len(), small.display());
    Ok(())
}

/// The corpus that the fuzzer has found on this machine.
fn found(target: &str) -> PathBuf {
    root().join("fuzz/target/corpus").join(target)
}

/// The corpus in the repository.
fn small(target: &str) -> PathBuf {
    root().join("fuzz/corpus").join(target)
}

/// The target over these corpora, ready to be given options of libFuzzer.
fn libfuzzer(target: &str, corpora: &[&Path]) -> std::process::Command {
    let mut command = cargo_nightly(&["fuzz", "run", target]);
    command.args(corpora.iter().filter(|corpus| corpus.is_dir())).arg("--");
    command
}

/// Whether libFuzzer named the file, and not a person.
fn is_hash(name: &str) -> bool {
    matches!(name.len(), DIGITS | 40) && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The names of the targets, sorted.
fn targets() -> Result<Vec<String>, Failure> {
    let directory = root().join("fuzz/fuzz_targets");
    let targets: Vec<_> =
        names(&directory)?.iter().filter_map(|name| name.strip_suffix(".rs")).map(str::to_owned).collect();
    if targets.is_empty() {
        return Err(Failure::task(format!("{} is empty", directory.display())));
    }
    Ok(targets)
}

/// The names of the files in a directory, sorted.
fn names(directory: &Path) -> Result<Vec<String>, Failure> {
    let unreadable = |error| cannot("read", directory, &error);
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        names.extend(entry.map_err(unreadable)?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::task(format!("cannot {what} {}: {error}", path.display()))
}

/// The nightly toolchain and cargo-fuzz are there, or are made to be.
fn set_up() -> Result<(), Failure> {
    tools::nightly()?;
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
