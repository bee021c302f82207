//! Owned events say the same wherever their text lies, and keep in memory what they promise to.

use std::collections::HashSet;
use std::iter;
use std::sync::Arc;

use bytes::{Buf as _, Bytes};
use sse_codec::{BytesInput, Decoder, Frame, Input, OwnedEvent, OwnedFrame};

/// The events of a stream in these chunks.
fn decode(chunks: &[&str]) -> Vec<OwnedEvent> {
    let mut decoder = Decoder::new();
    let mut events = Vec::new();
    for chunk in chunks {
        let mut input = BytesInput::from(Bytes::copy_from_slice(chunk.as_bytes()));
        while let Ok(Some(OwnedFrame::Event(event))) = decoder.decode_bytes(&mut input) {
            events.push(event);
        }
    }
    events
}

#[test]
fn equal_by_what_they_say_wherever_it_lies() {
    let mut events = decode(&["id: 7\nevent: tick\ndata: 1\n\n", "event: tick\ndata: 1\n\n"]);
    events.extend(decode(&["id: 7\nev", "ent: tick\ndata: ", "1\n", "\n"]));
    events.push(events[0].detach());
    events.push(OwnedEvent::new("tick", "1", "7"));
    let mut decoder = Decoder::new();
    let mut input = Input::new(b"id: 7\nevent: tick\ndata: 1\n\n");
    let Ok(Some(Frame::Event(event))) = decoder.decode(&mut input) else { panic!("an event") };
    events.push(event.into());
    assert_eq!(events.len(), 6);
    for event in &events {
        assert_eq!((event.event_type(), event.data(), event.last_event_id()), ("tick", "1", "7"));
        assert_eq!(event, &events[0]);
    }
    assert_eq!(events.into_iter().collect::<HashSet<_>>().len(), 1);
}

#[test]
fn different_if_any_text_is() {
    let events = [
        OwnedEvent::new("tick", "1", "7"),
        OwnedEvent::new("tock", "1", "7"),
        OwnedEvent::new("message", "1", "7"),
        OwnedEvent::new("tick", "2", "7"),
        OwnedEvent::new("tick", "1", "8"),
        OwnedEvent::new("tick", "1", ""),
        // The same bytes, cut elsewhere.
        OwnedEvent::new("tick1", "", "7"),
    ];
    for (n, event) in events.iter().enumerate() {
        assert_eq!(events.iter().position(|other| other == event), Some(n));
    }
    // So are their hashes, or a map of events would be a list.
    let hash = |event: &OwnedEvent| {
        std::hash::BuildHasher::hash_one(
            &std::hash::BuildHasherDefault::<std::collections::hash_map::DefaultHasher>::default(),
            event,
        )
    };
    assert_eq!(events.iter().map(hash).collect::<HashSet<_>>().len(), events.len());
}

#[test]
fn no_event_type_is_message() {
    assert_eq!(OwnedEvent::new("", "1", ""), OwnedEvent::new("message", "1", ""));
    for chunks in [&["data: 1\n\n"][..], &["event: message\ndata: 1\n\n"], &["event: mess", "age\ndata: 1\n\n"]] {
        assert_eq!(decode(chunks), [OwnedEvent::new("message", "1", "")]);
    }
}

#[test]
fn a_detached_event_keeps_no_chunk() {
    let chunk = Bytes::from(b"id: 7\ndata: 1\n\ndata: 2\n\n".to_vec());
    let mut input = BytesInput::new(chunk.clone());
    let mut decoder = Decoder::new();
    let Ok(Some(OwnedFrame::Event(event))) = decoder.decode_bytes(&mut input) else { panic!("an event") };
    drop(input);
    assert!(!chunk.is_unique());
    let detached = event.detach();
    assert_eq!(detached, event);
    drop(event);
    assert!(chunk.is_unique());
}

#[test]
fn the_last_event_of_a_chunk_takes_it_over() {
    for last in ["", "event: tick\n", "id: 7\n", ": comment\n\n", "\n"] {
        let chunk = Bytes::from(format!("data: 1\n\n{last}data: 2\n\n"));
        let mut input = BytesInput::new(chunk.clone());
        let mut decoder = Decoder::new();
        let events = [decoder.decode_bytes(&mut input), decoder.decode_bytes(&mut input)];
        assert!(events.iter().all(|event| matches!(event, Ok(Some(OwnedFrame::Event(_))))));
        drop(events);
        // The input has it no more.
        assert!(chunk.is_unique(), "{last:?}");
        assert_eq!(decoder.decode_bytes(&mut input), Ok(None));
    }
}

#[test]
fn data_alone_shares_the_memory_of_its_event() {
    let chunk = Bytes::from(b"id: 7\ndata: hello\n\n".to_vec());
    let at = chunk.as_ptr() as usize + b"id: 7\ndata: ".len();
    let mut input = BytesInput::new(chunk);
    let Ok(Some(OwnedFrame::Event(event))) = Decoder::new().decode_bytes(&mut input) else { panic!("an event") };
    let data = event.into_data();
    assert_eq!((&*data, data.as_ptr() as usize), ("hello", at));
}

#[test]
fn a_comment_shares_its_chunk_where_it_lies_in_it() {
    let mut decoder = Decoder::new().with_comments(true);
    let chunk = Bytes::from(b": hello\n: goodb".to_vec());
    let mut input = BytesInput::new(chunk.clone());
    let Ok(Some(OwnedFrame::Comment(comment))) = decoder.decode_bytes(&mut input) else { panic!("a comment") };
    assert_eq!((&*comment, comment.as_ptr()), ("hello", chunk[2..].as_ptr()));
    assert_eq!(decoder.decode_bytes(&mut input), Ok(None));
    let mut input = BytesInput::new("ye\n".into());
    assert_eq!(decoder.decode_bytes(&mut input), Ok(Some(OwnedFrame::Comment("goodbye".into()))));
}

#[test]
fn what_remains_of_a_chunk_is_what_was_not_decoded() {
    let mut decoder = Decoder::new();
    let mut input = BytesInput::new("data: 1\n\ndata: 2\n\nda".into());
    assert_eq!((input.remaining(), input.is_empty()), (&b"data: 1\n\ndata: 2\n\nda"[..], false));
    assert!(decoder.decode_bytes(&mut input).is_ok());
    assert_eq!((input.remaining(), input.is_empty()), (&b"data: 2\n\nda"[..], false));
    assert!(decoder.decode_bytes(&mut input).is_ok());
    assert_eq!(decoder.decode_bytes(&mut input), Ok(None));
    assert_eq!((input.remaining(), input.is_empty()), (&b""[..], true));
}

#[test]
fn the_short_way_gives_whole_events_and_loses_nothing_of_others() {
    let stream = "data: 1\n\nid: 7\nevent: a\ndata: 2\n\nid:\nevent: b\n: but\ndata: 3\ndata: 4\n\nid: 8\nevent: c\ndata: 5\nid: 9\n\n";
    for asked in 0..3 {
        let (mut decoder, mut input) = (Decoder::new(), BytesInput::from(Bytes::from(stream)));
        let (mut short, mut events) = (0, Vec::new());
        loop {
            let before = events.len();
            events.extend((0..asked).find_map(|_| decoder.decode_whole_event(&mut input)));
            short += events.len() - before;
            if events.len() > before {
                continue;
            }
            match decoder.decode_bytes(&mut input) {
                Ok(Some(OwnedFrame::Event(event))) => events.push(event),
                end => break assert_eq!(end, Ok(None)),
            }
        }
        // The first one comes where a byte order mark could.
        assert_eq!(short, if asked == 0 { 0 } else { 1 });
        let seen: Vec<_> =
            events.iter().map(|event| (event.event_type(), event.data(), event.last_event_id())).collect();
        assert_eq!(seen, [("message", "1", ""), ("a", "2", "7"), ("b", "3\n4", ""), ("c", "5", "9")]);
        assert_eq!(decoder.last_event_id(), "9");
    }
}

#[test]
fn a_chunk_in_place_of_another_is_read_from_its_beginning() {
    let stale = format!("data: 0\n\nevent: stale\nid: stale\n{}", "data: x\n".repeat(100));
    for chunk in ["data: 1\n\n", "id: 1\ndata: \u{e9}\n\n: hi\n", &"data: 1\n\nevent: x\ndata: 2\n\n".repeat(50)] {
        let all = |mut input: BytesInput| -> Vec<_> {
            let mut decoder = Decoder::new().with_comments(true);
            iter::from_fn(|| decoder.decode_bytes(&mut input).unwrap()).collect()
        };
        let mut input = BytesInput::new(stale.clone().into());
        let mut decoder = Decoder::new();
        assert!(decoder.decode_bytes(&mut input).unwrap().is_some());
        // The lines of the unfinished event are taken.
        assert!(decoder.decode_whole_event(&mut input).is_none());
        let (mut another, mut cleared) = (input.clone(), input);
        another.replace(chunk.to_owned().into());
        assert_eq!(all(another), all(BytesInput::new(chunk.to_owned().into())));
        cleared.clear();
        assert!(cleared.is_empty() && cleared.remaining().is_empty());
        assert_eq!(all(cleared), []);
    }
}

/// Memory that tells when nobody has a share of it any more.
struct Memory {
    _owner: Arc<()>,
}

impl AsRef<[u8]> for Memory {
    fn as_ref(&self) -> &[u8] {
        b"data: 1\n\n"
    }
}

#[test]
fn an_input_that_is_cleared_has_no_share_of_any_memory() {
    for from in [0, 3, 9] {
        let memory = Arc::new(());
        let mut chunk = Bytes::from_owner(Memory { _owner: Arc::clone(&memory) });
        chunk.advance(from);
        let mut input = BytesInput::new(chunk.clone());
        input.clear();
        input.replace(chunk);
        input.clear();
        assert_eq!(Arc::strong_count(&memory), 1, "{from}");
    }
}
