//! What is encoded arrives as it was given, and nothing else arrives.

use std::time::Duration;

use proptest::prelude::*;
use sse_codec::{BufferTooSmall, EventBlock, FieldError};
use sse_conformance::oracle::{self, Frame};

fn encode(block: &EventBlock<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    block.encode_to_vec(&mut out);
    out
}

fn data_after_the_road(data: &str) -> Option<String> {
    let outcome = oracle::interpret(&encode(&EventBlock::new().data(data)));
    let events: Vec<_> = outcome.events().map(|event| event.data.clone()).collect();
    assert!(events.len() <= 1);
    events.into_iter().next()
}

#[test]
fn data_of_every_shape_survives() {
    for (given, arrives) in [
        ("", ""),
        (" ", " "),
        ("  x", "  x"),
        ("\n", "\n"),
        ("\n\n", "\n\n"),
        ("a\n", "a\n"),
        ("\na", "\na"),
        ("a\r\nb", "a\nb"),
        ("a\rb", "a\nb"),
        ("a\n\rb", "a\n\nb"),
        ("a\r\r\nb", "a\n\nb"),
        ("data: x", "data: x"),
        (": x", ": x"),
        ("\0", "\0"),
        ("\u{feff}x", "\u{feff}x"),
        ("a\u{2028}b\u{85}c", "a\u{2028}b\u{85}c"),
    ] {
        assert_eq!(data_after_the_road(given).as_deref(), Some(arrives), "{given:?}");
    }
}

#[test]
fn what_would_inject_is_refused() {
    assert_eq!(EventBlock::new().event_type("a\nb"), Err(FieldError::EventType { at: 1 }));
    assert_eq!(EventBlock::new().event_type("a\rb"), Err(FieldError::EventType { at: 1 }));
    for id in ["1\n", "1\r", "1\0"] {
        assert_eq!(EventBlock::new().id(id), Err(FieldError::LastEventId { at: 1 }));
    }
    // A comment may have lines; each is a comment.
    let outcome = oracle::interpret(&encode(&EventBlock::new().comment("a\rdata: x\n\ndata: y")));
    assert_eq!(outcome.frames.len(), 4);
    assert!(outcome.frames.iter().all(|frame| matches!(frame, Frame::Comment(_))));
}

#[test]
fn retry_is_in_whole_milliseconds() {
    for (time, written) in [
        (Duration::ZERO, "0"),
        (Duration::from_micros(1999), "1"),
        (Duration::from_secs(10), "10000"),
        (Duration::from_millis(u64::MAX), "18446744073709551615"),
        (Duration::MAX, "18446744073709551615"),
    ] {
        assert_eq!(encode(&EventBlock::new().retry(time)), format!("retry: {written}\n\n").into_bytes());
    }
}

#[test]
fn without_data_there_is_no_event() {
    let outcome = oracle::interpret(&encode(&EventBlock::new().id("7").unwrap().comment("hello")));
    assert_eq!((outcome.events().count(), outcome.last_event_id.as_str()), (0, "7"));
    assert_eq!(encode(&EventBlock::new()), b"\n");
}

#[test]
fn a_slice_that_is_too_small_is_left_alone() {
    let block = EventBlock::new().data("x");
    let mut out = [b'.'; 8];
    assert_eq!(block.encode_to_slice(&mut out), Err(BufferTooSmall { needed: 9, available: 8 }));
    assert_eq!(out, [b'.'; 8]);
    let mut out = [b'.'; 10];
    assert_eq!(block.encode_to_slice(&mut out), Ok(9));
    assert_eq!(&out, b"data: x\n\n.");
}

/// What a block is, as plainly as it can be said.
fn naive(
    comment: Option<&str>,
    retry: Option<u64>,
    id: Option<&str>,
    event_type: Option<&str>,
    data: Option<&str>,
) -> String {
    let lines = |name: &str, text: &str| -> String {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        text.split('\n').map(|line| format!("{name}: {line}\n")).collect()
    };
    let mut out = String::new();
    out += &comment.map(|comment| lines("", comment)).unwrap_or_default();
    out += &retry.map(|retry| format!("retry: {retry}\n")).unwrap_or_default();
    out += &id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    out += &event_type.map(|event_type| format!("event: {event_type}\n")).unwrap_or_default();
    out += &data.map(|data| lines("data", data)).unwrap_or_default();
    out + "\n"
}

/// Every way to encode says the same.
fn assert_encodes(block: EventBlock<'_>, data: Option<&str>, expected: &str) {
    let with_data = data.map_or(block, |data| block.data(data));
    assert_eq!(with_data.encoded_len(), expected.len());
    // Behind what is there already, with and without room for it.
    for room in [0, expected.len(), 2 * expected.len() + 64] {
        let mut out = Vec::with_capacity(3 + room);
        out.extend_from_slice(b"...");
        with_data.encode_to_vec(&mut out);
        assert_eq!(out.strip_prefix(b"..."), Some(expected.as_bytes()));
    }
    let mut slice = vec![b'.'; expected.len() + 1];
    assert_eq!(with_data.encode_to_slice(&mut slice), Ok(expected.len()));
    assert_eq!(slice.strip_suffix(b"."), Some(expected.as_bytes()));
    let needed = expected.len();
    let too_small = &mut slice[..needed - 1];
    assert_eq!(with_data.encode_to_slice(too_small), Err(BufferTooSmall { needed, available: needed - 1 }));
    assert_eq!(with_data.to_bytes(), expected.as_bytes());
    if let Some(data) = data {
        assert_eq!(block.encode_around(&data.into()).concat(), expected.as_bytes());
    }
}

#[test]
fn large_data_is_shared_line_by_line() {
    let line = "x".repeat(64 * 1024);
    let data = bytestring::ByteString::from([line.as_str(); 3].join("\r\n"));
    let slices = EventBlock::new().id("1").unwrap().encode_around(&data);
    // The head, three lines with what lies between them, and the end.
    assert_eq!(slices.len(), 1 + 3 + 2 + 1);
    let lines: Vec<_> = slices.iter().filter(|slice| slice.len() == line.len()).collect();
    let offsets = lines.iter().map(|line| line.as_ptr().addr() - data.as_ptr().addr());
    assert_eq!(offsets.collect::<Vec<_>>(), [0, line.len() + 2, 2 * (line.len() + 2)]);
}

/// Lengths at which something changes, and their neighbours.
fn lengths() -> impl Iterator<Item = usize> {
    (0..70).chain([64, 127, 128, 255, 256, 511, 512, 1024, 2048, 4096, 6144].into_iter().flat_map(|n| n - 2..n + 3))
}

#[test]
fn data_of_every_length_with_a_line_end_at_either_end() {
    for length in lengths() {
        for end in ["", "\n", "\r", "\r\n", "\n\r", "\r\r\n\n", "\t", "é", "\u{2028}"] {
            let text = "x".repeat(length);
            for data in [text.clone() + end, end.to_owned() + &text, text.clone() + end + &text] {
                assert_encodes(EventBlock::new(), Some(&data), &naive(None, None, None, None, Some(&data)));
                let block = EventBlock::new().comment(&data);
                assert_encodes(block, None, &naive(Some(&data), None, None, None, None));
            }
        }
    }
}

#[test]
fn ids_and_types_of_every_length() {
    for length in lengths() {
        let text: String = ('a'..='z').cycle().take(length).collect();
        let block = EventBlock::new().id(&text).unwrap().event_type(&text).unwrap();
        let expected = naive(None, None, Some(&text), Some(&text), Some(&text));
        assert_encodes(block, Some(&text), &expected);
        // A byte that ends the line is found wherever it is; its neighbours in ASCII are let through.
        for at in [0, 1, length / 2, length.saturating_sub(1)].into_iter().filter(|&at| at < length) {
            let with = |byte: char| format!("{}{byte}{}", &text[..at], &text[at + 1..]);
            for byte in ['\n', '\r'] {
                assert_eq!(EventBlock::new().event_type(&with(byte)), Err(FieldError::EventType { at }));
                assert_eq!(EventBlock::new().id(&with(byte)), Err(FieldError::LastEventId { at }));
            }
            assert_eq!(EventBlock::new().id(&with('\0')), Err(FieldError::LastEventId { at }));
            assert!(EventBlock::new().event_type(&with('\0')).is_ok());
            for byte in ['\u{1}', '\t', '\u{b}', '\u{c}', '\u{e}', ' ', '\u{7f}'] {
                let text = with(byte);
                assert!(EventBlock::new().id(&text).and_then(|block| block.event_type(&text)).is_ok());
            }
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[ab :\r\n\u{0}\u{feff}é😀]{0,12}", any::<String>(), pieces()]
}

/// Long text of few line ends, which meet the borders of the pieces in which it is looked at.
fn pieces() -> impl Strategy<Value = String> {
    let run = prop_oneof![0..80_usize, 500..520_usize, 2040..2060_usize];
    let end = prop::sample::select(vec!["", "\n", "\r", "\r\n", "\n\r", "\t", "é"]);
    prop::collection::vec((run, end), 0..8)
        .prop_map(|runs| runs.into_iter().map(|(run, end)| "x".repeat(run) + end).collect())
}

proptest! {
    #[test]
    fn gives_back_what_was_given(
        comment in prop::option::of(text()),
        retry in prop::option::of(any::<u64>()),
        id in prop::option::of(text()),
        event_type in prop::option::of(text()),
        data in prop::option::of(text()),
    ) {
        let mut block = EventBlock::new();
        let mut expected_id = String::new();
        let mut expected_type = "message".to_owned();
        if let Some(comment) = &comment {
            block = block.comment(comment);
        }
        if let Some(retry) = retry {
            block = block.retry(Duration::from_millis(retry));
        }
        if let Some(id) = &id {
            match block.id(id) {
                Ok(with) => (block, expected_id) = (with, id.clone()),
                Err(_) => prop_assert!(id.contains(['\r', '\n', '\0'])),
            }
        }
        if let Some(event_type) = &event_type {
            match block.event_type(event_type) {
                Ok(with) if event_type.is_empty() => block = with,
                Ok(with) => (block, expected_type) = (with, event_type.clone()),
                Err(_) => prop_assert!(event_type.contains(['\r', '\n'])),
            }
        }
        let with_data = data.as_ref().map_or(block, |data| block.data(data));

        let encoded = encode(&with_data);
        let [comment, data] = [&comment, &data].map(|text| text.as_deref());
        let id = id.as_deref().filter(|id| block.id(id).is_ok());
        let event_type = event_type.as_deref().filter(|event_type| block.event_type(event_type).is_ok());
        assert_encodes(block, data, &naive(comment, retry, id, event_type, data));

        let outcome = oracle::interpret(&encoded);
        prop_assert_eq!(outcome.retry_ms(), retry);
        prop_assert_eq!(&outcome.last_event_id, &expected_id);
        let events: Vec<_> = outcome.events().cloned().collect();
        let expected = data.map(|data| oracle::Event {
            event_type: expected_type,
            data: data.replace("\r\n", "\n").replace('\r', "\n"),
            last_event_id: expected_id,
        });
        prop_assert_eq!(events, Vec::from_iter(expected));
    }
}
