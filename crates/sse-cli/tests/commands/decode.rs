//! `sse decode`: the same form as `tail`, for bytes.

use crate::{run, run_with_input, text};

const STREAM: &[u8] = b"\xef\xbb\xbfretry: 5\r\nid: 1\rdata: a\n\n: c\ndata: \xff\ndata: b\n\nid: 2\ndata: unfinished";

#[test]
fn any_chunks_give_the_same_lines_and_the_state() {
    let expected = "{\"type\":\"message\",\"data\":\"a\",\"last_event_id\":\"1\"}\n\
                    {\"type\":\"message\",\"data\":\"\u{fffd}\\nb\",\"last_event_id\":\"1\"}\n\
                    {\"state\":{\"last_event_id\":\"1\",\"retry_ms\":5}}\n";
    for size in ["1", "2", "3", "7", "1000000"] {
        let output = run_with_input(&["decode", "--json", "--state", "--chunk-size", size], STREAM);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), expected), "{size}");
    }
    assert_eq!(text(&run_with_input(&["decode", "--json", "--state", "-"], STREAM).stdout), expected);
}

#[test]
fn nothing_is_a_stream_too() {
    let output = run_with_input(&["decode", "--json", "--state"], b"");
    assert_eq!(text(&output.stdout), "{\"state\":{\"last_event_id\":\"\",\"retry_ms\":null}}\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn stats_are_one_line_of_counts() {
    let output = run_with_input(&["decode", "--stats", "--json"], STREAM);
    let stats: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(stats["events"], 2);
    assert_eq!(stats["bytes"], STREAM.len());
    assert_eq!(stats["data_bytes"], 1 + 3 + 2);
    assert_eq!(stats["comments"], 1);
    assert!(stats["seconds"].is_f64() && stats["bytes_per_second"].is_f64());
    let line = run_with_input(&["decode", "--stats"], STREAM).stdout;
    assert!(text(&line).starts_with("events 2, bytes ") && text(&line).lines().count() == 1);
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let output = run(&["decode", "no/such/file"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("cannot read no/such/file"));
}
