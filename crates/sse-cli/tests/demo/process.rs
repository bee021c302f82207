//! The program under test.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

/// A running `sse demo`, killed when dropped.
pub(crate) struct Demo {
    child: Child,
    stdout: Option<BufReader<ChildStdout>>,
    /// What it listens on.
    pub(crate) address: SocketAddr,
    /// The two lines it begins with.
    pub(crate) greeting: [String; 2],
}

impl Demo {
    /// Starts it on a free port.
    pub(crate) fn start(options: &[&str]) -> Self {
        Self::start_on("127.0.0.1:0", options)
    }

    pub(crate) fn start_on(listen: &str, options: &[&str]) -> Self {
        let mut child = command(listen, options).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let greeting = [line(&mut stdout), line(&mut stdout)];
        let (_, rest) = greeting[0].split_once("://").expect("a URL");
        let address = rest.trim_end().trim_end_matches('/').parse().expect("an address");
        Self { child, stdout: Some(stdout), address, greeting }
    }

    /// Sends a signal by its name without SIG.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// How it ended, which must happen within five seconds.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < Duration::from_secs(5), "it still runs");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The next line of its standard output.
    pub(crate) fn line(&mut self) -> String {
        line(self.stdout.as_mut().expect("it is open"))
    }

    /// Nobody reads what it prints from now on.
    pub(crate) fn close_stdout(&mut self) {
        self.stdout = None;
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs it to its end, which is expected to come by itself.
pub(crate) fn fail(listen: &str, options: &[&str]) -> (i32, String) {
    let Output { status, stderr, .. } = command(listen, options).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stderr).unwrap())
}

fn command(listen: &str, options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sse"));
    command.args(["demo", "--listen", listen]).args(options).stdin(Stdio::null());
    command
}

fn line(stdout: &mut impl BufRead) -> String {
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    line
}
