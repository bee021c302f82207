//! `cargo xtask bench`: decoding and encoding beside the other crates.

use crate::failure::Failure;
use crate::{Command, process};

pub(crate) const COMMAND: Command = Command {
    name: "bench",
    about: "Measures decoding and encoding, ours and the peers', in one run",
    help: "\
Usage: cargo xtask bench [ARGS]

Runs `cargo bench` in benches/, a workspace of its own. ARGS are criterion's: a filter such as
`decode/openai`, `--quick`, `--save-baseline NAME`, ...",
    run,
};

fn run(args: &[String]) -> Result<(), Failure> {
    let mut command = process::cargo(&["bench", "--locked", "--manifest-path", "benches/Cargo.toml"]);
    if !args.is_empty() {
        command.arg("--").args(args);
    }
    process::run(&mut command)
}
