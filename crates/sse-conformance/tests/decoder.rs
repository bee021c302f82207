//! The decoder against every vector: ours, and what browsers did, where it is at hand.
#![allow(clippy::print_stderr, clippy::panic)] // a skip must be seen, and a helper of tests may panic

use std::path::PathBuf;

use sse_conformance::{case, check};

/// Checks the files of streams and says how many cases there were.
fn passes(files: Vec<PathBuf>) -> usize {
    let mut count = 0;
    for file in files {
        let text = case::read_text(&file).unwrap_or_else(|error| panic!("{error:?}"));
        if case::is_exchanges(&text) {
            continue;
        }
        let cases = case::parse(&file, &text).unwrap_or_else(|error| panic!("{error:?}"));
        let report = check(&cases);
        if let Some(first) = report.differences.first() {
            panic!("{}: {} cases differ, the first:\n{first}", file.display(), report.failed_cases());
        }
        assert!(report.runs >= 6 * report.cases);
        count += report.cases;
    }
    count
}

#[test]
fn passes_our_vectors() {
    assert!(passes(case::own_files().expect("vectors/ is part of the crate")) > 300);
}

#[test]
fn passes_what_browsers_did() {
    assert_eq!(passes(case::recorded_files().expect("recorded/ is part of the crate")), 2167);
    passes(case::further_files());
}

#[test]
fn a_wrong_expectation_is_seen() {
    let case = |line: &str| case::Case::from_json(line).expect("a case");
    let right = r#"{"name":"x/y","category":"x","stream":"id: 1\n: c\ndata: a\n\nretry: 5\n",
        "events":[{"type":"message","data":"a","id":"1"}],"comments":["c"],"last_event_id":"1","retry_ms":5}"#;
    assert!(check(&[case(right)]).differences.is_empty());
    for (from, to) in [
        (r#""data":"a""#, r#""data":"b""#),
        (r#""id":"1""#, r#""id":"2""#),
        (r#"["c"]"#, r#"["d"]"#),
        (r#""last_event_id":"1""#, r#""last_event_id":"""#),
        (r#""retry_ms":5"#, r#""retry_ms":null"#),
        (r#""type":"message""#, r#""type":"""#),
    ] {
        let report = check(&[case(&right.replacen(from, to, 1))]);
        assert_eq!(report.failed_cases(), 1, "{from} to {to}");
    }
}
