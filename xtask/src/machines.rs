//! `cargo xtask machines`: the no_std crates on machines other than this one.

mod cortex_m;
mod counts;
mod debian;
mod linux;
mod miri;
mod wasm;

use std::time::Instant;

use crate::Command;
use crate::failure::Failure;

pub(crate) const COMMAND: Command = Command {
    name: "machines",
    about: "Runs the no_std crates on other compilers and processors",
    help: "\
Usage: cargo xtask machines [NAME...]

Machines, all of them by default:
  msrv      the tests under Rust 1.85, the oldest that is supported; the other crates are compiled
  aarch64   the tests on 64-bit Arm (NEON), under qemu-aarch64
  s390x     the tests on a big-endian machine, under qemu-s390x
  cortex-m  firmware for a microcontroller without alloc and with a small heap, under
            qemu-system-arm; prints the code size and the RAM used
  wasm32    the vectors in WebAssembly, under Node
  miri      the tests of owned events under Miri, by rustup's nightly toolchain: no undefined
            behaviour, no leak, no race

The other compilers are Debian 12's packages for x86-64, unpacked under target/machines: nothing that is
installed changes, and rustup may stay. Emulators and cross linkers are installed by apt-get, as
root or through a sudo that asks nothing.

A failed machine does not keep the others from running; the list at the end names it. What is
missing and cannot be had is a failure.",
    run,
};

type Machine = (&'static str, fn() -> Result<String, Failure>);

/// Each gives some lines on what it has shown.
const MACHINES: &[Machine] = &[
    ("msrv", linux::msrv),
    ("aarch64", linux::aarch64),
    ("s390x", linux::s390x),
    ("cortex-m", cortex_m::run),
    ("wasm32", wasm::run),
    ("miri", miri::run),
];

fn run(args: &[String]) -> Result<(), Failure> {
    if let Some(unknown) = args.iter().find(|arg| !MACHINES.iter().any(|(name, _)| name == arg)) {
        let names: Vec<_> = MACHINES.iter().map(|(name, _)| *name).collect();
        return Err(Failure::usage(format!("no machine `{unknown}`; there are: {}", names.join(", "))));
    }
    let mut report = String::new();
    let mut failed = Vec::new();
    for (name, machine) in MACHINES.iter().filter(|(name, _)| args.is_empty() || args.iter().any(|arg| arg == name)) {
        eprintln!("\n== {name}");
        let start = Instant::now();
        let result = machine();
        let seconds = start.elapsed().as_secs();
        let text = match result {
            Ok(shown) => shown,
            Err(failure) => {
                failed.push(*name);
                format!("FAILED: {failure}")
            }
        };
        let head = format!("  {name:<9} {seconds:>4} s  ");
        let indented = text.replace('\n', &format!("\n{:1$}", "", head.len()));
        report.push_str(&format!("{head}{indented}\n"));
    }
    eprint!("\n{report}");
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::task(format!("failed: {}", failed.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::{COMMAND, MACHINES};

    #[test]
    fn the_help_names_every_machine() {
        for (name, _) in MACHINES {
            assert!(COMMAND.help.contains(&format!("\n  {name} ")), "{name}");
        }
    }
}
