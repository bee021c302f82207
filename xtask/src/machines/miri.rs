//! Miri: a machine that notices what no processor does, such as memory that is used when it is gone, or a race.

use crate::failure::Failure;
use crate::process::{self, cargo_nightly, succeeds};
use crate::test::Tally;
use crate::tools;

/// The tests of what counts the events that share a chunk. (The others take Miri hours, or are about speed.)
const TESTS: [&[&str]; 2] = [&["--lib", "owned::"], &["--test", "owned"]];

pub(super) fn run() -> Result<String, Failure> {
    tools::nightly()?;
    if !succeeds(&mut cargo_nightly(&["miri", "--version"])) {
        let mut rustup = std::process::Command::new("rustup");
        process::run(rustup.args(["component", "add", "--toolchain", "nightly", "miri", "rust-src"]))?;
    }
    let mut tally = Tally::default();
    for tests in TESTS {
        // Several orders of what threads do.
        for seed in 0..4 {
            let mut command = cargo_nightly(&["miri", "test", "--locked", "-p", "sse-codec", "--all-features"]);
            // Files of random cases that failed may be looked for.
            let flags = format!("-Zmiri-seed={seed} -Zmiri-disable-isolation");
            process::run_seeing(command.args(tests).env("MIRIFLAGS", flags), |line| tally.see(line))?;
        }
    }
    if tally.passed == 0 {
        return Err(Failure::task("no test ran"));
    }
    Ok(tally.to_string())
}
