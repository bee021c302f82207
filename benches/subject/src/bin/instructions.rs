//! The gate: what our codec costs in instructions, compared with what is recorded.
//!
//!     instructions check|record DIRECTORY
//!
//! Times differ from run to run and from machine to machine; the instructions of one program do not. They do differ
//! between compilers, C libraries and processors with other instruction sets, so the record names those.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, hint::black_box};

use subject::callgrind::{self, counted};
use subject::decode::{self, line_by_the_byte};
use subject::encode;
use subject::shapes::{self, Cut, Shape};
use subject::source;

/// How many percent more than recorded are too many.
const MARGIN: f64 = 3.0;
/// The same where the compiler or the C library is another one than that of the record.
const WIDE_MARGIN: f64 = 15.0;
/// How many percent a byte of a long line may cost more or less than one of a short line.
const LINEAR: f64 = 10.0;

const SHORT_LINE: usize = 100 * 1024;
const LONG_LINE: usize = 10 * 1024 * 1024;

/// One thing to count.
type Case = (String, Box<dyn FnMut()>);

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for shape in shapes::all() {
        for cut in [Cut::Every(16 * 1024), Cut::Event, Cut::Every(1)] {
            for candidate in [decode::LENT, decode::OWNED, decode::TOKIO] {
                cases.push(decoding(&shape, cut, candidate));
            }
        }
        for cut in [Cut::Every(16 * 1024), Cut::Event] {
            cases.push(decoding(&shape, cut, source::SOURCE));
            cases.push(decoding(&shape, cut, source::UPDATES));
        }
    }
    for (kind, candidate) in [("reused", encode::REUSED), ("fresh", encode::FRESH), ("slices", encode::SLICES)] {
        for message in encode::messages() {
            let name = format!("encode/{}/{kind}", message.shape);
            cases.push((name, Box::new(move || _ = (candidate.encode)(&message, 16))));
        }
    }
    for length in [SHORT_LINE, LONG_LINE] {
        cases.push((format!("line/{length}"), Box::new(move || _ = black_box(line_by_the_byte(length)))));
    }
    cases
}

fn decoding(shape: &Shape, cut: Cut, candidate: decode::Candidate) -> Case {
    let chunks = shape.chunks(cut);
    let name = format!("decode/{}/{}/{}", shape.name, cut.name(), name_of(candidate.name));
    (name, Box::new(move || _ = black_box((candidate.decode)(&chunks))))
}

fn name_of(candidate: &str) -> &str {
    candidate.strip_prefix("ours, ").unwrap_or(candidate)
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let result = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [callgrind::INNER] => {
            for (name, mut work) in cases() {
                // What is found out once (the processor's features) is found out before.
                if !name.starts_with("line/") {
                    work();
                }
                counted(&mut *work);
            }
            Ok(())
        }
        ["check", directory] => check(Path::new(directory)),
        ["record", directory] => record(Path::new(directory)),
        _ => Err("usage: instructions check|record DIRECTORY".to_owned()),
    };
    if let Err(message) = result {
        eprintln!("error: {message}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// What is known of one processor's instruction counts.
#[derive(Default)]
struct Counts {
    /// Compiler and C library.
    made_with: Vec<String>,
    cases: BTreeMap<String, u64>,
}

impl Counts {
    fn now() -> Result<Self, String> {
        let counts = callgrind::count()?;
        let names: Vec<_> = cases().into_iter().map(|(name, _)| name).collect();
        if counts.len() < names.len() || counts.iter().take(names.len()).any(|&count| count == 0) {
            return Err(format!("callgrind counted {} of {} cases", counts.len(), names.len()));
        }
        let made_with = vec![
            callgrind::version(&std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned()), &["--version"]),
            callgrind::version("getconf", &["GNU_LIBC_VERSION"]),
        ];
        Ok(Self { made_with, cases: names.into_iter().zip(counts).collect() })
    }

    fn parse(text: &str) -> Self {
        let mut counts = Self::default();
        for line in text.lines() {
            if let Some(made_with) = line.strip_prefix("# with: ") {
                counts.made_with.push(made_with.to_owned());
            } else if let Some((name, Ok(count))) =
                line.split_once(' ').map(|(name, count)| (name, count.trim().parse()))
            {
                counts.cases.insert(name.to_owned(), count);
            }
        }
        counts
    }

    fn text(&self) -> String {
        let mut text =
            "# Instructions by callgrind. Written by `cargo xtask bench --instructions --record`.\n".to_owned();
        for made_with in &self.made_with {
            text.push_str(&format!("# with: {made_with}\n"));
        }
        for (name, count) in &self.cases {
            text.push_str(&format!("{name:<32} {count:>12}\n"));
        }
        text
    }

    /// A line that arrives byte by byte costs the same per byte however long it is.
    fn is_linear(&self) -> Result<(), String> {
        let per_byte = |length: usize| match self.cases.get(&format!("line/{length}")) {
            Some(&count) => count as f64 / length as f64,
            None => f64::NAN,
        };
        let (short, long) = (per_byte(SHORT_LINE), per_byte(LONG_LINE));
        println!(
            "instructions per one-byte chunk: {short:.2} in a line of {SHORT_LINE} bytes, {long:.2} in one of {LONG_LINE}"
        );
        if ((long / short - 1.0) * 100.0).abs() <= LINEAR {
            return Ok(());
        }
        Err(format!("the cost per byte of a line depends on its length: {short:.2} and {long:.2}"))
    }
}

fn file(directory: &Path) -> PathBuf {
    directory.join(callgrind::processor()).with_extension("txt")
}

fn record(directory: &Path) -> Result<(), String> {
    let now = Counts::now()?;
    now.is_linear()?;
    let file = file(directory);
    fs::create_dir_all(directory).and_then(|()| fs::write(&file, now.text())).map_err(|error| error.to_string())?;
    println!("recorded {} counts in {}", now.cases.len(), file.display());
    Ok(())
}

fn check(directory: &Path) -> Result<(), String> {
    let now = Counts::now()?;
    now.is_linear()?;
    let file = file(directory);
    let Ok(text) = fs::read_to_string(&file) else {
        // The counts of another instruction set say nothing about this one.
        println!("NOT COMPARED: nothing is recorded for this processor ({}).", callgrind::processor());
        println!("`cargo xtask bench --instructions --record` begins {}.", file.display());
        // What is left out is a failure where nobody reads along.
        return if std::env::var_os("CI").is_some() { Err("nothing was compared".to_owned()) } else { Ok(()) };
    };
    let then = Counts::parse(&text);
    let mut margin = MARGIN;
    if then.made_with != now.made_with {
        margin = WIDE_MARGIN;
        println!("ANOTHER COMPILER OR C LIBRARY: recorded with {:?}, this is {:?}.", then.made_with, now.made_with);
        println!(
            "Only {margin} % more fail now, not {MARGIN}. Record anew with a commit whose counts are known to be good."
        );
    }
    let (mut failed, mut cheaper) = (Vec::new(), 0);
    for (name, &count) in &now.cases {
        let Some(&recorded) = then.cases.get(name) else {
            failed.push(format!("{name}: not recorded yet"));
            continue;
        };
        let change = (count as f64 / recorded as f64 - 1.0) * 100.0;
        if change.abs() >= 0.5 {
            println!("{name:<32} {recorded:>12} -> {count:>12} {change:+7.1} %");
        }
        cheaper += usize::from(change < -margin);
        if change > margin {
            failed.push(format!("{name}: {change:+.1} %"));
        }
    }
    if cheaper > 0 {
        println!("{cheaper} are more than {margin} % cheaper: record them, and they stay so.");
    }
    failed.extend(then.cases.keys().filter(|name| !now.cases.contains_key(*name)).map(|name| format!("{name}: gone")));
    if failed.is_empty() {
        println!("{} counts, none more than {margin} % over the record", now.cases.len());
        return Ok(());
    }
    Err(format!(
        "{}\nIf that is what the change is worth: `cargo xtask bench --instructions --record`, and say so in the commit.",
        failed.join("\n")
    ))
}
