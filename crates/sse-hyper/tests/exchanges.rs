//! Whole HTTP exchanges, played to the client over a socket: what a browser made of them, and vectors of our own.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used)] // a test that fails is allowed to panic

use std::path::{Path, PathBuf};

use sse_conformance::{case, http};

/// Plays the files of exchanges among these. Gives how many exchanges there were.
fn play(files: Vec<PathBuf>) -> usize {
    let mut cases = 0;
    for file in files {
        let text = case::read_text(&file).unwrap();
        if !case::is_exchanges(&text) {
            continue;
        }
        let report = http::play(&file, &text).unwrap();
        let differences: Vec<_> = report.differences.iter().map(ToString::to_string).collect();
        assert!(differences.is_empty(), "{}:\n{}", file.display(), differences.join("\n"));
        cases += report.cases;
    }
    cases
}

#[test]
fn our_own() {
    assert!(play(case::own_files().unwrap()) > 70);
}

#[test]
fn recorded_from_a_browser() {
    assert_eq!(play(case::recorded_files().unwrap()), 54);
    play(case::further_files());
}

#[test]
fn the_player_sees_a_difference() {
    let exchange = |log: &str, requests: &str| {
        format!(
            r#"{{"name":"a","end":"closed","connections":[[{{"send":"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nid: 1\ndata: a\n\n"}}]],
            "log":[{{"open":true}},{log},{{"error":true,"readyState":0}},{{"error":true,"readyState":2}}],
            "requests":[{{"path":"start","last_event_id":null}},{requests}]}}"#
        )
        .replace('\n', " ")
    };
    let right = (r#"{"type":"message","data":"a","id":"1"}"#, r#"{"path":"start","last_event_id":"1"}"#);
    for (log, requests, differs) in [
        (right.0, right.1, 0),
        (r#"{"type":"message","data":"b","id":"1"}"#, right.1, 1),
        (right.0, r#"{"path":"start","last_event_id":null}"#, 1),
        (right.0, r#"{"path":"moved","last_event_id":"1"}"#, 1),
    ] {
        let report = http::play(Path::new("a.jsonl"), &exchange(log, requests)).unwrap();
        assert_eq!((report.cases, report.failed_cases()), (1, differs), "{log} {requests}");
    }
    assert!(http::play(Path::new("a.jsonl"), "{}").is_err(), "not an exchange");
}
