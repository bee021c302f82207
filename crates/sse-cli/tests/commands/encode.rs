//! `sse encode`: the input as one event, which `sse decode` gives back.

use crate::{run_with_input, text};

#[test]
fn fields_come_in_order() {
    let output = run_with_input(&["encode", "--type", "t", "--id", "i", "--retry", "9"], b"a\r\nb\r");
    assert_eq!(text(&output.stdout), "retry: 9\nid: i\nevent: t\ndata: a\ndata: b\ndata: \n\n");
}

#[test]
fn what_is_encoded_is_decoded() {
    for data in ["", " x", "a\n", "a\n\nb", "data: x\n\ndata: y"] {
        let encoded = run_with_input(&["encode"], data.as_bytes()).stdout;
        let decoded = run_with_input(&["decode", "--json"], &encoded).stdout;
        let event: serde_json::Value = serde_json::from_slice(&decoded).unwrap();
        assert_eq!(event, serde_json::json!({"type": "message", "data": data, "last_event_id": ""}));
    }
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let output = run_with_input(&["encode"], b"a\xff");
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), ""));
    assert!(text(&output.stderr).contains("not UTF-8 at byte 1"));
}
