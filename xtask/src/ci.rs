//! `cargo xtask ci`: everything that has to hold before a change goes in.

use std::time::Instant;

use crate::failure::Failure;
use crate::{Command, bench, freestanding, fuzz, interop, process};

pub(crate) const COMMAND: Command = Command {
    name: "ci",
    about: "Runs every check that a change has to pass",
    help: "\
Usage: cargo xtask ci [STEP...] [--skip STEP]...

Steps, all of them by default:
  fmt          formatting
  clippy       lints, warnings are errors
  doc          documentation, warnings are errors
  features     the feature combinations of the no_std crates, and what else can be left out
  no-std       a freestanding program on sse-codec that links without std, runs and exits 0
  benches      benches/ compiles and has no warnings
  instructions what the codec costs by callgrind, at most 3 % more than recorded
  test         cargo xtask test
  simulation   the session's simulation, by 200,000 seeds a kind of server
  conformance  cargo xtask conformance, on each version of the codec's scan
  interop      cargo xtask interop
  fuzz         each fuzz target for a minute

A failed step does not keep the others from running; the list at the end names it.",
    run,
};

type Step = (&'static str, fn() -> Result<(), Failure>);

const STEPS: &[Step] = &[
    ("fmt", fmt),
    ("clippy", clippy),
    ("doc", doc),
    ("features", features),
    ("no-std", freestanding::check),
    ("benches", benches),
    ("instructions", bench::check_instructions),
    ("test", || crate::test::run(&[])),
    ("simulation", simulation),
    ("conformance", conformance),
    ("interop", || interop::run(&[])),
    ("fuzz", || fuzz::all(fuzz::DEFAULT_SECONDS)),
];

fn run(args: &[String]) -> Result<(), Failure> {
    let steps = select(args)?;
    let mut report = String::new();
    let mut failed = Vec::new();
    for (name, step) in steps {
        eprintln!("\n== {name}");
        let start = Instant::now();
        let result = step();
        let seconds = start.elapsed().as_secs();
        let word = if result.is_ok() { "ok" } else { "FAILED" };
        report.push_str(&format!("  {name:<12} {word:<6} {seconds:>5} s\n"));
        if let Err(failure) = result {
            eprintln!("{name}: {failure}");
            failed.push(name);
        }
    }
    eprint!("\n{report}");
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::task(format!("failed: {}", failed.join(", "))))
}

/// The steps that the arguments name, in the order of [`STEPS`].
fn select(args: &[String]) -> Result<Vec<Step>, Failure> {
    let (mut only, mut skip) = (Vec::new(), Vec::new());
    let mut args = args.iter().map(String::as_str);
    while let Some(arg) = args.next() {
        let (list, name) = match arg {
            "--skip" => (&mut skip, args.next().ok_or_else(|| Failure::usage("--skip needs a step"))?),
            name => (&mut only, name),
        };
        if !STEPS.iter().any(|(step, _)| *step == name) {
            let names: Vec<_> = STEPS.iter().map(|(step, _)| *step).collect();
            return Err(Failure::usage(format!("no step `{name}`; there are: {}", names.join(", "))));
        }
        list.push(name);
    }
    let selected: Vec<_> = STEPS
        .iter()
        .filter(|(step, _)| (only.is_empty() || only.contains(step)) && !skip.contains(step))
        .copied()
        .collect();
    if selected.is_empty() {
        return Err(Failure::usage("nothing is left to run"));
    }
    Ok(selected)
}

fn fmt() -> Result<(), Failure> {
    process::run(&mut process::cargo(&["fmt", "--all", "--check"]))?;
    for workspace in [
        "benches/Cargo.toml",
        "fuzz/Cargo.toml",
        "tls-tests/Cargo.toml",
        "xtask/freestanding/Cargo.toml",
        "xtask/machines/Cargo.toml",
    ] {
        process::run(&mut process::cargo(&["fmt", "--all", "--manifest-path", workspace, "--check"]))?;
    }
    Ok(())
}

fn clippy() -> Result<(), Failure> {
    // What a fuzz target calls is there under `cfg(fuzzing)` alone; xtask/machines builds for no machine but its own.
    for (manifest, flags) in [("Cargo.toml", ""), ("tls-tests/Cargo.toml", ""), ("fuzz/Cargo.toml", "--cfg fuzzing")] {
        let mut command = process::cargo(&["clippy", "--manifest-path", manifest, "--workspace", "--all-targets"]);
        if !flags.is_empty() {
            command.env("RUSTFLAGS", flags);
        }
        process::run(command.args(["--all-features", "--locked", "--", "-D", "warnings"]))?;
    }
    Ok(())
}

fn doc() -> Result<(), Failure> {
    let mut command = process::cargo(&["doc", "--workspace", "--all-features", "--no-deps", "--locked"]);
    process::run(command.env("RUSTDOCFLAGS", "-D warnings"))
}

fn features() -> Result<(), Failure> {
    // Without development dependencies (`--lib`): they would switch features on.
    for (package, features) in [
        ("sse-codec", ""),
        ("sse-codec", "alloc"),
        ("sse-codec", "bytes"),
        ("sse-client", ""),
        ("sse-tokio", ""),
        ("sse-tokio", "http"),
        ("sse-tokio", "json"),
        ("sse-hyper", ""),
        ("sse-hyper", "client"),
        ("sse-hyper", "client,cookies"),
        ("sse-hyper", "client,brotli"),
        ("sse-hyper", "client,zstd"),
        ("sse-hyper", "client,json"),
        ("sse-reqwest", ""),
        ("sse-reqwest", "json"),
        ("sse-conformance", ""),
    ] {
        process::run(&mut process::cargo(&[
            "clippy",
            "--locked",
            "-p",
            package,
            "--lib",
            "--no-default-features",
            "--features",
            features,
            "--",
            "-D",
            "warnings",
        ]))?;
    }
    avx2_without_std()
}

/// Where the target is known to have it, nobody asks the processor.
fn avx2_without_std() -> Result<(), Failure> {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        let run = |args: &[&str]| {
            let mut command = process::cargo(args);
            command.args(["--locked", "-p", "sse-codec", "--lib", "--no-default-features", "--target-dir=target/avx2"]);
            process::run(command.env("RUSTFLAGS", "-C target-feature=+avx2"))
        };
        // The tests' own dependencies switch `std` on.
        return run(&["build"]).and_then(|()| run(&["test"]));
    }
    eprintln!("NOT RUN: sse-codec with AVX2 and without std, which this processor has not");
    // What is left out is a failure where nobody reads along.
    match std::env::var_os("CI") {
        Some(_) => Err(Failure::task("a processor without AVX2 cannot run all of it")),
        None => Ok(()),
    }
}

fn benches() -> Result<(), Failure> {
    process::run(&mut process::cargo(&[
        "clippy",
        "--locked",
        "--manifest-path",
        "benches/Cargo.toml",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

/// With the checks of a debug build, as in the tests. What is rare needs many: there was a fault that one seed of 38,200 showed.
fn simulation() -> Result<(), Failure> {
    let test = ["test", "--release", "--locked", "-p", "sse-client", "--test", "simulation"];
    let mut command = process::cargo(&test);
    command.env("SSE_SIMULATION_SEEDS", "200000").env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true");
    process::run(&mut command)
}

/// In a process of its own: the command ends by becoming another program.
fn conformance() -> Result<(), Failure> {
    process::run(&mut process::cargo(&["xtask", "conformance"]))?;
    crate::conformance::SCANS
        .iter()
        .try_for_each(|scan| process::run(&mut process::cargo(&["xtask", "conformance", "--scan", scan])))
}

#[cfg(test)]
mod tests {
    use super::{STEPS, select};

    fn names(args: &[&str]) -> Result<Vec<&'static str>, String> {
        let args: Vec<_> = args.iter().map(|&arg| arg.to_owned()).collect();
        let steps = select(&args).map_err(|failure| failure.to_string())?;
        Ok(steps.into_iter().map(|(name, _)| name).collect())
    }

    #[test]
    fn selects_steps() {
        assert_eq!(names(&[]).map(|all| all.len()), Ok(STEPS.len()));
        assert_eq!(names(&["doc", "fmt"]), Ok(vec!["fmt", "doc"]));
        assert_eq!(names(&["--skip", "test"]).map(|all| all.len()), Ok(STEPS.len() - 1));
        assert!(names(&["fmt", "--skip", "fmt"]).is_err());
        assert!(names(&["--skip"]).is_err());
        assert!(names(&["tests"]).is_err());
    }
}
