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

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[ab :\r\n\u{0}\u{feff}é😀]{0,12}", any::<String>()]
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
        prop_assert_eq!(with_data.encoded_len(), encoded.len());
        let mut slice = vec![0; encoded.len()];
        prop_assert_eq!(with_data.encode_to_slice(&mut slice), Ok(encoded.len()));
        prop_assert_eq!(&slice, &encoded);
        prop_assert_eq!(&with_data.to_bytes()[..], &encoded[..]);
        if let Some(data) = &data {
            let around: Vec<u8> = block.encode_around(&data.as_str().into()).concat();
            prop_assert_eq!(&around, &encoded);
        }

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
