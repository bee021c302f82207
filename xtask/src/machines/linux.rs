//! The tests themselves, by the oldest compiler and on other processors.

use std::process::Command;

use super::debian::{Toolchain, variable_of_target};
use crate::failure::Failure;
use crate::test::Tally;
use crate::{process, tools};

/// Each command of cargo, after `test`: the crates that promise to run anywhere with all that they have, and the corpus
/// against the codec as it is without `std`.
const TESTS: [&[&str]; 2] = [&["-p", "sse-codec", "-p", "sse-client", "--all-features"], &["-p", "sse-conformance"]];

/// The oldest compiler: the libraries without what the tests switch on, and the tests.
pub(super) fn msrv() -> Result<String, Failure> {
    let rust = Toolchain::oldest()?;
    for (package, features) in [("sse-codec", ""), ("sse-codec", "alloc"), ("sse-codec", "bytes"), ("sse-client", "")] {
        let args = ["build", "--locked", "-p", package, "--no-default-features", "--features", features];
        process::run(&mut rust.cargo(&args))?;
    }
    // The other crates are compiled: their tests and what these depend on need not keep the promise.
    let others = ["sse-tokio", "sse-hyper", "sse-reqwest", "sse-cli"].map(|name| ["-p", name]);
    process::run(rust.cargo(&["check", "--locked", "--all-features"]).args(others.as_flattened()))?;
    let tally = test(|args| rust.cargo(args))?;
    Ok(format!("Rust 1.85: {tally}; the other crates compile"))
}

/// 64-bit Arm: NEON.
pub(super) fn aarch64() -> Result<String, Failure> {
    emulated(&Processor {
        target: "aarch64-unknown-linux-gnu",
        linker: "aarch64-linux-gnu-gcc",
        packages: ["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"],
        emulator: "qemu-aarch64",
        libraries: "/usr/aarch64-linux-gnu",
    })
}

/// Big endian.
pub(super) fn s390x() -> Result<String, Failure> {
    emulated(&Processor {
        target: "s390x-unknown-linux-gnu",
        linker: "s390x-linux-gnu-gcc",
        packages: ["gcc-s390x-linux-gnu", "libc6-dev-s390x-cross"],
        emulator: "qemu-s390x",
        libraries: "/usr/s390x-linux-gnu",
    })
}

/// A processor that Linux runs on and that qemu plays.
struct Processor {
    target: &'static str,
    linker: &'static str,
    /// Debian's packages of it and of the C library.
    packages: [&'static str; 2],
    emulator: &'static str,
    /// Where that library lies.
    libraries: &'static str,
}

fn emulated(processor: &Processor) -> Result<String, Failure> {
    let &Processor { target, linker, packages, emulator, libraries } = processor;
    let start_file = format!("{libraries}/lib/crt1.o");
    tools::install(&[(linker, packages[0]), (&start_file, packages[1]), (emulator, "qemu-user")])?;
    let rust = Toolchain::oldest()?;
    let tally = test(|args| {
        let mut command = rust.cargo(args);
        command.args(["--target", target]).env(variable_of_target(target, "LINKER"), linker);
        // Each instruction is played by many: fewer of them pay for the longer build.
        command.env("CARGO_PROFILE_DEV_OPT_LEVEL", "1");
        command.env(variable_of_target(target, "RUNNER"), format!("{emulator} -L {libraries}"));
        command
    })?;
    Ok(format!("{target}: {tally}"))
}

fn test(cargo: impl Fn(&[&str]) -> Command) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for args in TESTS {
        let mut command = cargo(&[&["test", "--locked"], args].concat());
        // A tenth of the schedules: each is the same on all machines, and this one may be emulated.
        command.env("SSE_SIMULATION_SEEDS", "1000");
        process::run_seeing(&mut command, |line| tally.see(line))?;
    }
    if tally.passed == 0 {
        return Err(Failure::task("no test ran"));
    }
    Ok(tally)
}
