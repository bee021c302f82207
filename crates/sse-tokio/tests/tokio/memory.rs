//! What is held while nothing arrives.

use std::array;
use std::convert::Infallible;
use std::future::{Ready, ready};

use bytes::{Buf as _, Bytes};
use futures_util::{FutureExt as _, Stream, StreamExt as _, stream};
use sse_tokio::{Connect, Deadlines, EventSource, EventStream, OwnedEvent, Response, ResponseHead, Session};

use crate::server::{Piece, Server, ok};

const MIB: usize = 1024 * 1024;

/// Takes one event and waits for the next.
async fn idle<E: std::fmt::Debug>(events: &mut (impl Stream<Item = Result<OwnedEvent, E>> + Unpin)) -> OwnedEvent {
    let event = events.next().await.unwrap().unwrap();
    assert!(events.next().now_or_never().is_none());
    event
}

/// Memory of someone else, who hears of its end.
fn lent(text: &'static str) -> (Bytes, std::sync::Weak<str>) {
    struct Lent(std::sync::Arc<str>);
    impl AsRef<[u8]> for Lent {
        fn as_ref(&self) -> &[u8] {
            self.0.as_bytes()
        }
    }
    let text = std::sync::Arc::from(text);
    let weak = std::sync::Arc::downgrade(&text);
    (Bytes::from_owner(Lent(text)), weak)
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_holds_no_chunk() {
    for text in ["data: a\n\n", ": b\ndata: a\n\n: c\n", "data: a\n\ndata: unfinished"] {
        let (chunk, weak) = lent(text);
        let mut events = EventStream::new(stream::iter([Ok::<_, Infallible>(chunk)]).chain(stream::pending()));
        drop(idle(&mut events).await);
        assert_eq!(weak.strong_count(), 0, "{text:?}");

        let (chunk, weak) = lent(text);
        // The server has it as well, until it has sent it.
        let mut source = EventSource::once(Server::new([ok([Piece::Chunk(chunk), Piece::Hang])]));
        drop(idle(&mut source).await);
        assert_eq!(weak.strong_count(), 0, "{text:?}");
    }
}

#[test]
fn nor_what_is_left_of_a_chunk_that_someone_else_has_read() {
    let (mut chunk, weak) = lent("data: a\n\n");
    chunk.advance(chunk.len());
    let mut events = EventStream::new(stream::iter([Ok::<_, Infallible>(chunk)]).chain(stream::pending()));
    assert!(events.next().now_or_never().is_none());
    assert_eq!(weak.strong_count(), 0);
}

/// An event of 15 MiB in many chunks, and then nothing.
fn large() -> Vec<Piece> {
    let chunk = Piece::Chunk(Bytes::from(vec![b'x'; MIB / 16]));
    let mut pieces = vec![Piece::Chunk(Bytes::from_static(b"data: "))];
    pieces.extend(vec![chunk; 15 * 16]);
    pieces.extend([Piece::Chunk(Bytes::from_static(b"\n\n")), Piece::Hang]);
    pieces
}

#[test]
fn a_large_event_is_given_back_when_it_has_been_taken() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut kept = None;
    let counted = allocation_counter::measure(|| {
        let mut source = EventSource::once(Server::new([ok(large())]));
        let event = runtime.block_on(idle(&mut source));
        assert_eq!(event.data().len(), 15 * MIB);
        kept = Some(source);
    });
    assert!(counted.bytes_max >= 15 * MIB as u64, "the measure measures");
    assert!(counted.bytes_current < MIB as i64, "EventSource: {} bytes", counted.bytes_current);

    let mut kept = None;
    let counted = allocation_counter::measure(|| {
        let chunks = large().into_iter().filter_map(|piece| match piece {
            Piece::Chunk(chunk) => Some(Ok::<_, Infallible>(chunk)),
            _ => None,
        });
        let mut events = EventStream::new(stream::iter(chunks).chain(stream::pending()));
        let event = runtime.block_on(idle(&mut events));
        assert_eq!(event.data().len(), 15 * MIB);
        kept = Some(events);
    });
    assert!(counted.bytes_current < MIB as i64, "EventStream: {} bytes", counted.bytes_current);
}

#[test]
fn events_in_one_chunk_allocate_once() {
    let chunk = Bytes::from("event: delta\ndata: hello\n\n".repeat(1000));
    // The first clone of a `Bytes` allocates its reference count.
    let _shared = chunk.clone();
    let mut events = EventStream::new(stream::iter([Ok::<_, Infallible>(chunk)]));
    let mut seen = 0;
    let counted = allocation_counter::measure(|| {
        while let Some(Some(event)) = events.next().now_or_never() {
            seen += event.unwrap().data().len();
        }
    });
    assert_eq!((seen, counted.count_total), (5000, 1), "what the events of the chunk share");
}

/// Answers without an allocation.
struct Lean(&'static str);

impl Connect for Lean {
    type Head = u16;
    type Error = Infallible;
    type Body = stream::Iter<array::IntoIter<Result<Bytes, Infallible>, 1>>;
    type Attempt = Ready<Result<Response<u16, Self::Body>, Infallible>>;

    fn connect(&mut self, _last_event_id: Option<&str>) -> Self::Attempt {
        ready(Ok(Response { head: 200, body: stream::iter([Ok(Bytes::from_static(self.0.as_bytes()))]) }))
    }

    fn response_head<'h>(&mut self, status: &'h u16) -> ResponseHead<'h> {
        ResponseHead::new(*status).with_content_type(Some(b"text/event-stream"))
    }
}

#[test]
fn a_connection_costs_three_allocations_and_an_event_in_one_chunk_none() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let allocations = |text: &'static str, id: &str, events: usize| {
        let session = Session::once().with_deadlines(Deadlines::NONE).with_last_event_id(id).unwrap();
        let mut taken = 0;
        let counted = allocation_counter::measure(|| {
            let mut source = runtime.block_on(async { EventSource::new(Lean(text), session) });
            while let Some(event) = runtime.block_on(source.next()) {
                taken += usize::from(event.is_ok());
            }
        });
        assert_eq!(taken, events);
        counted.count_total
    };
    // The thread's own chunk is made once.
    allocations("data: a\n\n", "", 1);
    let idle = allocations("", "", 0);
    assert_eq!(idle, 3);
    assert_eq!(
        allocations("id: 1\nevent: a\ndata: a\n\ndata: b\nid: 2\n\n", "", 2),
        idle + 2,
        "the id kept, and what the events of the chunk share"
    );
    assert_eq!(allocations("data: a\n\n", "", 1), idle);
    assert_eq!(allocations("", "41", 0), idle + 1);
}

/// The thread's own chunk is for one source at a time.
#[tokio::test]
async fn sources_take_turns_in_the_middle_of_their_chunks() {
    let mut sources = ["data: 0a\n\ndata: 0b\n\ndata: 0", "data: 1a\n\ndata: 1b\n\n", "data: 2a\n\nid"]
        .map(|text| EventSource::once(Lean(text)));
    let mut seen = Vec::new();
    for _ in 0..3 {
        for source in &mut sources {
            seen.extend(source.next().await.map(|event| event.unwrap().into_data()));
        }
    }
    assert_eq!(seen, ["0a", "1a", "2a", "0b", "1b"]);
}
