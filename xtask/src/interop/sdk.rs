//! The official packages of language models' APIs, pointed at our server.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use super::peers;
use crate::failure::Failure;
use crate::process;

/// Which interpreter, and which script.
const SCRIPTS: &[(&str, &str)] = &[
    ("target/interop/sdk/bin/python", "sdk_openai.py"),
    ("target/interop/sdk/bin/python", "sdk_anthropic.py"),
    // The Node of the other peers: the package wants a newer one than many machines have.
    ("interop/node/node_modules/.bin/node", "sdk_openai.mjs"),
];

/// Runs all of them; the other peers are installed already.
pub(super) fn run() -> Result<(), Failure> {
    peers::npm("interop/sdk")?;
    peers::pip("interop/sdk/requirements.txt", "sdk")?;
    let server = Server::start()?;
    for (interpreter, script) in SCRIPTS {
        let mut command = Command::new(process::root().join(interpreter));
        command.arg(process::root().join("interop/sdk").join(script)).arg(&server.url);
        // What a proxy makes of it is not the question.
        process::run(command.env("NO_PROXY", "127.0.0.1"))?;
    }
    Ok(())
}

/// The example `language_model`, until this is dropped.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start() -> Result<Self, Failure> {
        let build = ["build", "--quiet", "--locked", "-p", "sse-hyper", "--example", "language_model"];
        process::run(&mut process::cargo(&build))?;
        let run = ["run", "--quiet", "--locked", "-p", "sse-hyper", "--example", "language_model", "--", "127.0.0.1:0"];
        let child = process::cargo(&run).stdout(Stdio::piped()).spawn();
        let child = child.map_err(|error| Failure::task(format!("cannot run the example language_model: {error}")))?;
        let mut server = Self { child, url: String::new() };
        if let Some(stdout) = server.child.stdout.take() {
            let _ = BufReader::new(stdout).read_line(&mut server.url);
        }
        server.url.truncate(server.url.trim_end().len());
        if server.url.is_empty() {
            return Err(Failure::task("the example language_model does not start"));
        }
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
