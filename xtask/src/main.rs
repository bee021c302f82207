//! `cargo xtask`: the tasks of this workspace, one file per command.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a command line talks

mod bench;
mod ci;
mod conformance;
mod demo;
mod failure;
mod freestanding;
mod fuzz;
mod interop;
mod machines;
mod mutants;
mod process;
mod test;
mod tools;

use std::process::ExitCode;

use failure::Failure;

/// One command: what it is called, what it says of itself, what it does with its arguments.
struct Command {
    name: &'static str,
    about: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Result<(), Failure>,
}

const COMMANDS: &[Command] = &[
    test::COMMAND,
    demo::COMMAND,
    ci::COMMAND,
    fuzz::COMMAND,
    mutants::COMMAND,
    bench::COMMAND,
    machines::COMMAND,
    conformance::COMMAND,
    interop::COMMAND,
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit_code()
        }
    }
}

fn dispatch(args: &[String]) -> Result<(), Failure> {
    let Some((name, rest)) = args.split_first() else {
        print!("{}", overview());
        return Err(Failure::usage("which command?"));
    };
    if matches!(name.as_str(), "-h" | "--help" | "help") {
        print!("{}", overview());
        return Ok(());
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        let names: Vec<_> = COMMANDS.iter().map(|command| command.name).collect();
        return Err(Failure::usage(format!("no command `{name}`; there are: {}", names.join(", "))));
    };
    // Behind `--` the arguments belong to somebody else.
    let ours = rest.split(|arg| arg == "--").next().unwrap_or_default();
    if ours.iter().any(|arg| arg == "-h" || arg == "--help") {
        println!("{}\n\n{}", command.about, command.help);
        return Ok(());
    }
    (command.run)(rest)
}

fn overview() -> String {
    let mut text = String::from("Usage: cargo xtask COMMAND [ARGS]\n\nCommands:\n");
    for command in COMMANDS {
        text.push_str(&format!("  {:<12} {}\n", command.name, command.about));
    }
    text.push_str("\n`cargo xtask COMMAND --help` says more.\n");
    text
}
