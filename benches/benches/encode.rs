//! Encoding: into a reused buffer, and as a fresh `Bytes` per event. `encode/SHAPE/CANDIDATE`.

use std::convert::Infallible;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use futures_util::stream;
use http_body::Body;
use sse_codec::EventBlock;
use sse_stream::{Sse, SseBody};

/// What one event is made of.
struct Event {
    shape: &'static str,
    id: Option<&'static str>,
    event_type: Option<&'static str>,
    data: String,
}

fn events() -> Vec<Event> {
    let event = |shape, id, event_type, data: &str| Event { shape, id, event_type, data: data.to_owned() };
    vec![
        event("tiny", None, None, "x"),
        event("openai", None, None, &"{\"content\":\" stream\"}".repeat(13)),
        event("full", Some("1795385431"), Some("tick"), "{\"n\":17,\"m\":\"abc\"}"),
        event("multi", None, None, ["a line of text, one of twenty of its event"; 20].join("\n").as_str()),
        event("big", None, None, &"0123456789abcdef".repeat(4096)),
    ]
}

impl Event {
    fn block(&self) -> EventBlock<'_> {
        let mut block = EventBlock::new();
        if let Some(id) = self.id {
            block = block.id(id).expect("fits");
        }
        if let Some(event_type) = self.event_type {
            block = block.event_type(event_type).expect("fits");
        }
        block.data(&self.data)
    }

    /// What people write by hand, for comparison: it is right only for what has no line break.
    fn format(&self) -> String {
        match (self.id, self.event_type) {
            (Some(id), Some(event_type)) => format!("id: {id}\nevent: {event_type}\ndata: {}\n\n", self.data),
            _ => format!("data: {}\n\n", self.data),
        }
    }

    fn for_sse_stream(&self) -> Sse {
        let id = self.id.map(str::to_owned);
        let event = self.event_type.map(str::to_owned);
        Sse { event, data: Some(self.data.clone()), id, retry: None }
    }
}

/// The bytes that sse-stream makes of an event.
fn sse_stream(event: Sse) -> Bytes {
    let mut body: SseBody<_> = SseBody::new(stream::iter([Ok::<_, Infallible>(event)]));
    let mut context = Context::from_waker(Waker::noop());
    match pin!(&mut body).poll_frame(&mut context) {
        Poll::Ready(Some(Ok(frame))) => frame.into_data().expect("data"),
        _ => unreachable!("one event is one frame"),
    }
}

fn encode(criterion: &mut Criterion) {
    for event in events() {
        let encoded = event.block().to_bytes();
        if !event.data.contains('\n') {
            assert_eq!(encoded, event.format());
        }
        let mut group = criterion.benchmark_group(format!("encode/{}", event.shape));
        group.throughput(Throughput::Bytes(encoded.len() as u64));
        let mut buffer = Vec::new();
        group.bench_function("ours-reused", |bencher| {
            bencher.iter(|| {
                buffer.clear();
                event.block().encode_to_vec(&mut buffer);
                buffer.len()
            })
        });
        group.bench_function("ours-fresh", |bencher| bencher.iter(|| event.block().to_bytes()));
        group.bench_function("format", |bencher| bencher.iter(|| event.format()));
        group.bench_function("sse-stream", |bencher| {
            bencher.iter_batched(|| event.for_sse_stream(), sse_stream, BatchSize::SmallInput)
        });
        group.finish();
    }
}

criterion_group!(benches, encode);
criterion_main!(benches);
