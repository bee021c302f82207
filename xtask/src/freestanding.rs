//! The no_std check: a program on sse-codec that has no std, no allocator and no C library.

use std::process::Command;

use crate::failure::Failure;
use crate::{process, tools};

/// The only machine that the program knows how to start and to leave on.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Links the program, looks at its symbols, runs it.
pub(crate) fn check() -> Result<(), Failure> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        if tools::in_ci() {
            return Err(Failure::task(format!("the no_std check runs on {TARGET} only")));
        }
        eprintln!("SKIPPED: the no_std check runs on {TARGET} only");
        return Ok(());
    }
    let target_dir = process::root().join("target/freestanding");
    let mut build = process::cargo(&[
        "build",
        "--release",
        "--locked",
        "--manifest-path",
        "xtask/freestanding/Cargo.toml",
        "--target",
        TARGET,
    ]);
    process::run(build.arg("--target-dir").arg(&target_dir))?;

    let program = target_dir.join(TARGET).join("release/freestanding");
    let symbols = process::output(Command::new("nm").arg("--demangle").arg(&program))?;
    if !symbols.contains("sse_codec::") {
        return Err(Failure::task("nm shows no symbol of sse-codec: the check would prove nothing"));
    }
    let foreign = ["std::", "alloc::", "__rust_alloc", "__libc", "malloc"];
    if let Some(line) = symbols.lines().find(|line| foreign.iter().any(|part| line.contains(part))) {
        return Err(Failure::task(format!("the freestanding program links `{line}`")));
    }
    process::run(&mut Command::new(&program))?;
    eprintln!("linked without std, ran, exit code 0");
    Ok(())
}
