//! `cargo xtask demo`: builds the command and starts its demo.

use crate::failure::Failure;
use crate::{Command, process};

pub(crate) const COMMAND: Command = Command {
    name: "demo",
    about: "Builds and starts the demo: a dashboard of live streams in the browser",
    help: "\
Usage: cargo xtask demo [ARGS]

The same as `cargo run --release -p sse-cli -- demo ARGS`. It prints the page's URL.
`cargo xtask demo -- --help` lists ARGS.",
    run,
};

fn run(args: &[String]) -> Result<(), Failure> {
    let args = args.strip_prefix(&["--".to_owned()]).unwrap_or(args);
    let mut command = process::cargo(&["run", "--release", "--locked", "-p", "sse-cli", "--", "demo"]);
    command.args(args);
    process::replace(command)
}
