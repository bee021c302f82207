//! The report: every candidate in turn, in one run.
//!
//!     report              everything, written to benches/results/
//!     report SHAPE        one shape decoded, to the terminal
//!     report encode       encoding, to the terminal

mod chart;
mod goals;
mod measure;
mod node;
mod rows;
mod text;

use std::error::Error;
use std::path::Path;

use rows::{Row, WAYS};
use subject::machine::Machine;
use subject::shapes::{self, CUTS};
use subject::{callgrind, encode};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some(callgrind::INNER) => {
            rows::count_instructions();
            return Ok(());
        }
        Some("encode") => print!("{}", text::encoding(&encoded())),
        Some(word) => print!("{}", text::decoding(&decoded(|shape| shape == word))),
        None => write()?,
    }
    Ok(())
}

fn write() -> Result<(), Box<dyn Error>> {
    let machine = Machine::this();
    let decoded = decoded(|_| true);
    let encoded = encoded();
    eprintln!("instructions");
    let counted = rows::instructions();
    let verdicts = goals::verdicts(&decoded, &encoded);
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
    std::fs::create_dir_all(&results)?;
    let report = results.join(&machine.name).with_extension("md");
    std::fs::write(&report, text::report(&machine, &verdicts, &decoded, &encoded, &counted))?;
    let chart = report.with_extension("svg");
    chart::draw(&chart, &decoded)?;
    for verdict in verdicts.iter().filter(|verdict| !verdict.is_met()) {
        println!("missed: {}, {}: {:.2} of {:.1}", verdict.goal, verdict.shape, verdict.reached, verdict.floor);
    }
    println!("wrote {} and {}", report.display(), chart.display());
    Ok(())
}

fn decoded(wanted: impl Fn(&str) -> bool) -> Vec<Row> {
    let mut rows = Vec::new();
    for cut in CUTS {
        for shape in shapes::all().iter().filter(|shape| wanted(shape.name)) {
            eprintln!("decode/{}/{}", shape.name, cut.name());
            rows.push(rows::decode(shape, cut));
        }
    }
    rows
}

fn encoded() -> Vec<Row> {
    let mut rows = Vec::new();
    for way in WAYS {
        for message in encode::messages() {
            eprintln!("encode/{}/{way}", message.shape);
            rows.push(rows::encode(&message, way));
        }
    }
    rows
}
