//! Runs corpus files and prints counts and the first differences.
//!
//! Exit code 0: no difference. 1: a difference. 2: a file cannot be used, or nothing ran.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a command line talks

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use sse_conformance::case::{self, CorpusError};
use sse_conformance::report::Report;

/// So many differences are shown of a file.
const SHOWN: usize = 5;

fn main() -> ExitCode {
    let files = match files(std::env::args_os().skip(1).map(PathBuf::from).collect()) {
        Ok(files) => files,
        Err(error) => {
            eprintln!("error: the project's own vectors cannot be read: {error}");
            return ExitCode::from(2);
        }
    };
    let (mut total, mut unusable) = (Report::default(), 0);
    for file in &files {
        match run(file) {
            Ok(report) => {
                show(file, &report);
                total = total.and(report);
            }
            Err(error) => {
                unusable += 1;
                println!("{}: FAILED", short(file));
                eprintln!("error: {}", chain(&error));
            }
        }
    }
    println!(
        "{} cases in {} files, {} runs: {} cases differ, {unusable} files unusable",
        total.cases,
        files.len() - unusable,
        total.runs,
        total.failed_cases(),
    );
    if unusable > 0 || total.cases == 0 {
        if total.cases == 0 {
            eprintln!("error: no case ran");
        }
        return ExitCode::from(2);
    }
    if total.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The files that were asked for, or all that there are.
fn files(named: Vec<PathBuf>) -> std::io::Result<Vec<PathBuf>> {
    if !named.is_empty() {
        return Ok(named);
    }
    let mut files = case::own_files()?;
    files.extend(case::recorded_files()?);
    files.extend(case::further_files());
    Ok(files)
}

fn run(file: &Path) -> Result<Report, CorpusError> {
    let text = case::read_text(file)?;
    if !case::is_exchanges(&text) {
        return Ok(sse_conformance::check(&case::parse(file, &text)?));
    }
    #[cfg(feature = "http")]
    return sse_conformance::http::play(file, &text);
    #[cfg(not(feature = "http"))]
    Err(CorpusError::NotRun { path: file.to_owned(), why: "HTTP exchanges need the feature `http`" })
}

fn show(file: &Path, report: &Report) {
    let result = match report.failed_cases() {
        0 => "ok".to_owned(),
        failed => format!("{failed} DIFFER"),
    };
    println!("{:<44} {:>5} cases {:>8} runs  {result}", short(file), report.cases, report.runs);
    for difference in report.differences.chunk_by(|a, b| a.case == b.case).take(SHOWN) {
        println!("- {}", difference[0]);
        if difference.len() > 1 {
            println!("  and {} other ways to run it", difference.len() - 1);
        }
    }
}

/// The file and the directory that it is in.
fn short(file: &Path) -> String {
    let parts: Vec<_> = file.iter().map(|part| part.to_string_lossy()).collect();
    parts[parts.len().saturating_sub(2)..].join("/")
}

/// An error and what caused it.
fn chain(error: &dyn Error) -> String {
    let sources = std::iter::successors(error.source(), |&error| error.source());
    sources.fold(error.to_string(), |text, source| format!("{text}: {source}"))
}
