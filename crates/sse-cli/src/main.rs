//! The command `sse`. One file per subcommand; what they print is in `output.rs`.
// The command line prints; the libraries do not.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod decode;
mod encode;
mod exit;
mod output;

use clap::{Parser, Subcommand};

use exit::Exit;

/// Follow, decode, encode and serve Server-Sent Events.
#[derive(Debug, Parser)]
#[command(name = "sse", version, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Decode(decode::DecodeArgs),
    Encode(encode::EncodeArgs),
}

fn main() -> Exit {
    match Cli::parse().command {
        Command::Decode(args) => decode::run(&args).into(),
        Command::Encode(args) => encode::run(&args).into(),
    }
}
