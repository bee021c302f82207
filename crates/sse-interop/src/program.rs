//! Peers that are programs: they print a line for each thing, and end when their standard input does.

use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinSet;

use crate::Result;
use crate::pair::{Client, Server};
use crate::replay::Released;
use crate::setting::Setting;
use crate::wire::{Address, PATH};

/// A program that is running; it is killed when this is dropped.
struct Program {
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Program {
    fn start(setting: &Setting, path: &str, argument: Option<String>) -> Result<Self> {
        let mut command = script(setting, path);
        command.args(argument).arg(setting.list_file());
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(setting.complaints()?)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("cannot run {path}: {error}; `cargo xtask interop` installs it"))?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("a child without pipes".into());
        };
        Ok(Self { child, stdin, lines: BufReader::new(stdout).lines() })
    }

    /// What it exited with, as an error: it should not have ended yet.
    async fn ended(mut self) -> Result<()> {
        Err(format!("the program ended: {}", self.child.wait().await?).into())
    }
}

/// Node, or the Python of the peers, with one of their scripts.
fn script(setting: &Setting, path: &str) -> Command {
    let interpreter = if Path::new(path).extension().is_some_and(|extension| extension == "py") {
        setting.installed("python/bin/python")
    } else {
        setting.source("node/node_modules/.bin/node")
    };
    let mut command = Command::new(interpreter);
    command.arg(setting.source(path));
    command
}

/// A server that is told the file of the list, prints its port, and goes past the hold when it reads a line.
pub(crate) async fn server(setting: &Setting, path: &str, mut released: Released) -> Result<Server> {
    let mut program = Program::start(setting, path, None)?;
    let Some(line) = program.lines.next_line().await? else {
        program.ended().await?;
        return Err(format!("{path} printed no port").into());
    };
    let port = line.parse::<u16>().map_err(|_| format!("{path} printed {line:?} and no port"))?;
    let mut running = JoinSet::new();
    running.spawn(async move {
        released.wait_for(|released| *released).await?;
        program.stdin.write_all(b"\n").await?;
        program.ended().await
    });
    Ok(Server { address: Address::Tcp(([127, 0, 0, 1], port).into()), running })
}

/// A client that is told the URL of the stream and the file of the list, and prints each event as a line of JSON.
pub(crate) async fn client(setting: &Setting, path: &str, origin: String) -> Result<Client> {
    let mut program = Program::start(setting, path, Some(format!("{origin}{PATH}")))?;
    Ok(Client::spawn(async move |events| {
        while let Some(line) = program.lines.next_line().await? {
            events.send(serde_json::from_str(&line).map_err(|error| format!("{line:?} is no event: {error}"))?)?;
        }
        program.ended().await
    }))
}
