//! The body on a virtual clock. What hyper and axum make of it is in `tests/server.rs`.

use std::pin::pin;

use futures_util::{FutureExt, StreamExt, stream};
use http_body_util::BodyExt;
use tokio::sync::mpsc;
use tokio::time::{Instant, advance};

use super::*;

const COMMENT: &[u8] = b": \n\n";

fn block(data: &str) -> Bytes {
    EventBlock::new().data(data).to_bytes()
}

/// Blocks sent through the channel.
fn channel() -> (mpsc::UnboundedSender<Bytes>, impl Stream<Item = Bytes> + Unpin) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let blocks = stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)));
    (sender, Box::pin(blocks))
}

async fn next<B: Body<Data = Bytes> + Unpin>(body: &mut B) -> Option<Result<Bytes, B::Error>> {
    let frame = body.frame().await?;
    Some(frame.map(|frame| frame.into_data().expect("only data frames")))
}

#[test]
fn the_response_has_the_headers_of_an_event_stream() {
    let response = EventBody::new(stream::empty::<Bytes>()).into_response();
    assert_eq!(response.status(), 200);
    let headers: Vec<_> =
        response.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    assert_eq!(
        headers,
        [("content-type", "text/event-stream"), ("cache-control", "no-cache"), ("x-accel-buffering", "no")],
    );
}

#[tokio::test(start_paused = true)]
async fn blocks_pass_untouched_and_share_their_memory() {
    let original = block("once");
    let blocks = stream::iter([original.clone(), block("twice")]);
    let mut body = pin!(EventBody::new(blocks));
    let first = next(&mut body).await.unwrap().unwrap();
    assert_eq!(first.as_ptr(), original.as_ptr());
    assert_eq!(next(&mut body).await.unwrap().unwrap(), "data: twice\n\n");
    assert!(!body.is_end_stream());
    assert!(next(&mut body).await.is_none());
    assert!(body.is_end_stream());
}

#[tokio::test(start_paused = true)]
async fn the_reconnection_time_comes_first_and_once() {
    let blocks = stream::iter([block("a"), block("b")]);
    let body = EventBody::new(blocks).retry(Duration::from_secs(10));
    let sent = body.collect().await.unwrap().to_bytes();
    assert_eq!(sent, "retry: 10000\n\ndata: a\n\ndata: b\n\n");
}

#[tokio::test(start_paused = true)]
async fn an_idle_body_sends_a_comment_each_interval() {
    let mut body = pin!(EventBody::new(stream::pending::<Bytes>()));
    let start = Instant::now();
    for intervals in 1..=3 {
        assert_eq!(next(&mut body).await.unwrap().unwrap(), COMMENT);
        assert_eq!(start.elapsed().as_secs(), 15 * intervals);
    }
}

#[tokio::test(start_paused = true)]
async fn the_idle_time_counts_from_the_last_block() {
    let (sender, blocks) = channel();
    let mut body = pin!(EventBody::new(blocks).keep_alive(Duration::from_secs(10)));
    let start = Instant::now();
    assert!(next(&mut body).now_or_never().is_none());
    for _ in 0..3 {
        advance(Duration::from_secs(9)).await;
        sender.send(block("x")).unwrap();
        assert_eq!(next(&mut body).await.unwrap().unwrap(), "data: x\n\n");
        assert!(next(&mut body).now_or_never().is_none());
    }
    assert_eq!(next(&mut body).await.unwrap().unwrap(), COMMENT);
    assert_eq!(start.elapsed().as_secs(), 27 + 10);
}

#[tokio::test(start_paused = true)]
async fn a_comment_counts_as_sent() {
    let (sender, blocks) = channel();
    let mut body = pin!(EventBody::new(blocks).keep_alive(Duration::from_secs(10)));
    assert_eq!(next(&mut body).await.unwrap().unwrap(), COMMENT);
    sender.send(block("x")).unwrap();
    assert_eq!(next(&mut body).await.unwrap().unwrap(), "data: x\n\n");
    let start = Instant::now();
    assert_eq!(next(&mut body).await.unwrap().unwrap(), COMMENT);
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_comment_never_delays_a_block() {
    let (sender, blocks) = channel();
    let mut body = pin!(EventBody::new(blocks).keep_alive(Duration::from_secs(1)));
    assert!(next(&mut body).now_or_never().is_none());
    // The connection was stalled: both are due when it is polled again, and the block goes first.
    advance(Duration::from_secs(60)).await;
    sender.send(block("x")).unwrap();
    assert_eq!(next(&mut body).now_or_never().unwrap().unwrap().unwrap(), "data: x\n\n");
    assert!(next(&mut body).now_or_never().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_zero_interval_is_no_busy_loop_and_a_huge_one_no_overflow() {
    let mut body = pin!(EventBody::new(stream::pending::<Bytes>()).keep_alive(Duration::ZERO));
    let start = Instant::now();
    assert_eq!(next(&mut body).await.unwrap().unwrap(), COMMENT);
    assert_eq!(start.elapsed(), keep_alive::MIN);
    assert!(next(&mut body).now_or_never().is_none());

    let (sender, blocks) = channel();
    let mut body = pin!(EventBody::new(blocks).keep_alive(Duration::MAX));
    assert!(next(&mut body).now_or_never().is_none());
    sender.send(block("x")).unwrap();
    assert_eq!(next(&mut body).await.unwrap().unwrap(), "data: x\n\n");
    assert!(next(&mut body).now_or_never().is_none());
}

#[test]
fn without_keep_alive_no_runtime_is_needed() {
    let mut body = pin!(EventBody::new(stream::pending::<Bytes>()).without_keep_alive());
    assert!(next(&mut body).now_or_never().is_none());
}

#[tokio::test(start_paused = true)]
async fn until_ends_the_body_with_its_last_block() {
    let (shut_down, shutting_down) = tokio::sync::oneshot::channel();
    // A stream that always has more must not keep the end away.
    let body = EventBody::new(stream::repeat_with(|| block("more"))).until(async {
        let _ = shutting_down.await;
        EventBlock::new().retry(Duration::from_millis(1234)).to_bytes()
    });
    let mut body = pin!(body);
    for _ in 0..3 {
        assert_eq!(next(&mut body).await.unwrap().unwrap(), "data: more\n\n");
    }
    shut_down.send(()).unwrap();
    assert_eq!(next(&mut body).await.unwrap().unwrap(), "retry: 1234\n\n");
    assert!(next(&mut body).await.is_none());
    assert!(next(&mut body).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn until_may_end_without_a_last_block_and_before_the_first() {
    let body = EventBody::new(stream::repeat_with(|| block("never"))).until(async { Bytes::new() });
    assert!(body.collect().await.unwrap().to_bytes().is_empty());

    let body = EventBody::new(stream::repeat_with(|| block("never")))
        .retry(Duration::from_secs(1))
        .until(async { Bytes::new() });
    assert_eq!(body.collect().await.unwrap().to_bytes(), "retry: 1000\n\n");
}

#[tokio::test(start_paused = true)]
async fn an_error_ends_the_body_and_the_stream_is_left_alone() {
    let blocks = stream::iter([Ok(block("a")), Err("the database is gone"), Ok(block("never"))]);
    let mut body = pin!(EventBody::new(blocks));
    assert_eq!(next(&mut body).await.unwrap().unwrap(), "data: a\n\n");
    assert_eq!(next(&mut body).await.unwrap().unwrap_err(), "the database is gone");
    assert!(next(&mut body).await.is_none());
    assert!(body.is_end_stream());
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ended_is_not_polled_again() {
    // `unfold` panics when polled after its end.
    let blocks = stream::unfold(0, async |n| (n < 2).then(|| (block("x"), n + 1)));
    let mut body = pin!(EventBody::new(blocks));
    for _ in 0..2 {
        assert!(next(&mut body).await.is_some());
    }
    for _ in 0..3 {
        assert!(next(&mut body).await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn blocks_are_asked_for_one_by_one() {
    let mut asked = 0;
    let blocks = stream::repeat_with(|| {
        asked += 1;
        block("x")
    });
    {
        let mut body = pin!(EventBody::new(blocks.boxed_local()));
        for _ in 0..3 {
            next(&mut body).await.unwrap().unwrap();
        }
    }
    assert_eq!(asked, 3);
}

#[test]
fn an_idle_connection_is_cheap() {
    let body = size_of::<EventBody<stream::Pending<Bytes>>>();
    let timer = size_of::<tokio::time::Sleep>();
    assert!(body + timer < 300, "{body} + {timer} bytes: the documentation says under 300");
}
