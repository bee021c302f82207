//! Events over several connections, and everything else that happens.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use sse_client::End;
use sse_tokio::{Cause, CloseReason, EventSource, Policy, ReadyState, ResponseHead, Session, Update};
use tokio::time::timeout;

use crate::server::{Head, Piece, Reply, Reset, S, Server, answer, chunk, ok};

fn exact() -> Policy {
    Policy::default().with_jitter_percent(0)
}

/// The data of all events until the end, which must be a proper one.
async fn all(source: &mut EventSource<Server>) -> Vec<String> {
    let mut events = Vec::new();
    while let Some(event) = source.next().await {
        events.push(event.unwrap().data().to_string());
    }
    events
}

#[tokio::test(start_paused = true)]
async fn resumes_where_it_was() {
    let server = Server::new([
        ok([chunk("retry: 500\nid: 1\nda"), chunk("ta: a\n\nid: 2\ndata: unfinished")]),
        Reply::Refuse(Reset { futile: false, unsent: false }),
        ok([chunk("data: b\n\nid: 3\ndata: c\n\n"), Piece::Fail]),
        answer(503, []),
    ]);
    let mut source = EventSource::subscribe(server.clone(), exact());
    assert_eq!(source.session().ready_state(), ReadyState::Connecting);
    assert_eq!(all(&mut source).await, ["a", "b", "c"]);
    assert_eq!(source.close_reason(), Some(&CloseReason::NoContent));
    assert_eq!(source.session().last_event_id(), "3");
    assert_eq!(server.ids(), ["-", "1", "1", "3", "3"]);
    // Half a second each, in the paused clock's milliseconds.
    let times: Vec<_> = server.requests().iter().map(|(at, _)| at.as_millis()).collect();
    for (pair, wait) in times.windows(2).zip([500, 500, 500, 500]) {
        assert!((wait..wait + 5).contains(&(pair[1] - pair[0])), "{times:?}");
    }
    // Fused.
    assert!(source.next().await.is_none());
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn once_is_one_request() {
    let server = Server::new([ok([chunk("data: a\n\n"), chunk("data: b\n\ndata: c")])]);
    let mut source = EventSource::once(server.clone());
    assert_eq!(all(&mut source).await, ["a", "b"]);
    assert_eq!(source.close_reason(), Some(&CloseReason::EndOfStream));
    assert_eq!((server.requests().len(), server.open()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn no_content_is_the_end() {
    let server = Server::new([]);
    let mut source = EventSource::subscribe(server.clone(), exact());
    assert!(source.next().await.is_none());
    assert_eq!(source.close_reason(), Some(&CloseReason::NoContent));
    assert_eq!(source.session().ready_state(), ReadyState::Closed);
    assert_eq!((server.requests().len(), server.open()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn the_head_is_there_while_the_connection_is() {
    let server = Server::new([ok([chunk("data: a\n\n")]), ok([chunk("data: b\n\n"), Piece::Hang])]);
    let mut source = EventSource::subscribe(server, exact());
    assert_eq!(source.head(), None);
    source.next().await;
    assert_eq!(source.head(), Some(&Head::default()));
    source.next().await;
    source.close();
    assert_eq!(source.head(), None);
}

#[tokio::test(start_paused = true)]
async fn updates_tell_everything_in_order() {
    let server = Server::new([
        ok([chunk(": hello\nretry: 250\nid: \u{1}\ndata: a\n\n"), chunk("data: 0123456789\n\nid: 2\ndata: b\n\n")]),
        answer(429, [chunk("slow down")]),
    ]);
    let session = Session::subscribe(exact(), 1).with_max_event_bytes(10);
    let mut updates = EventSource::new(server, session).updates();
    let mut seen = Vec::new();
    while let Some(update) = updates.next().await {
        seen.push(match update.unwrap() {
            Update::Connecting { attempt, last_event_id, unsendable_id, .. } => {
                format!("connecting {attempt} {last_event_id:?} {unsendable_id:?}")
            }
            Update::Open(head) => format!("open {}", head.status),
            Update::Event(event) => format!("event {} {:?}", event.data(), event.last_event_id()),
            Update::Comment(comment) => format!("comment {comment}"),
            Update::Retry(time) => format!("retry {time:?}"),
            Update::Dropped(_) => "dropped".into(),
            Update::Waiting { failure, .. } => format!("waiting: {failure}"),
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(updates.close_reason(), Some(&CloseReason::NoContent));
    assert_eq!(
        seen,
        [
            "connecting 1 None None",
            "open 200",
            "comment hello",
            "retry 250ms",
            "event a \"\\u{1}\"",
            "dropped",
            "event b \"2\"",
            "waiting: the server ended the stream",
            "connecting 2 Some(\"2\") None",
            "waiting: the server answered with status 429",
            "connecting 3 Some(\"2\") None",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn an_id_that_cannot_be_sent_is_left_out_and_told() {
    let server = Server::new([ok([chunk("id: \u{1b}\ndata: a\n\n")]), ok([chunk("id: 2\ndata: b\n\n")])]);
    let mut updates = EventSource::subscribe(server.clone(), exact()).updates();
    let mut unsendable = Vec::new();
    while let Some(update) = updates.next().await {
        if let Update::Connecting { unsendable_id, .. } = update.unwrap() {
            unsendable.push(unsendable_id);
        }
    }
    assert_eq!(unsendable, [None, Some("\u{1b}".into()), None]);
    assert_eq!(server.ids(), ["-", "-", "2"]);
}

#[tokio::test(start_paused = true)]
async fn events_share_their_chunk() {
    let bytes = Bytes::from_static(b"id: 7\nevent: tick\ndata: hello\n\ndata: more\n\n");
    let server = Server::new([ok([Piece::Chunk(bytes.clone())])]);
    let mut source = EventSource::once(server);
    for text in ["hello", "more"] {
        let event = source.next().await.unwrap().unwrap();
        assert_eq!(event.data(), text);
        let shared = bytes.as_ptr_range().contains(&event.data().as_bytes().as_ptr());
        assert!(shared, "{text} was copied");
    }
}

#[tokio::test(start_paused = true)]
async fn any_chunks_give_the_same_events() {
    let text = "\u{feff}id: 1\r\nevent: \u{e4}\r\ndata: a\u{20ac}\r\ndata: b\r\n\r\nretry: 10\rdata\r\rdata: x\n\n";
    let mut expected = None;
    for split in 0..=text.len() {
        let (first, second) = text.as_bytes().split_at(split);
        let server = Server::new([ok([Piece::Chunk(first.into()), Piece::Chunk(second.into())])]);
        let events: Vec<_> = EventSource::once(server).map(Result::unwrap).collect().await;
        assert_eq!(events.len(), 3, "{split}");
        assert_eq!(&events, expected.get_or_insert_with(|| events.clone()), "{split}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_from_before_is_sent_at_once() {
    let server = Server::new([ok([chunk("data: a\n\n"), Piece::Pause(S)])]);
    let session = Session::once().with_last_event_id("41").unwrap();
    let mut source = EventSource::new(server.clone(), session);
    assert_eq!(source.next().await.unwrap().unwrap().last_event_id(), "41");
    assert_eq!(server.ids(), ["41"]);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_was_in_use_goes_on() {
    let long_ago = 1_000_000 * S;
    let head = ResponseHead::new(200).with_content_type(Some(b"text/event-stream"));
    type Use = fn(&mut Session, Duration, ResponseHead<'_>);
    let uses: [(Use, u64); 4] = [
        (|_, _, _| (), 0),
        // Awaiting a head, reading, waiting: the reconnection time from here on.
        (|session, now, _| session.handle_connecting(now), 3),
        (
            |session, now, head| {
                session.handle_connecting(now);
                session.handle_head(now, head);
            },
            3,
        ),
        (
            |session, now, _| {
                session.handle_connecting(now - 2 * S);
                session.handle_end(now - 2 * S, End::TransportError);
                session.handle_timeout(now);
            },
            1,
        ),
    ];
    for (number, (begin, waits)) in uses.into_iter().enumerate() {
        let server = Server::new([ok([chunk("data: a\n\n")])]);
        let mut session = Session::subscribe(exact(), 1);
        begin(&mut session, long_ago, head);
        let mut source = EventSource::new(server.clone(), session);
        assert_eq!(timeout(60 * S, all(&mut source)).await.unwrap(), ["a"], "{number}");
        assert_eq!(server.requests()[0].0.as_secs(), waits, "{number}");
    }

    // It must not be sent twice, even if the first time was not here.
    let server = Server::new([ok([])]);
    let mut session = Session::once();
    session.handle_connecting(long_ago);
    let mut source = EventSource::new(server.clone(), session);
    let error = source.next().await.unwrap().unwrap_err();
    assert_eq!(error.failure().cause(), &Cause::Transport);
    assert!(source.next().await.is_none() && server.requests().is_empty());
}

#[test]
fn can_be_spawned_and_moved() {
    fn check<T: Send + Unpin + std::fmt::Debug>() {}
    check::<EventSource<Server>>();
    check::<sse_tokio::Updates<Server>>();
    check::<sse_tokio::EventStream<sse_tokio::ReaderChunks<tokio::net::TcpStream>>>();
}
