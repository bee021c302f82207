//! The command `sse`. One file per subcommand; what they print is in `output.rs`.
// The command line prints; the libraries do not.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod decode;
mod demo;
mod encode;
mod exit;
mod output;
mod tail;
mod transport;

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
    Demo(demo::DemoArgs),
    Encode(encode::EncodeArgs),
    Tail(Box<tail::TailArgs>),
}

fn main() -> Exit {
    match Cli::parse().command {
        Command::Decode(args) => decode::run(&args).into(),
        Command::Demo(args) => block_on(demo::run(args)),
        Command::Encode(args) => encode::run(&args).into(),
        Command::Tail(args) => tail::run(*args),
    }
}

/// Runs a subcommand that does more than one thing at a time.
fn block_on<E: std::error::Error + Send + Sync + 'static>(command: impl Future<Output = Result<(), E>>) -> Exit {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return Exit::failed(error),
    };
    match runtime.block_on(command) {
        Ok(()) => Exit::Done,
        Err(error) => Exit::failed(error),
    }
}
