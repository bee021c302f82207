//! Allocations and retained memory, counted exactly.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use sse_codec::{BytesInput, DecodeError, Decoder, EventBlock, Frame, Input, OwnedFrame};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    static HELD: Cell<isize> = const { Cell::new(0) };
    /// More at once is not to be had.
    static MOST: Cell<usize> = const { Cell::new(usize::MAX) };
}

struct Counting;

fn count(allocations: usize, bytes: isize) {
    // Not there any more while a thread ends; nothing is measured then.
    let _ = ALLOCATIONS.try_with(|counter| counter.set(counter.get() + allocations));
    let _ = HELD.try_with(|held| held.set(held.get() + bytes));
}

fn is_refused(bytes: usize) -> bool {
    MOST.try_with(|most| bytes > most.get()).unwrap_or(false)
}

// SAFETY: each call goes to the system's allocator unchanged, or is refused.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_refused(layout.size()) {
            return std::ptr::null_mut();
        }
        count(1, layout.size() as isize);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        count(0, -(layout.size() as isize));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if is_refused(size) {
            return std::ptr::null_mut();
        }
        count(1, size as isize - layout.size() as isize);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(ptr, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

#[test]
fn events_in_one_chunk_allocate_nothing() {
    let chunk = "id: 0123456789abcdef\nevent: delta\ndata: {\"text\":\"hello\"}\n\n".repeat(100);
    let mut decoder = Decoder::new();
    let mut run = |expected| {
        let mut input = Input::new(chunk.as_bytes());
        let mut events = 0;
        while let Ok(Some(Frame::Event(event))) = decoder.decode(&mut input) {
            events += usize::from(event.data == expected);
        }
        assert_eq!(events, 100);
    };
    // The id's buffer.
    assert_eq!(allocations(|| run("{\"text\":\"hello\"}")), 1);
    assert_eq!(allocations(|| run("{\"text\":\"hello\"}")), 0);
}

#[test]
fn an_event_in_one_chunk_is_lent_from_it() {
    let long = format!("id: 1\nevent: delta\ndata: {}\n\n", "é".repeat(1000));
    for event in [
        "data: hello\n\nid: 1\nevent: delta\ndata: hello\n\n",
        ": comment\ndata: hello\r\nevent: delta\r\nid: 1\r\n\r\n",
        "event: delta\ndata: é😀\rid: 1\r\r",
        "id: 1\nevent: delta\ndata: hello\nx\nretry\n\n",
        &long,
    ] {
        // What is not text makes only its own event a copy.
        for before in [&b""[..], b"data: \xff\n\n", b": \xff\n"] {
            let chunk = [before, event.as_bytes(), event.as_bytes()].concat();
            let mut decoder = Decoder::new();
            let mut input = Input::new(&chunk);
            let mut lent = 0;
            while let Ok(Some(Frame::Event(event))) = decoder.decode(&mut input) {
                for text in [event.data, event.event_type, event.last_event_id] {
                    lent += usize::from(chunk.as_ptr_range().contains(&text.as_ptr()));
                }
            }
            // Data, type and id of two events, and the data of those that have no more than that.
            let alone = 2 * usize::from(event.starts_with("data"));
            assert_eq!(lent, 6 + alone, "{event}");
        }
    }
}

#[test]
fn owned_events_in_one_chunk_allocate_once() {
    let mut decoder = Decoder::new();
    let run = |decoder: &mut Decoder, input: &mut BytesInput, events: &mut Vec<OwnedFrame>| {
        while let Ok(Some(frame)) = decoder.decode_bytes(input) {
            events.push(frame);
        }
    };
    let with_id = bytes::Bytes::from("id: 1\nevent: delta\ndata: hello\n\n".repeat(100));
    let inherited = bytes::Bytes::from("event: delta\ndata: hello\n\n".repeat(100));
    // The first clone of a `Bytes` allocates its reference count.
    let _shared = (with_id.clone(), inherited.clone());
    let mut events = Vec::with_capacity(400);
    run(&mut decoder, &mut BytesInput::new(with_id.clone()), &mut events);
    run(&mut decoder, &mut BytesInput::new(inherited.clone()), &mut events);
    let counted = allocations(|| {
        run(&mut decoder, &mut BytesInput::new(with_id), &mut events);
        run(&mut decoder, &mut BytesInput::new(inherited), &mut events);
    });
    // What the events of each chunk share; the text of the one inherited id, and its reference count.
    assert_eq!((events.len(), counted), (400, 2 + 2));
    let alone = bytes::Bytes::from_static(b"id: 1\nevent: delta\ndata: hello\n\n");
    assert_eq!(allocations(|| drop(decoder.decode_bytes(&mut BytesInput::new(alone)))), 0);
}

#[test]
fn an_owned_event_that_does_not_lie_in_its_chunk_allocates_once() {
    let whole = |chunk: &'static [u8]| vec![chunk];
    for chunks in
        [whole(b"data: a\ndata: b\n\n"), whole(b"data: \xff\n\n"), vec![&b"id: 1\nevent: a\nda"[..], b"ta: a\n\n"]]
    {
        let mut decoder = Decoder::new();
        let mut run = || {
            let decoded = |chunk: &&'static [u8]| {
                let mut input = BytesInput::new(bytes::Bytes::from_static(chunk));
                decoder.decode_bytes(&mut input).ok().flatten()
            };
            chunks.iter().find_map(decoded)
        };
        // The decoder's own buffers.
        assert!(matches!(run(), Some(OwnedFrame::Event(_))), "{chunks:?}");
        let mut event = None;
        assert_eq!(allocations(|| event = run()), 1, "{chunks:?}");
        assert_eq!(allocations(|| drop(event.clone())), 1, "the first clone: its count");
        assert_eq!(allocations(|| drop(event.clone())), 0);
    }
}

/// An id is taken with its event; what became of neither is not kept.
#[test]
fn memory_returns_after_a_large_id_that_was_not_taken() {
    const MIB: usize = 1024 * 1024;
    let id = [b"id: ", "1".repeat(15 * MIB).as_bytes(), b"\n"].concat();
    let cut_off: fn(&mut Decoder) = Decoder::reset;
    let too_large: fn(&mut Decoder) = |decoder| {
        let rest = [b"data: ", "x".repeat(2 * MIB).as_bytes(), b"\n\n"].concat();
        assert!(matches!(decoder.decode(&mut Input::new(&rest)), Err(DecodeError::EventTooLarge { .. })));
    };
    for lose in [cut_off, too_large] {
        let mut decoder = Decoder::new();
        decoder.set_last_event_id("7").unwrap();
        let before = HELD.get();
        assert_eq!(decoder.decode(&mut Input::new(&id)), Ok(None));
        assert!(HELD.get() - before > 14 * MIB as isize);
        lose(&mut decoder);
        let mut next = Input::new(b"\n\ndata: 1\n\n");
        assert!(matches!(decoder.decode(&mut next), Ok(Some(Frame::Event(event))) if event.last_event_id == "7"));
        assert!(HELD.get() - before < 300 * 1024, "{}", HELD.get() - before);
    }
}

#[test]
fn memory_returns_after_a_large_event() {
    const MIB: usize = 1024 * 1024;
    let mut decoder = Decoder::new().with_max_event_bytes(17 * MIB);
    let before = HELD.get();
    let chunk = vec![b'x'; 64 * 1024];
    assert_eq!(decoder.decode(&mut Input::new(b"data:")), Ok(None));
    for _ in 0..16 * MIB / chunk.len() {
        assert_eq!(decoder.decode(&mut Input::new(&chunk)), Ok(None));
    }
    assert!(HELD.get() - before >= 16 * MIB as isize);
    let mut end = Input::new(b"\n\n");
    let Ok(Some(Frame::Event(event))) = decoder.decode(&mut end) else { panic!("an event") };
    assert_eq!(event.data.len(), 16 * MIB);
    assert_eq!(decoder.decode(&mut end), Ok(None));
    drop(chunk);
    assert!(HELD.get() - before <= 256 * 1024, "{} bytes are still held", HELD.get() - before);
}

#[test]
fn memory_returns_after_an_event_that_was_dropped() {
    let mut decoder = Decoder::new();
    let before = HELD.get();
    for _ in 0..17 * 1024 {
        let _ = decoder.decode(&mut Input::new(&[b'x'; 1024]));
    }
    let mut end = Input::new(b"\n\n");
    while decoder.decode(&mut end) != Ok(None) {}
    assert!(HELD.get() - before <= 256 * 1024, "{} bytes are still held", HELD.get() - before);
}

#[test]
fn memory_returns_after_a_large_type_and_a_large_id() {
    let before = HELD.get();
    let mut decoder = Decoder::new();
    let large = "x".repeat(4 * 1024 * 1024);
    let mut input = BytesInput::new(format!("id: {large}\nevent: {large}\ndata: 1\n\ndata: 2\n\n").into());
    for half in [&b"event: "[..], &large.as_bytes()[..1000], &large.as_bytes()[1000..], b"\nid: ", large.as_bytes()] {
        while decoder.decode_bytes(&mut input) != Ok(None) {}
        input = BytesInput::new(half.to_vec().into());
    }
    for end in ["\ndata: 3\n\n", "data: 4\n\n", "id: 5\ndata: 5\n\n", "data: 6\n\n"] {
        while decoder.decode_bytes(&mut input) != Ok(None) {}
        input = BytesInput::new(end.into());
    }
    while decoder.decode_bytes(&mut input) != Ok(None) {}
    assert_eq!(decoder.last_event_id(), "5");
    drop((large, input));
    // The buffers of an event, a type and an id, and the inherited id.
    assert!(HELD.get() - before <= (256 + 4 + 4 + 1) * 1024, "{} bytes are still held", HELD.get() - before);
}

#[test]
fn encoding_into_a_reused_buffer_allocates_nothing_and_into_bytes_once() {
    let mut out = Vec::with_capacity(1024);
    let block = EventBlock::new().id("1").unwrap().data("a\nb\nc");
    assert_eq!(allocations(|| block.encode_to_vec(&mut out)), 0);
    assert_eq!(allocations(|| drop(block.to_bytes())), 1);
    // Long data: one line; many lines; and a line end that its first piece shows.
    let long = "x".repeat(64 * 1024);
    for data in [long.clone(), "x\n".repeat(1024), format!("x\n{long}")] {
        let (id, all) = (block.data(&data), block.event_type("t").unwrap().data(&data));
        for block in [EventBlock::new().data(&data), id, all.retry(Duration::from_secs(10)), all.comment("a\nb")] {
            assert_eq!(allocations(|| drop(block.to_bytes())), 1);
        }
    }
}

#[test]
fn encoding_around_one_line_allocates_its_head_and_the_list() {
    let data = bytestring::ByteString::from_static("one");
    let block = EventBlock::new().id("1").unwrap();
    for block in [block, block.event_type("t").unwrap().retry(Duration::from_secs(10)), block.comment("a\nb")] {
        assert_eq!(allocations(|| drop(block.encode_around(&data))), 2);
    }
}

/// The next thing of a chunk, in the words of its outcome.
fn next(decoder: &mut Decoder, chunk: &[u8]) -> Result<usize, DecodeError> {
    match decoder.decode(&mut Input::new(chunk))? {
        Some(Frame::Event(event)) => Ok(event.data.len()),
        _ => Ok(0),
    }
}

#[test]
fn events_of_64_kib_are_stored_in_memory_that_is_there_already() {
    let mut decoder = Decoder::new();
    let value = "x".repeat(64 * 1024);
    let (event_type, id) = (&value[..2000], &value[..1000]);
    let first = format!("id: {id}\nevent: {event_type}\ndata: {value}");
    let mut store = || {
        assert_eq!(next(&mut decoder, first.as_bytes()), Ok(0));
        assert_eq!(next(&mut decoder, b"\n\n"), Ok(value.len()));
        assert_eq!(next(&mut decoder, b"data: 1\n\n"), Ok(1));
    };
    store();
    // The last id and the one to come are stored in a row.
    store();
    assert_eq!(allocations(&mut store), 0);
}

#[test]
fn memory_that_is_not_to_be_had_costs_one_event() {
    let mut decoder = Decoder::new();
    let long = "x".repeat(100_000);
    let [data, event_type, id] = ["data", "event", "id"].map(|name| format!("{name}: {long}"));
    let whole = format!("{id}\ndata: lost\n\n");
    assert_eq!(next(&mut decoder, b"id: 1\ndata: a"), Ok(0));
    assert_eq!(next(&mut decoder, b"\n\n"), Ok(1));
    MOST.set(64 * 1024);
    let capacities = [&data, &event_type, &id].map(|line| {
        let dropped = next(&mut decoder, line.as_bytes());
        assert_eq!(next(&mut decoder, b"\ndata: lost\n\n"), Ok(0));
        assert_eq!(next(&mut decoder, b"data: 1\n\n"), Ok(1));
        dropped
    });
    let whole = next(&mut decoder, whole.as_bytes());
    MOST.set(usize::MAX);
    for dropped in capacities.into_iter().chain([whole]) {
        // What there was before is named, and was enough for a few bytes.
        let Err(DecodeError::BufferFull { capacity }) = dropped else { panic!("{dropped:?}") };
        assert!((2..64 * 1024).contains(&capacity), "{capacity}");
    }
    assert_eq!(decoder.last_event_id(), "1");
    assert_eq!(next(&mut decoder, b"\n\n"), Ok(0));
    assert_eq!(next(&mut decoder, data.as_bytes()), Ok(0));
    assert_eq!(next(&mut decoder, b"\n\n"), Ok(long.len()));
}

#[test]
fn a_large_inherited_id_is_shared_by_events_of_every_kind() {
    let mut decoder = Decoder::new();
    let mut kept = Vec::new();
    let mut decode = |chunk: Vec<u8>, kept: &mut Vec<OwnedFrame>| {
        let mut input = BytesInput::new(chunk.into());
        while let Ok(Some(frame)) = decoder.decode_bytes(&mut input) {
            kept.push(frame);
        }
    };
    decode(format!("id: {}\n\ndata: 1\n\n", "x".repeat(1024 * 1024)).into_bytes(), &mut kept);
    kept.clear();
    let before = HELD.get();
    for _ in 0..100 {
        decode(b"data: a\ndata: b\n\n".to_vec(), &mut kept);
        decode(b"data: \xff\n\nda".to_vec(), &mut kept);
        decode(b"ta: cut\n\n".to_vec(), &mut kept);
    }
    assert_eq!(kept.len(), 300);
    assert!(HELD.get() - before < 2 * 1024 * 1024, "{} bytes are held", HELD.get() - before);
}

#[test]
fn a_small_id_is_copied_with_an_event_and_a_larger_one_shared() {
    for (id, copied) in [("x".repeat(64), 64), ("x".repeat(65), 0)] {
        let mut decoder = Decoder::new();
        let mut kept = Vec::with_capacity(10);
        let mut decode = |chunk: &[u8]| match decoder.decode_bytes(&mut BytesInput::new(chunk.to_vec().into())) {
            Ok(Some(frame)) => kept.push(frame),
            other => assert_eq!(other, Ok(None)),
        };
        decode(format!("id: {id}\n\n").as_bytes());
        // What is allocated once.
        decode(b"data: a\ndata: b\n\n");
        decode(b"data: a\ndata: b\n\n");
        let before = HELD.get();
        decode(b"data: a\ndata: b\n\n");
        assert_eq!(HELD.get() - before, "a\nb".len() as isize + copied);
    }
}

#[test]
fn lines_in_chunks_of_their_own_take_at_most_twice_their_bytes() {
    let mut decoder = Decoder::new();
    let line = format!("data:{}\n", "x".repeat(1000));
    let before = HELD.get();
    for n in 1..1000 {
        assert_eq!(next(&mut decoder, line.as_bytes()), Ok(0));
        let held = HELD.get() - before;
        assert!(held <= 2 * 1001 * n + 16 * 1024, "{held} bytes for {n} lines");
    }
}

#[test]
fn room_is_made_for_an_event_and_not_for_the_rest_of_its_chunk() {
    let chunk = "data: a\ndata: b\ndata: c\n\n".repeat(64 * 1024);
    let mut input = Input::new(chunk.as_bytes());
    let mut decoder = Decoder::new();
    let before = HELD.get();
    let mut events = 0;
    while let Some(Frame::Event(event)) = decoder.decode(&mut input).unwrap() {
        assert_eq!(event.data, "a\nb\nc");
        assert!(HELD.get() - before <= 16 * 1024, "{} bytes are held", HELD.get() - before);
        events += 1;
    }
    assert_eq!(events, 64 * 1024);
}
