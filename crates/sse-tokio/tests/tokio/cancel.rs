//! Dropping or closing ends the connection at once.

use futures_util::StreamExt as _;
use sse_tokio::{CloseReason, EventSource, Policy};
use tokio::time::timeout;

use crate::server::{Piece, Reply, S, Server, answer, chunk, ok};

#[tokio::test(start_paused = true)]
async fn dropping_closes_whatever_is_open() {
    for reply in [Reply::Hang, ok([Piece::Hang]), answer(404, [Piece::Pause(S), Piece::Hang])] {
        let server = Server::new([reply]);
        let mut source = EventSource::subscribe(server.clone(), Policy::default());
        assert_eq!(server.open(), 0, "nothing happens before the first poll");
        assert!(timeout(S, source.next()).await.is_err());
        assert_eq!(server.open(), 1);
        drop(source);
        assert_eq!(server.open(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_wait_for_an_item_loses_nothing() {
    let pieces = [chunk("da"), Piece::Pause(S), chunk("ta: a\n"), Piece::Pause(S), chunk("\n"), Piece::Hang];
    let server = Server::new([ok(pieces)]);
    let mut source = EventSource::subscribe(server, Policy::default());
    for _ in 0..3 {
        assert!(timeout(S / 2, source.next()).await.is_err());
    }
    assert_eq!(source.next().await.unwrap().unwrap().data(), "a");
}

#[tokio::test(start_paused = true)]
async fn close_is_a_proper_end() {
    let server = Server::new([ok([chunk("data: a\n\ndata: b\n\n"), Piece::Hang])]);
    let mut source = EventSource::subscribe(server.clone(), Policy::default());
    source.next().await.unwrap().unwrap();
    source.close();
    assert_eq!(server.open(), 0);
    assert!(source.next().await.is_none());
    assert_eq!(source.close_reason(), Some(&CloseReason::Requested));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_open_while_it_waits() {
    let server = Server::new([answer(503, [Piece::Hang])]);
    let mut source = EventSource::subscribe(server.clone(), Policy::default());
    assert!(timeout(S, source.next()).await.is_err());
    assert_eq!((server.open(), server.requests().len()), (0, 1));
    source.close();
    assert!(source.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn close_does_not_swallow_a_failure() {
    let server = Server::new([answer(404, [chunk("because"), Piece::Hang])]);
    let mut source = EventSource::subscribe(server.clone(), Policy::default());
    assert!(timeout(S, source.next()).await.is_err());
    source.close();
    assert_eq!(server.open(), 0);
    let error = source.next().await.unwrap().unwrap_err();
    assert_eq!((error.failure().head().unwrap().status, &error.failure().body().unwrap()[..]), (404, &b"because"[..]));
    assert!(source.next().await.is_none());
    assert!(!source.close_reason().unwrap().is_proper());
}
