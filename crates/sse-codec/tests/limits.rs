//! What a peer controls is bounded: at the limit, one over it, and what happens after.

mod support;

use sse_codec::{DecodeError, Decoder, FieldError, Frame, Input};
use support::{Seen, borrowed, bytewise};

fn data_of(seen: &[Seen]) -> Vec<&str> {
    seen.iter()
        .filter_map(|seen| match seen {
            Seen::Frame(sse_conformance::oracle::Frame::Event(event)) => Some(event.data.as_str()),
            _ => None,
        })
        .collect()
}

fn dropped(seen: &[Seen]) -> usize {
    seen.iter().filter(|seen| matches!(seen, Seen::Dropped(_))).count()
}

#[test]
fn a_line_at_the_limit_passes_and_one_byte_more_does_not() {
    for (size, passes) in [(99, true), (100, true), (101, false)] {
        // The line is `data: ` and the value.
        let stream = format!("id: 1\nevent: e\ndata: {}\n\nid: 3\ndata: next\n\n", "x".repeat(size - 6 - 2));
        for chunks in [vec![stream.as_bytes()], bytewise(stream.as_bytes())] {
            let mut decoder = Decoder::new().with_max_event_bytes(100);
            let (seen, id) = borrowed(&mut decoder, &chunks);
            assert_eq!(dropped(&seen), usize::from(!passes), "{size}");
            assert_eq!(data_of(&seen).len(), if passes { 2 } else { 1 }, "{size}");
            assert_eq!(data_of(&seen).last(), Some(&"next"));
            assert_eq!(id, "3");
        }
    }
}

#[test]
fn the_limit_is_16_mib_unless_told_otherwise() {
    for (size, passes) in [(16 << 20, true), ((16 << 20) + 1, false)] {
        let stream = format!("data:{}\n\ndata: next\n\n", "x".repeat(size - 5));
        let (seen, _) = borrowed(&mut Decoder::default(), &[stream.as_bytes()]);
        assert_eq!((dropped(&seen) == 0, data_of(&seen).len() == 2), (passes, passes), "{size}");
        assert_eq!(data_of(&seen).last(), Some(&"next"));
    }
}

#[test]
fn a_comment_at_the_limit_is_told_and_one_byte_more_is_skipped() {
    // What is left of the limit beside `1234`.
    for (size, told) in [(95, 1), (96, 1), (97, 0)] {
        let stream = format!("data: 0\n\ndata: 1234\n:{}\n\n", "x".repeat(size - 1));
        for chunks in [vec![stream.as_bytes()], bytewise(stream.as_bytes())] {
            let mut decoder = Decoder::new().with_max_event_bytes(100).with_comments(true);
            let (seen, _) = borrowed(&mut decoder, &chunks);
            assert_eq!((seen.len(), data_of(&seen)), (2 + told, vec!["0", "1234"]), "{size}");
        }
    }
}

#[test]
fn types_and_ids_count_as_they_came() {
    // A byte that is not UTF-8 is one byte, whatever stands for it.
    for line in [&b"event: abcd"[..], b"id: abcd", b"event: abc\xff", b"id: abc\xff"] {
        for (size, passes) in [(96, true), (97, false)] {
            let data = format!("\ndata: {}\n\n", "x".repeat(size - 6));
            let stream = [b"data: 0\n\n", line, data.as_bytes()].concat();
            let cuts = (0..=stream.len()).map(|cut| stream.split_at(cut)).map(|(first, second)| vec![first, second]);
            for chunks in cuts.chain([bytewise(&stream)]) {
                let (seen, _) = borrowed(&mut Decoder::new().with_max_event_bytes(100), &chunks);
                assert_eq!(
                    (dropped(&seen) == 0, data_of(&seen).len() == 2),
                    (passes, passes),
                    "{}",
                    line.escape_ascii()
                );
            }
        }
    }
}

#[test]
fn lines_add_up() {
    let lines = "data: 1234\n".repeat(20);
    // 19 values with the LF between them, and the 20th line whole.
    let needed = 19 * 4 + 18 + 10;
    for (limit, passes) in [(needed, true), (needed - 1, false)] {
        let stream = format!("{lines}\n");
        for chunks in [vec![stream.as_bytes()], bytewise(stream.as_bytes())] {
            let (seen, _) = borrowed(&mut Decoder::new().with_max_event_bytes(limit), &chunks);
            assert_eq!((dropped(&seen) == 0, data_of(&seen).len() == 1), (passes, passes), "{limit}");
        }
    }
}

#[test]
fn a_dropped_event_is_reported_once_and_leaves_nothing_behind() {
    let long = "x".repeat(1000);
    let stream = format!(
        "id: 1\ndata: a\n\nid: 2\nevent: t\ndata: {long}\ndata: {long}\nretry: 5\nid: 2\n{long}\n\r\n\ndata: b\n\n"
    );
    for chunks in [vec![stream.as_bytes()], bytewise(stream.as_bytes())] {
        let (seen, id) = borrowed(&mut Decoder::new().with_max_event_bytes(100), &chunks);
        assert_eq!(seen.len(), 3, "{seen:?}");
        assert_eq!(seen[1], Seen::Dropped(DecodeError::EventTooLarge { limit: 100 }));
        assert_eq!(data_of(&seen), ["a", "b"]);
        // The id of the event that was lost is not taken: a reconnection asks for it again.
        assert_eq!(id, "1");
    }
}

#[test]
fn lines_of_a_dropped_event_are_skipped_wherever_they_are_cut() {
    let stream = b"data: too large\ndata: 1\nid: 1\n\ndata: next\n\n";
    for at in 0..=stream.len() {
        let mut decoder = Decoder::new().with_max_event_bytes(12);
        let (seen, id) = borrowed(&mut decoder, &[&stream[..at], &stream[at..]]);
        assert_eq!((dropped(&seen), data_of(&seen), &*id), (1, vec!["next"], ""), "cut at {at}");
    }
}

#[test]
fn a_long_comment_drops_no_event() {
    let stream = format!("data: a\n:{}\n\n", "x".repeat(1000));
    for chunks in [vec![stream.as_bytes()], bytewise(stream.as_bytes())] {
        for comments in [false, true] {
            let mut decoder = Decoder::new().with_max_event_bytes(100).with_comments(comments);
            let (seen, _) = borrowed(&mut decoder, &chunks);
            assert_eq!((seen.len(), data_of(&seen)), (1, vec!["a"]));
        }
    }
}

#[test]
fn a_long_line_in_tiny_chunks_is_linear() {
    // Quadratic work would be 2^40 byte copies here, and this test would not end.
    let mut stream = b"data: ".to_vec();
    stream.resize(1 << 20, b'x');
    stream.extend_from_slice(b"\n\n");
    let (seen, _) = borrowed(&mut Decoder::new(), &bytewise(&stream));
    assert_eq!(data_of(&seen)[0].len(), (1 << 20) - 6);
}

#[test]
fn buffers_of_fixed_size_say_when_they_are_full_and_go_on() {
    let (mut text, mut event_type, mut id) = ([0; 16], [0; 4], [0; 8]);
    let mut decoder = Decoder::in_slices(&mut text, &mut event_type, &mut id);
    let stream = b"data: 0123456789abcdef\n\nevent: longtype\ndata: a\n\nid: ninebytes\ndata: b\n\nid: 1\ndata: c\n\n";
    let (seen, id) = borrowed(&mut decoder, &bytewise(stream));
    assert_eq!((dropped(&seen), data_of(&seen)), (3, vec!["c"]));
    assert_eq!(id, "1");
    assert!(matches!(seen[0], Seen::Dropped(DecodeError::BufferFull { capacity: 16 })));
}

#[test]
fn a_full_buffer_in_the_middle_of_a_line_costs_one_event() {
    let (mut text, mut event_type, mut id) = ([0; 8], [0; 8], [0; 8]);
    let mut decoder = Decoder::in_slices(&mut text, &mut event_type, &mut id);
    let (seen, _) = borrowed(&mut decoder, &[b"data: 0123456789\nda", b"\ndata: b\n\n", b"data: c\n\n"]);
    assert_eq!((dropped(&seen), data_of(&seen)), (1, vec!["c"]));
}

#[test]
fn a_comment_that_does_not_fit_is_skipped_and_the_full_buffer_is_named() {
    let (mut text, mut event_type, mut id) = ([0; 32], [0; 16], [0; 4]);
    let mut decoder = Decoder::in_slices(&mut text, &mut event_type, &mut id).with_comments(true);
    let long = format!("data: a\n:{}", "x".repeat(40));
    let (seen, _) = borrowed(&mut decoder, &[long.as_bytes(), b"xxx\n\nid: 1234", b"5\ndata: b\n\n"]);
    assert_eq!((seen.len(), data_of(&seen)), (2, vec!["a"]));
    assert_eq!(seen[1], Seen::Dropped(DecodeError::BufferFull { capacity: 4 }));
}

#[test]
fn a_large_id_does_not_make_each_event_slow() {
    // 16 MiB looked at for each of these events would not end.
    let id = format!("id: {}\n\n", "a".repeat(16_000_000));
    let events = "data\n\n".repeat(100_000);
    for chunks in [[id.as_bytes(), events.as_bytes()]] {
        let mut decoder = Decoder::new();
        let mut count = 0;
        for chunk in chunks {
            let mut input = sse_codec::BytesInput::new(chunk.to_vec().into());
            while let Ok(Some(_)) = decoder.decode_bytes(&mut input) {
                count += 1;
            }
            let mut input = Input::new(chunk);
            while let Ok(Some(_)) = decoder.decode(&mut input) {
                count += 1;
            }
        }
        assert_eq!(count, 200_000);
    }
}

#[test]
fn the_last_event_id_can_be_set_and_is_checked() {
    let mut decoder = Decoder::new();
    decoder.set_last_event_id("42").unwrap();
    for bad in ["a\nb", "a\rb", "a\0b"] {
        assert_eq!(decoder.set_last_event_id(bad), Err(FieldError::LastEventId { at: 1 }));
    }
    let mut input = Input::new(b"data\n\n");
    let Ok(Some(Frame::Event(event))) = decoder.decode(&mut input) else { panic!("an event") };
    assert_eq!(event.last_event_id, "42");

    let mut id = [0; 4];
    let mut small = Decoder::in_slices(&mut [], &mut [], &mut id);
    small.set_last_event_id("42").unwrap();
    assert_eq!(small.set_last_event_id("12345"), Err(FieldError::TooLong { capacity: 4 }));
    assert_eq!(small.last_event_id(), "42");
}

#[test]
fn a_comment_that_is_no_text_and_does_not_fit_costs_no_event() {
    let (mut text, mut event_type, mut id) = ([0; 20], [0; 8], [0; 8]);
    let mut decoder = Decoder::in_slices(&mut text, &mut event_type, &mut id).with_comments(true);
    let stream = [&b"data: 0123456789\n:\xff"[..], &[b'x'; 35], b"\ndata: a\n\n"].concat();
    let (seen, _) = borrowed(&mut decoder, &[&stream]);
    assert_eq!(data_of(&seen), ["0123456789\na"]);
}

#[test]
fn an_id_that_does_not_fit_costs_its_own_event_only() {
    let (mut text, mut event_type, mut id) = ([0; 64], [0; 8], [0; 4]);
    let mut decoder = Decoder::in_slices(&mut text, &mut event_type, &mut id).with_max_event_bytes(19);
    let pad = format!(": {}\n\n", "x".repeat(40));
    let stream = format!("{pad}data: 0123\nx\nid: 12345\n\ndata: 0123456789\n\n{pad}");
    let (seen, _) = borrowed(&mut decoder, &[stream.as_bytes()]);
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert_eq!(seen[0], Seen::Dropped(DecodeError::BufferFull { capacity: 4 }));
    assert_eq!(data_of(&seen), ["0123456789"]);
}

#[test]
fn an_id_in_one_chunk_may_fill_its_buffer_and_a_larger_one_leaves_the_last() {
    let (mut text, mut event_type, mut id) = ([0; 16], [0; 8], [0; 4]);
    let mut decoder = Decoder::in_slices(&mut text, &mut event_type, &mut id);
    let stream = b"data: 0\n\nid: 1234\ndata: a\n\nid: 12345\ndata: lost\n\ndata: b\n\n";
    let (seen, id) = borrowed(&mut decoder, &[stream]);
    assert_eq!((dropped(&seen), data_of(&seen), &*id), (1, vec!["0", "a", "b"], "1234"));
}

#[test]
fn a_buffer_is_used_to_its_last_byte() {
    for (event, data, needed) in [
        (&[&b"data: ab\ndata: cd\n\n"[..]][..], "ab\ncd", 2 + 1 + 2),
        (&[b"data: ab\ndata: cd\ndata: ef\n\n"], "ab\ncd\nef", 2 + 1 + 2 + 1 + 2),
        // The line, in which a character is cut.
        (&[b"data: \xe2", b"\x82\xac\n\n"], "€", 6 + 3),
        // What came, and what is made of it.
        (&[b"data: \xffab\n\n"], "\u{fffd}ab", 3 + 5),
    ] {
        for (size, passes) in [(needed, true), (needed - 1, false)] {
            let (mut text, mut event_type, mut id) = (vec![0; size], [0; 8], [0; 8]);
            let mut decoder = Decoder::in_slices(&mut text, &mut event_type, &mut id);
            let (seen, _) = borrowed(&mut decoder, &[event, &[b"data: 0\n\n"]].concat());
            assert_eq!(dropped(&seen), usize::from(!passes), "{data} in {size}");
            assert_eq!(data_of(&seen), if passes { vec![data, "0"] } else { vec!["0"] });
        }
    }
}

#[test]
fn no_limit_is_above_1_gib() {
    let text = format!("{:?}", Decoder::new().with_max_event_bytes(usize::MAX));
    assert!(text.contains("max_event_bytes: 1073741824"), "{text}");
    let text = format!("{:?}", Decoder::new().with_max_event_bytes(1 << 30));
    assert!(text.contains("max_event_bytes: 1073741824"), "{text}");
}
