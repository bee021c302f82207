//! Our client and our server against programs that other people wrote, over a wire that is cut.
//!
//! `cargo xtask interop` installs the programs and runs this. `interop/README.md` says what the pairs are.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a command line talks

mod deviation;
mod judge;
mod list;
mod ours;
mod pages;
mod pair;
mod pairs;
mod peers;
mod program;
mod replay;
mod setting;
mod wire;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};

use pair::Pair;
use pairs::PAIRS;
use setting::Setting;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Pairs that run at the same time: each waits more than it works.
const AT_ONCE: usize = 3;

#[tokio::main]
async fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = names.iter().find(|name| !PAIRS.iter().any(|pair| pair.name == *name)) {
        let known: Vec<_> = PAIRS.iter().map(|pair| pair.name).collect();
        eprintln!("error: no pair `{unknown}`; there are: {}", known.join(", "));
        return ExitCode::from(2);
    }
    let chosen = PAIRS.iter().filter(|pair| names.is_empty() || names.iter().any(|name| name == pair.name));
    match run(chosen).await {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failed) => {
            eprintln!("error: {failed} pairs failed");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the pairs, prints a line for each and gives the number of those that failed.
async fn run(pairs: impl Iterator<Item = &'static Pair>) -> Result<usize> {
    let setting = Setting::new()?;
    let mut failed = 0;
    let results = stream::iter(pairs).map(async |pair| {
        let start = Instant::now();
        (pair, pair.run(&setting).await, start.elapsed())
    });
    let mut results = std::pin::pin!(results.buffered(AT_ONCE));
    while let Some((pair, result, took)) = results.next().await {
        println!("{}", line(pair, &result, took));
        failed += usize::from(result.is_err());
    }
    setting.clean();
    Ok(failed)
}

fn line(pair: &Pair, result: &Result<String>, took: Duration) -> String {
    let (word, mut text) = match result {
        Ok(text) => ("ok", text.clone()),
        Err(error) => ("FAILED", error.to_string()),
    };
    for deviation in pair.deviations {
        text.push_str(&format!("; {}", deviation.text()));
    }
    format!("  {:<20} {word:<6} {:>4.1} s  {text}", pair.name, took.as_secs_f32())
}
