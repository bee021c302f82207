//! Runs a case against the decoder, cut in every way that matters.

use std::fmt;

use crate::case::{Case, Retry};
use crate::drive::{Heard, Options, Path, drive};
use crate::oracle::Frame;
use crate::report::{Difference, Report};

/// Streams shorter than this are cut in two at every place.
const EVERY_SPLIT_BELOW: usize = 400;

/// Runs the cases: each whole, at its recorded chunks, byte by byte, and, if it has less than 400
/// bytes, cut in two at every place; each of these by every [`Path`], without comments and with.
///
/// # Panics
/// The decoder panicked.
pub fn check(cases: &[Case]) -> Report {
    // Millions of runs: shared between the cores, in the order of the cases.
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let share = cases.len().div_ceil(workers).max(1);
    let reports = std::thread::scope(|scope| {
        let workers: Vec<_> = cases.chunks(share).map(|cases| scope.spawn(|| check_share(cases))).collect();
        let join = |worker: std::thread::ScopedJoinHandle<'_, Report>| {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        workers.into_iter().map(join).collect::<Vec<_>>()
    });
    reports.into_iter().fold(Report::default(), Report::and)
}

fn check_share(cases: &[Case]) -> Report {
    let mut report = Report { cases: cases.len(), ..Report::default() };
    for case in cases {
        for cut in cuts(case) {
            let chunks = cut.chunks(case);
            for (path, comments) in Path::ALL.into_iter().flat_map(|path| [(path, false), (path, true)]) {
                report.runs += 1;
                let options = Options { comments, ..Options::default() };
                let heard = drive(path, &options, &case.stream, &chunks);
                if let Some(what) = difference(case, &heard, comments) {
                    let comments = if comments { ", with comments" } else { "" };
                    let run = format!("{cut}, {path:?}{comments}");
                    report.differences.push(Difference { case: case.name.clone(), run, what });
                }
            }
        }
    }
    report
}

/// A way to cut a stream.
#[derive(Clone, Copy, Debug)]
enum Cut {
    Whole,
    AsRecorded,
    ByteByByte,
    At(usize),
}

fn cuts(case: &Case) -> Vec<Cut> {
    let mut cuts = vec![Cut::Whole, Cut::ByteByByte];
    if case.chunks.is_some() {
        cuts.push(Cut::AsRecorded);
    }
    if case.stream.len() < EVERY_SPLIT_BELOW {
        // At the beginning and at the end too: a chunk may be empty.
        cuts.extend((0..=case.stream.len()).map(Cut::At));
    }
    cuts
}

impl Cut {
    fn chunks(self, case: &Case) -> Vec<usize> {
        let len = case.stream.len();
        match self {
            Self::Whole => vec![len],
            Self::AsRecorded => case.chunks.clone().unwrap_or_else(|| vec![len]),
            Self::ByteByByte => vec![1; len],
            Self::At(at) => vec![at, len - at],
        }
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("whole"),
            Self::AsRecorded => f.write_str("as recorded"),
            Self::ByteByByte => f.write_str("byte by byte"),
            Self::At(at) => write!(f, "cut at {at}"),
        }
    }
}

/// The first thing that is not as the case says.
fn difference(case: &Case, heard: &Heard, comments: bool) -> Option<String> {
    let frames: Vec<_> = match heard.frames.iter().cloned().collect() {
        Ok(frames) => frames,
        Err(error) => return Some(format!("  an error: {error}")),
    };
    let (mut events, mut texts, mut retry) = (Vec::new(), Vec::new(), None);
    for frame in frames {
        match frame {
            Frame::Event(event) => events.push(event),
            Frame::Comment(text) => texts.push(text),
            Frame::Retry(ms) => retry = Some(ms),
        }
    }
    let expected_texts = if comments { case.comments.as_ref() } else { Some(const { &Vec::new() }) };
    if events != case.events {
        return unlike("events", &case.events, &events);
    }
    if heard.last_event_id != case.last_event_id {
        return unlike("last event ID", &case.last_event_id, &heard.last_event_id);
    }
    if let Retry::Settled(expected) = case.retry {
        if retry != expected {
            return unlike("retry", &expected, &retry);
        }
    }
    match expected_texts {
        Some(expected) if *expected != texts => unlike("comments", expected, &texts),
        _ => None,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "reads as the answer of `difference`")]
fn unlike<T: fmt::Debug>(what: &str, expected: &T, actual: &T) -> Option<String> {
    Some(format!("  {what} expected: {expected:?}\n  {what} decoded:  {actual:?}"))
}
