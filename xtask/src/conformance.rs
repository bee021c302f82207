//! `cargo xtask conformance`: the corpus against the decoder, and the exchanges against the client.

use crate::failure::Failure;
use crate::{Command, process};

pub(crate) const COMMAND: Command = Command {
    name: "conformance",
    about: "Runs corpus files against the decoder and HTTP exchanges against the client",
    help: "\
Usage: cargo xtask conformance [FILE...]

Runs each stream whole, at its recorded chunks, byte by byte, and, if it has less than 400 bytes,
cut in two at every place; each of these against borrowed and against owned events. HTTP exchanges
are played to the real client over a socket. Prints counts and the first differences.

Without FILE: the project's own vectors, and ../shared/conformance/*.jsonl beside the checkout.

Exit code 1: a difference. 2: a file cannot be read, or nothing ran.",
    run,
};

fn run(args: &[String]) -> Result<(), Failure> {
    let args = args.strip_prefix(&["--".to_owned()]).unwrap_or(args);
    let mut command = process::cargo(&[
        "run",
        "--quiet",
        "--locked",
        "-p",
        "sse-conformance",
        "--all-features",
        "--bin",
        "conformance",
        "--",
    ]);
    // FILE is relative to where the user is, and cargo runs in the checkout.
    let here = std::env::current_dir().unwrap_or_default();
    command.args(args.iter().map(|file| here.join(file)));
    process::replace(command)
}
