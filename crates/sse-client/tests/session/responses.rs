//! What a response head leads to: statuses, content type, Retry-After.

use std::time::Duration;

use crate::support::{Play, S, event_stream, exact};
use sse_client::{Cause, CloseReason, Policy, ReadyState, ResponseHead, RetriedStatuses, Session, Step};

#[test]
fn only_200_opens() {
    for status in 100..=999 {
        for retried in [RetriedStatuses::Transient, RetriedStatuses::None] {
            let mut play = Play::subscribe(Policy::default().with_retried_statuses(retried));
            play.connect();
            play.head(status);
            let transient = matches!(status, 408 | 429 | 500..=599) && retried != RetriedStatuses::None;
            match play.session.step() {
                Step::Read { .. } => assert_eq!(status, 200),
                Step::Wait { cause, .. } => {
                    assert!(transient, "{status}");
                    assert!(matches!(cause, Cause::Status { status: of, .. } if *of == status));
                }
                Step::Closed(CloseReason::NoContent) => assert_eq!(status, 204),
                Step::Closed(CloseReason::Failed(Cause::Status { status: of, .. })) => {
                    assert!(*of == status && !matches!(status, 200 | 204) && !transient, "{status}");
                }
                step => panic!("{status}: {step:?}"),
            }
        }
    }
}

#[test]
fn the_policy_counts_on_every_connection() {
    let mut play = Play::subscribe(exact().with_retried_statuses(RetriedStatuses::None));
    play.open();
    play.end(sse_client::End::Eof);
    play.wait();
    play.connect();
    play.head(500);
    assert!(!play.closed().unwrap().is_proper());
}

#[test]
fn another_content_type_fails_and_is_named() {
    for (content_type, named) in [
        (Some(&b"text/html; charset=utf-8"[..]), "content type \"text/html; charset=utf-8\""),
        (Some(b"text/event-stream;charset=utf8"), "\"text/event-stream;charset=utf8\""),
        (Some(b"\xff\n"), "\"\u{fffd}\\n\""),
        (None, "no content type"),
    ] {
        let mut play = Play::subscribe(Policy::default());
        play.connect();
        play.session.handle_head(play.now, ResponseHead::new(200).with_content_type(content_type));
        let reason = play.closed().unwrap();
        assert!(matches!(reason, CloseReason::Failed(Cause::ContentType(_))), "{reason:?}");
        assert!(reason.to_string().contains(named), "{reason}");
    }
}

#[test]
fn a_coding_that_was_not_undone_fails_and_is_named() {
    let answered = |status: u16, coding: &[u8]| {
        let mut play = Play::subscribe(Policy::default());
        play.connect();
        let head = ResponseHead::new(status).with_content_type(Some(b"text/event-stream"));
        play.session.handle_head(play.now, head.with_content_encoding(Some(coding)));
        play
    };
    for coding in ["br", "GZip", "x-gzip", " zstd ", "identity, deflate", "gzip,br"] {
        let play = answered(200, coding.as_bytes());
        let Some(CloseReason::Failed(cause @ Cause::ContentCoding(named))) = play.closed() else { panic!("{coding}") };
        assert_eq!(named.value(), coding);
        assert!(cause.to_string().contains(&format!("{coding:?}")) && cause.to_string().contains("feature"), "{cause}");
    }
    // No codings, whatever servers say.
    for coding in ["", "identity", "none", "utf-8", "gzipped", ","] {
        assert_eq!(answered(200, coding.as_bytes()).session.ready_state(), ReadyState::Open, "{coding}");
    }
    // The status counts first, and long lists are cut.
    assert!(answered(503, b"br").closed().is_none());
    let long = answered(200, &[&b"br"[..], &[b','; 100_000]].concat());
    let Some(CloseReason::Failed(Cause::ContentCoding(named))) = long.closed() else { panic!() };
    assert_eq!(named.value().len(), 200);
}

#[test]
fn the_name_of_a_wrong_type_is_bounded() {
    let long = vec![b'x'; 100_000];
    let mut play = Play::subscribe(Policy::default());
    play.connect();
    play.session.handle_head(play.now, ResponseHead::new(200).with_content_type(Some(&long)));
    let Some(CloseReason::Failed(Cause::ContentType(content_type))) = play.closed() else { panic!() };
    assert_eq!(content_type.value().unwrap().len(), 200);
}

#[test]
fn no_content_needs_no_content_type_and_is_proper() {
    let mut play = Play::subscribe(Policy::default());
    play.connect();
    play.session.handle_head(play.now, ResponseHead::new(204));
    assert_eq!(play.closed(), Some(&CloseReason::NoContent));
    assert!(play.closed().unwrap().is_proper());
    assert_eq!(play.session.ready_state(), ReadyState::Closed);
}

#[test]
fn retry_after_raises_the_wait_and_never_lowers_it() {
    for (retry_after, wait) in [("10", 10 * S), ("1", 3 * S), ("0", 3 * S), ("x", 3 * S), ("86400", 86_400 * S)] {
        let mut play = Play::subscribe(exact());
        play.connect();
        play.session.handle_head(play.now, event_stream(503).with_retry_after(Some(retry_after.as_bytes())));
        assert_eq!(play.wait(), wait, "{retry_after}");
        // It counts once: the next failure is on its own.
        play.connect();
        play.head(503);
        assert_eq!(play.wait(), 6 * S);
    }
}

#[test]
fn retry_after_as_a_date_counts_from_the_server_s_clock() {
    let mut play = Play::subscribe(exact());
    play.connect();
    let head = event_stream(429)
        .with_date(Some(b"Wed, 31 Dec 2098 23:59:30 GMT"))
        .with_retry_after(Some(b"Thu, 01 Jan 2099 00:00:30 GMT"));
    play.session.handle_head(play.now, head);
    assert_eq!(play.wait(), 60 * S);
}

#[test]
fn an_endless_retry_after_overflows_nothing() {
    let mut play = Play::subscribe(Policy::default());
    play.connect();
    play.session.handle_head(play.now, event_stream(503).with_retry_after(Some(b"99999999999999999999")));
    let Step::Wait { until, .. } = play.session.step() else { panic!() };
    assert!(until >= Duration::from_millis(u64::MAX));
    play.pass(1_000_000 * S);
    assert!(matches!(play.session.step(), Step::Wait { .. }));
}

#[test]
fn once_tells_when_to_come_back_and_does_not_come_back() {
    let mut play = Play::new(Session::once());
    play.connect();
    play.session.handle_head(play.now, event_stream(429).with_retry_after(Some(b"20")));
    let Some(CloseReason::Failed(Cause::Status { status: 429, retry_after, .. })) = play.closed() else { panic!() };
    assert_eq!(*retry_after, Some(20 * S));
}
