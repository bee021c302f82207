//! The oracle against every vector: ours, and what browsers did, where it is at hand.
#![allow(clippy::print_stderr, clippy::panic)] // a skip must be seen, and a helper of tests may panic

use sse_conformance::case::{self, Case, Retry};
use sse_conformance::oracle;

fn agree(case: &Case) {
    let outcome = oracle::interpret(&case.stream);
    let events: Vec<_> = outcome.events().cloned().collect();
    assert_eq!(events, case.events, "{}: events", case.name);
    assert_eq!(outcome.last_event_id, case.last_event_id, "{}: last event ID", case.name);
    if let Retry::Settled(retry_ms) = case.retry {
        assert_eq!(outcome.retry_ms(), retry_ms, "{}: retry", case.name);
    }
    if let Some(comments) = &case.comments {
        let seen: Vec<_> = outcome.comments().collect();
        assert_eq!(&seen, comments, "{}: comments", case.name);
    }
}

#[test]
fn agrees_with_our_vectors() {
    let mut names = std::collections::HashSet::new();
    for file in case::own_files().expect("vectors/ is part of the crate") {
        let text = case::read_text(&file).unwrap_or_else(|error| panic!("{error:?}"));
        if case::is_exchanges(&text) {
            continue;
        }
        let cases = case::parse(&file, &text).unwrap_or_else(|error| panic!("{error:?}"));
        assert!(!cases.is_empty(), "{} is empty", file.display());
        for case in &cases {
            agree(case);
            assert!(names.insert(case.name.clone()), "{} is there twice", case.name);
            let category = file.file_stem().and_then(|stem| stem.to_str());
            assert_eq!(Some(case.category.as_str()), category, "{}", case.name);
        }
    }
    assert!(names.len() > 150, "only {} vectors", names.len());
}

#[test]
fn agrees_with_what_browsers_did() {
    let mut count = 0;
    for file in case::recorded_files().expect("recorded/ is part of the crate").into_iter().chain(case::further_files())
    {
        let text = std::fs::read_to_string(&file).expect("readable");
        if case::is_exchanges(&text) {
            continue;
        }
        for case in case::parse(&file, &text).unwrap_or_else(|error| panic!("{error:?}")) {
            agree(&case);
            count += 1;
        }
    }
    assert!(count >= 2167, "{count}");
}
