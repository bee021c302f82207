//! `cargo xtask conformance`: the corpus against the decoder, and the exchanges against the client.

use crate::failure::Failure;
use crate::{Command, process};

pub(crate) const COMMAND: Command = Command {
    name: "conformance",
    about: "Runs corpus files against the decoder and HTTP exchanges against the client",
    help: "\
Usage: cargo xtask conformance [--scan VERSION] [FILE...]

Runs each stream whole, at its recorded chunks, byte by byte, and, if it has less than 400 bytes,
cut in two at every place; each of these against borrowed and against owned events. HTTP exchanges
are played to the real client over a socket. Prints counts and the first differences.

Without FILE: the project's own vectors, what was recorded from a browser (crates/sse-conformance),
and further files of either kind in ../shared/conformance, if there are any.

VERSION is the way to look for line ends: what this processor has (the default), the `baseline` of
its kind, or `words`, which any machine can.

Exit code 1: a difference. 2: a file cannot be read, or nothing ran.",
    run,
};

/// The versions of the codec's scan, beside the one that is chosen at run time.
pub(crate) const SCANS: [&str; 2] = ["baseline", "words"];

fn run(args: &[String]) -> Result<(), Failure> {
    let (scan, args) = match args {
        [flag, version, files @ ..] if flag == "--scan" => (Some(version), files),
        [flag] if flag == "--scan" => return Err(Failure::usage("--scan needs a version: baseline or words")),
        files => (None, files),
    };
    let args = args.strip_prefix(&["--".to_owned()]).unwrap_or(args);
    let mut command = process::cargo(&["run", "--quiet", "--locked", "-p", "sse-conformance", "--all-features"]);
    if let Some(version) = scan {
        if !SCANS.contains(&version.as_str()) {
            return Err(Failure::usage(format!("no scan `{version}`; there are: {}", SCANS.join(", "))));
        }
        choose_scan(&mut command, "target", version);
    }
    command.args(["--bin", "conformance", "--"]);
    // FILE is relative to where the user is, and cargo runs in the checkout.
    let here = std::env::current_dir().unwrap_or_default();
    command.args(args.iter().map(|file| here.join(file)));
    process::replace(command)
}

/// Has cargo build this version of the scan, in a target directory of its own, or each would build everything anew.
pub(crate) fn choose_scan(command: &mut std::process::Command, target: &str, version: &str) {
    command.arg(format!("--target-dir={target}/scan-{version}"));
    command.env("RUSTFLAGS", format!("--cfg sse_codec_scan=\"{version}\""));
}
