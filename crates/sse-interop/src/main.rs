//! Our client and our server against programs that other people wrote, over a wire that is cut.
//!
//! `cargo xtask interop` installs the programs and runs this; with `--names` it prints what there is. `interop/README.md` says
//! what the pairs are.
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
use setting::Setting;

type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Error>;

/// Pairs that run at the same time: each waits more than it works.
const AT_ONCE: usize = 3;

#[tokio::main]
async fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let mut pairs = pairs::pairs();
    if names == ["--names"] {
        pairs.iter().for_each(|pair| println!("{}", pair.peer));
        return ExitCode::SUCCESS;
    }
    if let Some(unknown) = names.iter().find(|name| !pairs.iter().any(|pair| pair.peer == *name)) {
        let mut known: Vec<_> = pairs.iter().map(|pair| pair.peer).collect();
        known.dedup();
        eprintln!("error: no peer `{unknown}`; there are: {}", known.join(", "));
        return ExitCode::from(2);
    }
    pairs.retain(|pair| names.is_empty() || names.iter().any(|name| name == pair.peer));
    match run(&pairs).await {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failed) => {
            eprintln!("error: {failed} of {} pairs failed", pairs.len());
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the pairs, prints a line for each and gives the number of those that failed.
async fn run(pairs: &[Pair]) -> Result<usize> {
    let setting = Setting::new()?;
    let mut failed = 0;
    let results = stream::iter(pairs).enumerate().map(async |(number, pair)| {
        let start = Instant::now();
        let setting = setting.of_pair(number)?;
        let result = pair.run(&setting).await.map_err(|error| format!("{error}{}", setting.last_complaints()));
        Ok::<_, Error>((pair, result, start.elapsed()))
    });
    let mut results = std::pin::pin!(results.buffered(AT_ONCE));
    while let Some(result) = results.next().await {
        let (pair, result, took) = result?;
        println!("{}", line(pair, &result, took));
        failed += usize::from(result.is_err());
    }
    setting.clean();
    Ok(failed)
}

fn line(pair: &Pair, result: &std::result::Result<String, String>, took: Duration) -> String {
    let (word, mut text) = match result {
        Ok(text) => ("ok", text.clone()),
        Err(error) => ("FAILED", error.clone()),
    };
    for deviation in pair.deviations {
        text.push_str(&format!("; {}", deviation.text()));
    }
    format!("  {:<21} {:<11} {word:<6} {:>4.1} s  {text}", pair.peer, pair.ours, took.as_secs_f32())
}
