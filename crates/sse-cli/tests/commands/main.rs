//! `sse tail`, `sse decode` and `sse encode` as a shell runs them: output, exit status, signals, closed pipes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod decode;
mod demo;
mod encode;
#[allow(dead_code)] // the demo's own tests use all of it
#[path = "../demo/process.rs"]
mod process;
mod server;
mod tail;
mod transport;

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn sse() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sse"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(args: &[&str]) -> Output {
    sse().args(args).output().unwrap()
}

fn run_with_input(args: &[&str], input: &[u8]) -> Output {
    let mut child = sse().args(args).stdin(Stdio::piped()).spawn().unwrap();
    // A command that fails early does not read it.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn wrong_usage_is_2_and_says_what_is_right() {
    for (args, says) in [
        (&["tail"][..], "<URL>"),
        (&["tail", "localhost:80"], "must begin with http:// or https://"),
        (&["tail", "ftp://x/"], "must begin with http:// or https://"),
        (&["tail", "-H", "nocolon", "http://x/"], "'Name: value'"),
        (&["tail", "-n", "0", "http://x/"], "0 is not in 1.."),
        (&["tail", "--last-event-id", "a\nb", "http://x/"], "cannot contain CR, LF or NUL"),
        (&["tail", "--max-reconnects", "-1", "http://x/"], "'-1'"),
        (&["tail", "--key", "key.pem", "http://x/"], "--cert"),
        (&["tail", "--proxy", "ftp://user:secret@x", "http://x/"], "\"ftp://x/\" is no URL of a proxy"),
        (&["decode", "--chunk-size", "0"], "0 is not in 1.."),
        (&["encode", "--type", "a\rb"], "cannot contain CR or LF"),
        (&["encode", "--id", "a\nb"], "cannot contain CR, LF or NUL"),
        (&["nosuch"], "nosuch"),
        (&["demo", "--listen", "localhost:80"], "such as 127.0.0.1:8080"),
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty(), "{args:?}");
        assert!(text(&output.stderr).contains(says), "{args:?}: {}", text(&output.stderr));
    }
}

#[test]
fn help_names_every_option() {
    let help = run(&["tail", "--help"]);
    assert_eq!(help.status.code(), Some(0));
    for option in [
        "-X, --method",
        "-d, --data",
        "-H, --header",
        "-k, --insecure",
        "--cacert",
        "-E, --cert",
        "--key",
        "-x, --proxy",
        "--unix-socket",
        "--last-event-id",
        "--once",
        "-n, --count",
        "--max-reconnects",
        "--retry",
        "--idle-timeout",
        "--max-event-bytes",
        "--type",
        "--json",
    ] {
        assert!(text(&help.stdout).contains(option), "{option}");
    }
}
