//! One test for each fault that a published codec has on the same input.

mod support;

use sse_codec::{Decoder, EventBlock};
use sse_conformance::oracle::{self, Frame};
use support::{Seen, borrowed, bytewise};

/// What a stream gives, whole and byte by byte: (event type, data, last event ID), and the last event ID after it.
fn decode(stream: &[u8]) -> (Vec<(String, String, String)>, String) {
    let run = |chunks: &[&[u8]]| {
        let (seen, id) = borrowed(&mut Decoder::new(), chunks);
        let events = seen.into_iter().filter_map(|seen| match seen {
            Seen::Frame(Frame::Event(event)) => Some((event.event_type, event.data, event.last_event_id)),
            _ => None,
        });
        (events.collect::<Vec<_>>(), id)
    };
    let whole = run(&[stream]);
    assert_eq!(whole, run(&bytewise(stream)));
    whole
}

fn data(stream: &[u8]) -> Vec<String> {
    decode(stream).0.into_iter().map(|(_, data, _)| data).collect()
}

fn retry_ms(stream: &[u8]) -> Vec<u64> {
    let (seen, _) = borrowed(&mut Decoder::new(), &[stream]);
    let retry = |seen| if let Seen::Frame(Frame::Retry(ms)) = seen { Some(ms) } else { None };
    seen.into_iter().filter_map(retry).collect()
}

fn arrives(block: EventBlock<'_>) -> Vec<String> {
    let mut out = Vec::new();
    block.encode_to_vec(&mut out);
    oracle::interpret(&out).events().map(|event| event.data.clone()).collect()
}

#[test]
fn a_bom_neither_panics_nor_loses_the_first_event() {
    assert_eq!(data(b"\xef\xbb\xbfdata: a\n\ndata: b\n\n"), ["a", "b"]);
    assert_eq!(data("data: \u{feff}\n\n".as_bytes()), ["\u{feff}"]);
}

#[test]
fn the_id_of_an_unfinished_event_is_not_taken() {
    assert_eq!(decode(b"id: 1\ndata: a\n\nid: 2\ndata: b\n").1, "1");
}

#[test]
fn a_lone_cr_ends_a_line_at_once() {
    assert_eq!(data(b"data: a\r\rdata: b\r\r"), ["a", "b"]);
}

#[test]
fn a_crlf_cut_in_two_is_one_line_end() {
    assert_eq!(data(b"data: a\r\ndata: b\r\n\r\n"), ["a\nb"]);
}

#[test]
fn an_empty_event_type_is_message() {
    assert_eq!(decode(b"event: x\nevent:\ndata: a\n\n").0[0].0, "message");
}

#[test]
fn a_nul_in_an_id_is_ignored_with_its_line() {
    assert_eq!(decode(b"id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n").1, "1");
}

#[test]
fn text_that_is_not_utf8_does_not_end_the_stream() {
    assert_eq!(data(b"data: \xff\n\ndata: b\n\n"), ["\u{fffd}", "b"]);
}

#[test]
fn a_block_with_an_id_alone_counts() {
    assert_eq!(decode(b"id: 7\n\ndata: a\n\n"), (vec![("message".into(), "a".into(), "7".into())], "7".into()));
}

#[test]
fn retry_counts_alone_with_and_without_its_space_and_is_in_milliseconds() {
    assert_eq!(retry_ms(b"retry: 1000\n\nretry:5\n"), [1000, 5]);
}

#[test]
fn many_data_lines_are_linear() {
    // 200,000 lines, each of which a quadratic join would copy again.
    assert_eq!(data(&[b"data: x\n".repeat(200_000).as_slice(), b"\n"].concat())[0].len(), 399_999);
}

#[test]
fn empty_data_can_be_sent() {
    assert_eq!(arrives(EventBlock::new().data("")), [""]);
}

#[test]
fn crlf_in_data_is_one_line_break() {
    assert_eq!(arrives(EventBlock::new().data("a\r\nb")), ["a\nb"]);
}

#[test]
fn cr_in_data_injects_nothing() {
    assert_eq!(arrives(EventBlock::new().data("a\rdata: b\r\rdata: c")), ["a\ndata: b\n\ndata: c"]);
}

#[test]
fn a_line_end_in_a_name_or_id_is_an_error_not_a_panic_and_not_an_injection() {
    for bad in ["a\nb", "a\rb", "a\r\nb"] {
        assert!(EventBlock::new().event_type(bad).is_err());
        assert!(EventBlock::new().id(bad).is_err());
    }
}
