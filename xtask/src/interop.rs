//! `cargo xtask interop`: our client and server against other people's programs.

mod peers;
mod sdk;

use crate::failure::Failure;
use crate::{Command, process};

pub(crate) const COMMAND: Command = Command {
    name: "interop",
    about: "Runs our client and server against other people's programs",
    help: "\
Usage: cargo xtask interop [NAME...]

Each pair, all of them by default: 1,000 events from a server to a client, one of them ours, over a
connection that is cut twice in the middle of an event; everything must arrive once, in order. What
the pairs are, and what the peers do otherwise than the standard: interop/README.md.

`sdk`, part of all: the official packages of OpenAI's and Anthropic's APIs read what our server sends.

Installs the peers where they are not: by npm below interop/node and by pip below target/interop,
both in the versions recorded in interop/, and Debian's nginx, unpacked below target/interop and
not installed, but for the directory /var/lib/nginx that it wants. Browser, curl, npm and Python are
installed by apt-get, as root or through a sudo that asks nothing. What is missing and cannot be had is a failure.

Exit code 1: a pair failed. 2: there is no such pair.",
    run,
};

pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let (sdk, pairs): (Vec<_>, Vec<_>) = args.iter().partition(|name| *name == "sdk");
    // A slip of the pen is told before anything is installed for it.
    if !pairs.is_empty() {
        let names = process::output(interop().arg("--names"))?;
        if let Some(unknown) = pairs.iter().find(|pair| !names.lines().any(|name| name == **pair)) {
            let mut names: Vec<_> = names.lines().collect();
            names.dedup();
            return Err(Failure::usage(format!("no peer `{unknown}`; there are: {}, sdk", names.join(", "))));
        }
    }
    peers::install()?;
    if args.is_empty() || !sdk.is_empty() {
        sdk::run()?;
    }
    if args.is_empty() || !pairs.is_empty() {
        process::run(interop().args(pairs))?;
    }
    Ok(())
}

fn interop() -> std::process::Command {
    process::cargo(&["run", "--quiet", "--locked", "-p", "sse-interop", "--"])
}
