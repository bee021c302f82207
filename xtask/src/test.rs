//! `cargo xtask test`: every test, with the set-up that they need.

use std::fmt;

use crate::failure::Failure;
use crate::{Command, process, tools};

pub(crate) const COMMAND: Command = Command {
    name: "test",
    about: "Runs all tests, set-up included",
    help: "\
Usage: cargo xtask test [ARGS]

Installs the browser and the other programs that tests talk to (by apt-get, as root or through a
sudo that asks nothing), then runs `cargo test --workspace --all-features --locked ARGS`: unit,
integration, documentation tests and examples; and without ARGS those of tls-tests/, a workspace
of its own. ARGS are cargo's: `-p sse-codec`, `-- NAME`, ...

Fails if a test fails or if no test ran. A program that is missing and cannot be installed is a
failure if the variable CI is set, and a loud skip elsewhere.",
    run,
};

pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let missing = tools::set_up();
    if !missing.is_empty() && tools::in_ci() {
        return Err(Failure::task(format!("CI is set and these programs are missing:\n  {}", missing.join("\n  "))));
    }

    let mut command = process::cargo(&["test", "--all-features", "--locked"]);
    // `--workspace` would win over the packages that are named.
    if !args.iter().any(|arg| arg.starts_with("-p") || arg.starts_with("--package")) {
        command.arg("--workspace");
    }
    command.args(args);
    let mut tally = Tally::default();
    let mut result = process::run_seeing(&mut command, |line| tally.see(line));
    let mut ran = tally.passed > 0;
    if args.is_empty() {
        let before = tally.passed;
        let mut command = process::cargo(&["test", "--locked", "--manifest-path", "tls-tests/Cargo.toml"]);
        result = result.and(process::run_seeing(&mut command, |line| tally.see(line)));
        ran &= tally.passed > before;
    }

    eprintln!("\n{tally}");
    for tool in &missing {
        eprintln!("SKIPPED: tests that need {tool}");
    }
    result?;
    if !ran {
        return Err(Failure::task("no test ran"));
    }
    Ok(())
}

/// What the test harnesses reported.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    binaries: u32,
    pub(crate) passed: u32,
    failed: u32,
    ignored: u32,
}

impl Tally {
    /// Counts a line of the form `test result: ok. 3 passed; 0 failed; 1 ignored; ...`.
    pub(crate) fn see(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        self.binaries += 1;
        let words: Vec<_> = result.split([' ', ';', '.']).filter(|word| !word.is_empty()).collect();
        for pair in words.windows(2) {
            let Ok(count) = pair[0].parse::<u32>() else {
                continue;
            };
            match pair[1] {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.ignored += count,
                _ => {}
            }
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { binaries, passed, failed, ignored } = self;
        write!(f, "{passed} passed, {failed} failed, {ignored} ignored, in {binaries} test binaries")
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn counts_what_the_harness_reports() {
        let mut tally = Tally::default();
        tally.see("running 4 tests");
        tally.see("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s");
        tally.see("test result: FAILED. 12 passed; 2 failed; 0 ignored; 0 measured; 5 filtered out; finished in 1.20s");
        tally.see("test mine ... ok");
        let expected = Tally { binaries: 2, passed: 15, failed: 2, ignored: 1 };
        assert_eq!(tally, expected);
    }
}
