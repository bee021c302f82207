//! The real program, `sse demo`, as a child process that never outlives the test.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

pub(crate) struct Demo {
    child: Child,
    /// Of the dashboard, with a slash at the end.
    pub(crate) url: String,
}

impl Demo {
    /// Starts it on a free port, with further options.
    pub(crate) fn start(options: &[&str]) -> Self {
        Self::listen("127.0.0.1:0", options)
    }

    /// Kills it with SIGKILL: no stream is ended properly, no farewell is sent.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("the demo runs");
        self.child.wait().expect("the demo ends");
    }

    /// Starts it again where it was.
    pub(crate) fn restart(&mut self) {
        let address = self.url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        *self = Self::listen(&address, &[]);
    }

    /// Starts it on `address`, with further options.
    pub(crate) fn listen(address: &str, options: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sse"))
            .args(["demo", "--listen", address])
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut greeting = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        stdout.read_line(&mut greeting).expect("the greeting is text");
        let url = greeting.split_whitespace().find(|word| word.starts_with("http://"));
        let url = url.unwrap_or_else(|| panic!("no URL in the greeting {greeting:?}")).to_owned();
        // The rest of the greeting fits the pipe, but a closed one would be an error to the demo.
        std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
        Self { child, url }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
