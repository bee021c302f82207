//! Events of one stream of bytes.

use std::io;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use sse_tokio::{DecodeError, Decoder, EventStream, OwnedEvent, OwnedFrame, ReaderChunks, StreamError};
use tokio::io::AsyncWriteExt as _;

const TEXT: &[u8] = b"\xef\xbb\xbfid: 1\r\nevent: tick\r\ndata: a\r\ndata: \xe2\x82\xac\xff\r\n\r\n: no\n\rdata\r\rid: 2\n\ndata: x\n\ndata";

fn chunks(parts: impl IntoIterator<Item = Bytes>) -> EventStream<impl futures_util::Stream<Item = io::Result<Bytes>>> {
    EventStream::new(stream::iter(parts.into_iter().map(Ok).collect::<Vec<_>>()))
}

fn facts(events: &[OwnedEvent]) -> Vec<(&str, &str, &str)> {
    events.iter().map(|event| (event.event_type(), event.data(), event.last_event_id())).collect()
}

const EXPECTED: [(&str, &str, &str); 3] =
    [("tick", "a\n\u{20ac}\u{fffd}", "1"), ("message", "", "1"), ("message", "x", "2")];

#[tokio::test]
async fn any_chunks_give_the_same_events() {
    for split in 0..=TEXT.len() {
        let (first, second) = TEXT.split_at(split);
        let events: Vec<_> = chunks([first.into(), second.into()]).map(Result::unwrap).collect().await;
        assert_eq!(facts(&events), EXPECTED, "{split}");
    }
    let events: Vec<_> = chunks(TEXT.chunks(1).map(Bytes::from)).map(Result::unwrap).collect().await;
    assert_eq!(facts(&events), EXPECTED);
}

#[tokio::test]
async fn from_a_reader() {
    let (mut ours, theirs) = tokio::io::duplex(7);
    let write = async {
        ours.write_all(TEXT).await.unwrap();
        drop(ours);
    };
    let read = EventStream::from_reader(theirs).map(Result::unwrap).collect::<Vec<_>>();
    let (events, ()) = tokio::join!(read, write);
    assert_eq!(facts(&events), EXPECTED);
}

#[tokio::test]
async fn events_share_their_chunk() {
    let chunk = Bytes::from_static(b"data: hello\n\n");
    let event = chunks([chunk.clone()]).next().await.unwrap().unwrap();
    assert!(chunk.as_ptr_range().contains(&event.data().as_bytes().as_ptr()));
}

#[tokio::test]
async fn an_error_is_the_last_item() {
    let error = io::Error::from(io::ErrorKind::ConnectionReset);
    // A stream that must not be polled after its end.
    let once = stream::iter([Ok(Bytes::from("data: a\n\ndata: b\n")), Err(error), Ok("\ndata: c\n\n".into())]);
    let mut events = EventStream::new(once);
    assert_eq!(events.next().await.unwrap().unwrap().data(), "a");
    let StreamError::Transport(error) = events.next().await.unwrap().unwrap_err() else { panic!() };
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    assert!(events.next().await.is_none());
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn an_event_that_is_too_large_is_told_and_the_next_ones_follow() {
    let text = Bytes::from("data: 0123456789\n\nid: 5\ndata: b\n\n");
    let decoder = Decoder::new().with_max_event_bytes(10);
    let mut events = EventStream::with_decoder(stream::iter([Ok::<_, io::Error>(text)]), decoder);
    let error = events.next().await.unwrap().unwrap_err();
    assert!(matches!(error, StreamError::Dropped(DecodeError::EventTooLarge { limit: 10 })), "{error:?}");
    assert_eq!(events.next().await.unwrap().unwrap().data(), "b");
    assert_eq!(events.last_event_id(), "5");
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn frames_are_everything_in_order() {
    let text = ": a\nretry: 5\nid: 1\ndata: b\n\ndata: 0123456789\n\n: c\n\n";
    for split in 0..=text.len() {
        let parts = text.split_at(split);
        let chunks = [parts.0, parts.1].map(|part| Ok::<_, io::Error>(Bytes::from(part)));
        let decoder = Decoder::new().with_max_event_bytes(10);
        let mut frames = EventStream::with_decoder(stream::iter(chunks), decoder).frames();
        let mut seen = Vec::new();
        while let Some(frame) = frames.next().await {
            seen.push(match frame {
                Ok(OwnedFrame::Comment(comment)) => format!("comment {comment}"),
                Ok(OwnedFrame::Retry(time)) => format!("retry {time:?}"),
                Ok(OwnedFrame::Event(event)) => format!("event {}", event.data()),
                Err(StreamError::Dropped(_)) => "dropped".to_owned(),
                other => panic!("{other:?}"),
            });
        }
        assert_eq!(seen, ["comment a", "retry 5ms", "event b", "dropped", "comment c"], "{split}");
        assert_eq!(frames.last_event_id(), "1");
    }
}

#[tokio::test]
async fn a_reader_with_a_decoder() {
    let mut decoder = Decoder::new();
    decoder.set_last_event_id("41").unwrap();
    let mut events = EventStream::with_decoder(ReaderChunks::new(&b"data: a\n\n"[..]), decoder);
    assert_eq!(events.next().await.unwrap().unwrap().last_event_id(), "41");
    assert!(events.next().await.is_none());
}
