//! Firmware for a microcontroller: a decoder without an allocator, and a session on a small heap.

use std::path::Path;
use std::process::{Command, Stdio};

use super::counts::Counts;
use super::debian::Toolchain;
use crate::failure::Failure;
use crate::{process, tools};

/// Cortex-M4 and M7 without a floating-point unit.
const TARGET: &str = "thumbv7em-none-eabi";

/// The decoder's own functions stay below this many bytes.
const CODE_LIMIT: usize = 8 * 1024;

/// And with what they take from core and from other crates, below this many.
const FLASH_LIMIT: usize = 12 * 1024;

pub(super) fn run() -> Result<String, Failure> {
    tools::install(&[("qemu-system-arm", "qemu-system-arm"), ("nm", "binutils")])?;
    let rust = Toolchain::with_source()?;
    // One by one: together, the session's allocator would be the decoder's too.
    for package in ["decoder", "session"] {
        process::run(&mut rust.cargo_for_bare_metal(TARGET, "ld.lld", package))?;
    }
    let images = rust.target_dir().join(TARGET).join("release");
    let empty = play(&images.join("empty"))?;
    let decoder = play(&images.join("decoder"))?;
    let vectors = play(&images.join("conformance"))?;
    let session = play(&images.join("session"))?;

    let code = code_of_codec(&images.join("decoder"))?;
    let flash = |image: &Counts| image.of("flash").saturating_sub(empty.of("flash"));
    let ram = |image: &Counts| format!("{} bytes static and {} of stack", image.of("static"), image.of("stack"));
    let shown = [
        format!("{} vectors in {} runs", vectors.of("cases"), vectors.of("runs")),
        format!(
            "decoder: {code} bytes of code (limit {CODE_LIMIT}), {} of flash with what it takes from core (limit {FLASH_LIMIT})",
            flash(&decoder)
        ),
        format!("decoder: {}, its buffers included", ram(&decoder)),
        format!(
            "session: {} bytes of flash, {}; of its heap it used {}",
            flash(&session),
            ram(&session),
            session.of("heap")
        ),
    ];
    if code == 0 || code >= CODE_LIMIT {
        return Err(Failure::task(format!("the decoder has {code} bytes of code; it may have 1 to {CODE_LIMIT}")));
    }
    if flash(&decoder) >= FLASH_LIMIT {
        return Err(Failure::task(format!("the decoder takes {} bytes of flash, of {FLASH_LIMIT}", flash(&decoder))));
    }
    if vectors.of("cases") == 0 {
        return Err(Failure::task("no vector ran"));
    }
    Ok(shown.join("\n"))
}

/// Runs a firmware until it leaves the emulator, which then ends with its exit code.
fn play(image: &Path) -> Result<Counts, Failure> {
    let mut counts = Counts::default();
    // A firmware that hangs must not hang the task.
    let mut emulator = Command::new("timeout");
    emulator.args(["300", "qemu-system-arm", "-machine", "mps2-an386", "-display", "none", "-monitor", "none"]);
    emulator.args(["-serial", "none", "-semihosting-config", "enable=on,target=native", "-kernel"]).arg(image);
    process::run_seeing(emulator.stdin(Stdio::null()), |line| counts.see(line))?;
    Ok(counts)
}

/// Bytes in the functions of sse-codec that are left after linking.
fn code_of_codec(image: &Path) -> Result<usize, Failure> {
    let symbols = process::output(Command::new("nm").args(["--demangle", "--print-size"]).arg(image))?;
    Ok(symbols.lines().filter_map(function_of_codec).sum())
}

/// The size in a line `ADDRESS SIZE KIND NAME`, if it is of such a function.
fn function_of_codec(line: &str) -> Option<usize> {
    let mut words = line.splitn(4, ' ').skip(1);
    let size = usize::from_str_radix(words.next()?, 16).ok()?;
    let is_code = matches!(words.next()?, "t" | "T");
    (is_code && words.next()?.contains("sse_codec")).then_some(size)
}

#[cfg(test)]
mod tests {
    use super::function_of_codec;

    #[test]
    fn reads_what_nm_prints() {
        let settle = "00001691 00000528 t <sse_codec::decode::Decoder<sse_codec::scratch::FixedBuf>>::settle";
        assert_eq!(function_of_codec(settle), Some(0x528));
        assert_eq!(function_of_codec("00000040 000003c0 R __INTERRUPTS"), None);
        assert_eq!(function_of_codec("00003098 00000048 t core::str::converts::from_utf8"), None);
        assert_eq!(function_of_codec("20000000 T _stack_end"), None);
    }
}
