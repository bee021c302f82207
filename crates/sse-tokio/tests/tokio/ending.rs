//! Streams that end by an event: what comes of it, and that the connection is gone at once.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use sse_tokio::{
    Cause, CloseReason, Ending, EventSource, EventStream, Failure, OwnedFrame, Policy, Session, StreamError, Update,
};

use crate::server::{Piece, Reset, S, Server, answer, chunk, ok};

fn message_stop() -> Ending {
    Ending::at(|event| event.event_type == "message_stop")
}

#[tokio::test(start_paused = true)]
async fn the_connection_is_gone_with_the_last_event() {
    // In one chunk and in chunks of their own; given and not given; events only and everything.
    for pieces in [
        vec![chunk("data: a\n\nevent: message_stop\ndata: [DONE]\n\ndata: b\n\n"), Piece::Hang],
        vec![chunk("data: a\n\n"), chunk("event: message_stop\n"), chunk("data: [DONE]\n\n"), Piece::Hang],
    ] {
        for (ending, expected) in
            [(message_stop as fn() -> Ending, &["a", "[DONE]"][..]), (Ending::done as fn() -> Ending, &["a"])]
        {
            let server = Server::new([ok(pieces.clone())]);
            let mut source = EventSource::once(server.clone()).with_ending(ending());
            let mut seen = Vec::new();
            for _ in expected {
                seen.push(source.next().await.unwrap().unwrap().data().to_owned());
            }
            assert_eq!(seen, expected);
            let at_once = usize::from(expected.len() == 1);
            assert_eq!(server.open(), at_once, "before the next poll, if the event was given");
            assert!(source.next().await.is_none() && source.next().await.is_none());
            assert_eq!((source.close_reason(), server.open()), (Some(&CloseReason::LastEvent), 0));

            let server = Server::new([ok(pieces.clone())]);
            let mut updates = EventSource::once(server.clone()).with_ending(ending()).updates();
            let mut seen = Vec::new();
            while let Some(update) = updates.next().await {
                if let Update::Event(event) = update.unwrap() {
                    seen.push(event.data().to_owned());
                }
            }
            assert_eq!((&seen[..].iter().map(|data| &**data).collect::<Vec<_>>()[..], server.open()), (expected, 0));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_cut_off_is_an_error() {
    for end in [vec![], vec![chunk("data: [DONE]\n")]] {
        let server = Server::new([ok([chunk("data: a\n\n")].into_iter().chain(end))]);
        let mut source = EventSource::once(server.clone()).with_ending(Ending::done());
        assert_eq!(source.next().await.unwrap().unwrap().data(), "a");
        let error = source.next().await.unwrap().unwrap_err();
        assert!(matches!(error.failure(), Failure::Lost(Cause::UnexpectedEnd)), "{error:?}");
        assert_eq!(error.limit(), None);
        assert!(source.next().await.is_none());
        assert_eq!((server.open(), server.requests().len()), (0, 1));
    }
    let mut source = EventSource::once(Server::new([answer(204, [])])).with_ending(Ending::done());
    let error = source.next().await.unwrap().unwrap_err();
    assert!(matches!(error.failure(), Failure::Response { .. }) && error.limit().is_none(), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_an_event_that_is_too_large_is_an_error() {
    // In one chunk with others, and before it has come to its end.
    for chunks in [["data: a\n\ndata: 0123456789abcdef\n\ndata: b\n\n", ""], ["data: a\n\n", "data: 0123456789abcdef"]]
    {
        let server = Server::new([ok([chunk(chunks[0]), chunk(chunks[1]), Piece::Hang])]);
        let session = Session::once().with_max_event_bytes(12).with_ending(Ending::done());
        let mut source = EventSource::new(server.clone(), session);
        let monitor = source.monitor();
        assert_eq!(source.next().await.unwrap().unwrap().data(), "a");
        let error = source.next().await.unwrap().unwrap_err();
        assert!(matches!(error.failure(), Failure::Lost(Cause::DroppedEvent(_))), "{error:?}");
        assert!(error.to_string().contains("more than 12 bytes"), "{error}");
        assert_eq!(error.limit(), None);
        assert_eq!((server.open(), server.requests().len()), (0, 1), "the connection is closed at once");
        assert_eq!(monitor.counters().dropped, 1);
        assert!(source.next().await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_subscription_is_resumed_up_to_its_last_event() {
    let second = [chunk("id: 2\ndata: b\n\nevent: message_stop\ndata: c\n\n"), Piece::Hang];
    let server = Server::new([ok([chunk("id: 1\ndata: a\n\n")]), ok(second)]);
    let source = EventSource::subscribe(server.clone(), Policy::default()).with_ending(message_stop());
    let seen: Vec<_> = source.map(|event| event.unwrap().data().to_owned()).collect().await;
    assert_eq!((seen, server.ids()), (vec!["a".into(), "b".into(), "c".into()], vec!["-".to_owned(), "1".to_owned()]));
}

/// Chunks that can be asked for no more than there are.
fn chunks(texts: &'static [&'static str]) -> impl futures_util::Stream<Item = Result<Bytes, Reset>> {
    stream::iter(texts.iter().map(|text| Ok(text.as_bytes().into())))
}

#[tokio::test]
async fn one_stream_of_bytes_ends_the_same_way() {
    const DONE: &[&str] = &["data: a\n\ndata: [DO", "NE]\n\ndata: b\n\n", "data: c\n\n"];
    let bytes = chunks(DONE).chain(stream::pending());
    let mut events = EventStream::new(bytes.boxed()).with_ending(Ending::done());
    assert_eq!(events.next().await.unwrap().unwrap().data(), "a");
    assert!(events.next().await.is_none() && events.next().await.is_none());

    let given = Ending::at(|event| event.data == "[DONE]");
    let frames = EventStream::new(chunks(DONE)).with_ending(given).frames();
    let frames: Vec<_> = frames.map(Result::unwrap).collect().await;
    assert!(matches!(&frames[..], [OwnedFrame::Event(_), OwnedFrame::Event(last)] if last.data() == "[DONE]"));

    for cut_off in [&[][..], &["data: a\n\n"], &["data: a\n\ndata: [DONE]\n"]] {
        let events: Vec<_> = EventStream::new(chunks(cut_off)).with_ending(Ending::done()).collect().await;
        assert!(matches!(events.last(), Some(Err(StreamError::UnexpectedEnd))), "{events:?}");
    }
    // One error is enough.
    let broken = stream::iter([Ok("data: a\n\n".into()), Err(Reset { futile: false, unsent: false })]);
    let events: Vec<_> = EventStream::new(broken).with_ending(Ending::done()).collect().await;
    assert!(matches!(&events[..], [Ok(_), Err(StreamError::Transport(_))]), "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn the_body_is_dropped_before_the_last_event_is_looked_at() {
    let held = Arc::new(());
    let guard = Arc::clone(&held);
    let bytes = stream::iter([Ok::<Bytes, Reset>("event: message_stop\ndata: z\n\n".into())]).chain(stream::pending());
    let bytes = bytes.inspect(move |_| assert_eq!(Arc::strong_count(&guard), 2));
    let mut events = EventStream::new(bytes.boxed()).with_ending(message_stop());
    assert_eq!(events.next().await.unwrap().unwrap().data(), "z");
    assert_eq!(Arc::strong_count(&held), 1);
    assert!(tokio::time::timeout(S, events.next()).await.unwrap().is_none());
}
