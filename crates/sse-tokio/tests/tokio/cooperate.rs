//! Endless ready input must not starve other tasks, nor the deadlines.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt as _};
use sse_tokio::{Cause, Connect, Deadlines, EventSource, EventStream, Policy, Response, ResponseHead, Session};
use tokio::task::yield_now;
use tokio::time::{Instant, advance};

/// So many, ready at once, that only a test that has failed sees the last of them.
const MANY: usize = 3_000_000;

fn flood(chunk: &'static str) -> BoxStream<'static, Result<Bytes, Infallible>> {
    Box::pin(stream::repeat(Ok(chunk.into())).take(MANY))
}

/// The status and the chunk that it answers with.
struct Flood(u16, &'static str);

impl Connect for Flood {
    type Head = u16;
    type Error = Infallible;
    type Body = BoxStream<'static, Result<Bytes, Infallible>>;
    type Attempt = Ready<Result<Response<u16, Self::Body>, Infallible>>;

    fn connect(&mut self, _last_event_id: Option<&str>) -> Self::Attempt {
        ready(Ok(Response { head: self.0, body: flood(self.1) }))
    }

    fn response_head<'h>(&mut self, status: &'h u16) -> ResponseHead<'h> {
        ResponseHead::new(*status).with_content_type(Some(b"text/event-stream"))
    }
}

/// Reads until another task has had its turns: how many items that took. `None`: the stream ended first.
async fn read_beside_another_task(mut items: impl Stream + Unpin) -> Option<usize> {
    let mut other = tokio::spawn(async {
        for _ in 0..10 {
            yield_now().await;
        }
    });
    for count in 0.. {
        tokio::select! {
            biased;
            _ = &mut other => return Some(count),
            item = items.next() => { item?; }
        }
    }
    None
}

#[tokio::test]
async fn floods_leave_room_for_other_tasks() {
    for chunk in ["data: x\n\n", ": x\n", "", "retry: 1\n"] {
        let items = read_beside_another_task(EventSource::once(Flood(200, chunk))).await;
        assert!(items.is_some_and(|items| items < 10_000), "{chunk:?}: {items:?}");
        let items = read_beside_another_task(EventSource::once(Flood(200, chunk)).updates()).await;
        assert!(items.is_some_and(|items| items < 10_000), "{chunk:?}: {items:?}");
        let items = read_beside_another_task(EventStream::new(flood(chunk))).await;
        assert!(items.is_some_and(|items| items < 10_000), "{chunk:?}: {items:?}");
        let items = read_beside_another_task(EventStream::new(flood(chunk)).frames()).await;
        assert!(items.is_some_and(|items| items < 10_000), "{chunk:?}: {items:?}");
    }
}

#[tokio::test]
async fn one_chunk_of_many_events_leaves_room_too() {
    let chunk = Bytes::from("data: x\n\n".repeat(1_000_000));
    let chunks = stream::iter([Ok::<_, Infallible>(chunk)]);
    let items = read_beside_another_task(EventStream::new(chunks)).await;
    assert!(items.is_some_and(|items| items < 10_000), "{items:?}");
    let chunk = "data: x\n\n".repeat(1_000_000).leak();
    let items = read_beside_another_task(EventSource::once(Flood(200, chunk))).await;
    assert!(items.is_some_and(|items| items < 10_000), "{items:?}");
}

#[tokio::test]
async fn a_flood_of_nothing_for_an_explanation_leaves_room_too() {
    let items = read_beside_another_task(EventSource::once(Flood(404, ""))).await;
    assert_eq!(items, Some(0));
}

/// In a task without tokio's budget.
#[tokio::test(start_paused = true)]
async fn nor_does_it_keep_who_has_no_budget() {
    let mut source = EventSource::once(Flood(404, ""));
    let mut polls = 0;
    let end = tokio::task::unconstrained(std::future::poll_fn(|cx| {
        polls += 1;
        assert!(polls < 1000, "its deadline has passed");
        source.poll_next_unpin(cx)
    }));
    let (error, ()) = tokio::join!(end, async {
        yield_now().await;
        advance(Duration::from_secs(3)).await;
    });
    assert!(error.unwrap().is_err() && polls > 1, "{polls}");
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_nothing_for_an_explanation_does_not_put_off_its_deadline() {
    let mut source = EventSource::once(Flood(404, ""));
    let start = Instant::now();
    let end = async { (source.next().await, start.elapsed()) };
    let ((error, elapsed), ()) = tokio::join!(end, async {
        yield_now().await;
        advance(Duration::from_secs(2)).await;
    });
    assert_eq!(error.unwrap().unwrap_err().failure().body().unwrap(), "");
    assert!(elapsed >= Duration::from_secs(2), "it ended before its deadline: {elapsed:?}");
}

/// The only test on the real clock, since the paused one stands still while there is something to do: 20 ms of it.
#[tokio::test]
async fn a_flood_of_comments_does_not_put_off_the_deadline_of_events() {
    let deadlines = Deadlines::NONE.with_event_idle(Duration::from_millis(20));
    let session = Session::subscribe(Policy::default().with_max_failures(1), 1).with_deadlines(deadlines);
    let error = EventSource::new(Flood(200, ": x\n"), session).next().await.unwrap().unwrap_err();
    assert_eq!(error.failure().cause(), &Cause::Timeout(sse_client::Timeout::EventIdle));
}
