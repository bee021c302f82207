//! What it tells by `tracing`: names, levels and fields that stay. One test in a process of its own: whether anybody listens
//! to a place in the code is remembered for all threads.

#![allow(clippy::panic, clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

#[path = "tokio/server.rs"]
#[allow(dead_code)] // the others use all of it
mod server;

use std::fmt::{Debug, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::StreamExt as _;
use sse_tokio::{Ending, EventSource, Policy, Session};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber, subscriber};

use server::{Piece, Reply, Reset, Server, answer, chunk, ok};

/// Writes down a line for each event, behind the span that it is in.
#[derive(Clone, Default)]
struct Recorder {
    lines: Arc<Mutex<Vec<String>>>,
    spans: Arc<Mutex<Vec<String>>>,
    entered: Arc<Mutex<Vec<u64>>>,
    /// How many handles of spans there are.
    held: Arc<AtomicU64>,
    next: Arc<AtomicU64>,
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() != "message" {
            write!(self.0, " {}={value:?}", field.name()).unwrap();
        }
    }
}

fn line(metadata: &Metadata<'_>, record: impl FnOnce(&mut Fields)) -> String {
    let mut fields = Fields(format!("{} {} {}", metadata.level(), metadata.target(), metadata.name()));
    record(&mut fields);
    fields.0
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sse"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.spans.lock().unwrap().push(line(span.metadata(), |fields| span.record(fields)));
        self.held.fetch_add(1, Ordering::Relaxed);
        Id::from_u64(self.next.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let span = self.entered.lock().unwrap().last().map_or(0, |id| *id);
        let line = line(event.metadata(), |fields| event.record(fields));
        self.lines.lock().unwrap().push(format!("{span}: {line}"));
    }

    fn enter(&self, span: &Id) {
        self.entered.lock().unwrap().push(span.into_u64());
    }

    fn exit(&self, _: &Id) {
        self.entered.lock().unwrap().pop();
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.held.fetch_add(1, Ordering::Relaxed);
        id.clone()
    }

    fn try_close(&self, _: Id) -> bool {
        self.held.fetch_sub(1, Ordering::Relaxed) == 1
    }
}

#[tokio::test(start_paused = true)]
async fn the_names_are_those_of_the_documentation() {
    let recorder = Recorder::default();
    let guard = subscriber::set_default(recorder.clone());
    let large: &'static str = format!("data: {}\n\n", "secret".repeat(100)).leak();
    let server = Server::new([ok([chunk("id: \u{1}7\ndata: secret\n\n"), chunk(large), Piece::Fail]), answer(204, [])]);
    let policy = Policy::default().with_jitter_percent(0);
    let session = Session::subscribe(policy, 7).with_max_event_bytes(100).with_last_event_id("41").unwrap();
    let mut source = EventSource::new(server, session);
    while let Some(event) = source.next().await {
        event.unwrap();
    }
    let spans = recorder.spans.lock().unwrap().clone();
    assert_eq!(spans, ["DEBUG sse sse.connection attempt=1", "DEBUG sse sse.connection attempt=2"]);
    let lines = recorder.lines.lock().unwrap().clone();
    let expected = [
        "1: DEBUG sse sse.connecting attempt=1 last_event_id=\"41\"",
        "1: DEBUG sse sse.open attempt=1",
        "1: WARN sse sse.dropped error=",
        "1: DEBUG sse sse.waiting failure=the connection failed error=connection reset by peer wait=3s",
        "2: DEBUG sse sse.connecting attempt=2",
        "2: WARN sse sse.unsendable_id beginning=\"\\u{1}7\" bytes=2",
        "2: DEBUG sse sse.closed reason=the server answered 204",
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line} is not {expected}");
    }
    assert!(lines.iter().all(|line| !line.contains("secret")), "no text of events: {lines:#?}");
    assert!(recorder.entered.lock().unwrap().is_empty(), "all that was entered was left");
    assert_eq!(recorder.held.load(Ordering::Relaxed), 0, "a span ends with its connection, not with its source");
    drop((source, guard));
    the_end_says_why().await;
}

async fn the_end_says_why() {
    let large: &'static str = format!("data: {}\n\n", "x".repeat(100)).leak();
    let end = async |reply, session: Session| {
        let recorder = Recorder::default();
        let _guard = subscriber::set_default(recorder.clone());
        assert!(EventSource::new(Server::new([reply]), session).next().await.unwrap().is_err());
        recorder.lines.lock().unwrap().split_off(1)
    };
    let refused = Reply::Refuse(Reset { futile: true, unsent: false });
    let lines = end(refused, Session::once()).await;
    assert!(lines[0].starts_with("1: DEBUG sse sse.closed reason="), "{lines:#?}");
    assert!(lines[0].ends_with("error=connection reset by peer"), "{lines:#?}");
    // What is to be whole ends at an event that is too large, which is a warning there, too.
    let session = Session::once().with_max_event_bytes(20).with_ending(Ending::done());
    let lines = end(ok([chunk(large)]), session).await;
    assert!(lines[1].starts_with("1: WARN sse sse.dropped error="), "{lines:#?}");
    assert!(lines[2].starts_with("1: DEBUG sse sse.closed reason="), "{lines:#?}");
}
