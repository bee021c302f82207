//! Whole HTTP exchanges, played to the client over a socket: what a browser made of them, and vectors of our own.
//!
//! What is reqwest's business may differ, and where it does is written down here: nothing else may, and nothing on
//! the lists may cease to without being taken off.
#![allow(clippy::unwrap_used)] // a test that fails is allowed to panic

use std::collections::BTreeSet;
use std::path::PathBuf;

use reqwest::Client;
use reqwest::redirect::Policy;
use sse_conformance::report::Difference;
use sse_conformance::{case, http};
use sse_reqwest::Connector;

/// Each attempt begins at the request's own URL instead of where redirects led the one before. Whoever reads the events
/// sees the same.
const FROM_THE_START: [&str; 11] = [
    "301",
    "302",
    "303",
    "307",
    "308",
    "absolute-path",
    "moved-again",
    "network-error-at-the-new-address",
    "on-reconnection",
    "relative-to-the-last",
    "twice",
];

/// What reqwest makes of a response otherwise than browsers do.
const OTHERWISE: [&str; 7] = [
    // An empty `Location` leads to the same URL again, and is no answer.
    "redirect/empty-location",
    // 421 is an answer: another connection cannot be asked for.
    "status/421",
    "status/421-behind-redirect",
    "status/421-once-more",
    // Its decoder knows `gzip` in lower case only, and one member of it.
    "coding/any-case",
    "coding/gzip-members",
    "coding/x-gzip",
];

/// As above, but the end is the same: closed, with one request less.
const ONE_REQUEST_LESS: [&str; 1] = ["status/421-twice"];

fn is_listed(difference: &Difference) -> bool {
    let name = difference.case.trim_start_matches("http/");
    let moved = name.strip_prefix("redirect/").is_some_and(|name| FROM_THE_START.contains(&name));
    if moved || ONE_REQUEST_LESS.contains(&name) {
        let (expected, actual) = difference.what.split_once("actual:\n").unwrap();
        assert_eq!(seen(expected.trim_start_matches("expected:\n")), seen(actual), "{name}");
        return true;
    }
    OTHERWISE.contains(&name)
}

/// What the reader of the events sees of an exchange.
fn seen(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with("  request for ")).collect()
}

/// Plays the files of exchanges among these. Gives how many exchanges there were, and which differed.
fn play(files: Vec<PathBuf>) -> (usize, BTreeSet<String>) {
    // As many redirects as browsers follow.
    let client = Client::builder().no_proxy().redirect(Policy::limited(20)).build().unwrap();
    let (mut cases, mut different) = (0, BTreeSet::new());
    for file in files {
        let text = case::read_text(&file).unwrap();
        if !case::is_exchanges(&text) {
            continue;
        }
        let report = http::play_to(&file, &text, |url, policy| match Connector::new(client.get(url)) {
            Ok(connector) => Ok(connector.subscribe(policy)),
            Err(error) => Err(error.to_string()),
        });
        let report = report.unwrap();
        let unexpected: Vec<_> = report.differences.iter().filter(|difference| !is_listed(difference)).collect();
        let text: Vec<_> = unexpected.iter().map(ToString::to_string).collect();
        assert!(text.is_empty(), "{}:\n{}", file.display(), text.join("\n"));
        cases += report.cases;
        different.extend(report.differences.into_iter().map(|difference| difference.case));
    }
    (cases, different)
}

#[test]
fn our_own() {
    let (cases, different) = play(case::own_files().unwrap());
    assert!(cases > 70);
    // All but those that only the recorded ones have: `redirect/twice` and `status/421`.
    let listed = FROM_THE_START.len() + OTHERWISE.len() + ONE_REQUEST_LESS.len() - 2;
    assert_eq!(different.len(), listed, "{different:?}");
}

#[test]
fn recorded_from_a_browser() {
    let (cases, different) = play(case::recorded_files().unwrap());
    assert_eq!(cases, 54);
    let expected = ["301", "303", "308", "empty-location", "twice"].map(|name| format!("redirect/{name}"));
    assert_eq!(different, expected.into_iter().chain(["status/421".to_owned()]).collect());
    play(case::further_files());
}
