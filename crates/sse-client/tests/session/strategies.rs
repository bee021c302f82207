//! Decisions that the user has taken over.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use sse_client::{
    Cause, CloseReason, Decision, DelayStrategy, End, ErrorStrategy, Limit, Lost, ResponseHead, Retries, Session, Step,
    Wait,
};

use crate::support::{MS, Play, S, exact};

/// By this strategy, after the end of a connection that an event came over.
fn after_an_event(strategy: impl ErrorStrategy + 'static) -> Play {
    let mut play = Play::new(Session::subscribe(exact(), 1).with_error_strategy(strategy));
    play.open();
    play.data("data: a\n\n");
    play
}

#[test]
fn what_would_fail_can_be_retried() {
    let expired = |lost: &Lost<'_>| match lost.cause {
        Cause::Status { status: 401, .. } if lost.failures < 2 => Decision::Retry,
        _ => lost.default,
    };
    let mut play = Play::new(Session::subscribe(exact(), 1).with_error_strategy(expired));
    for wait in [3 * S, 6 * S] {
        play.connect();
        play.head(401);
        assert_eq!(play.wait(), wait);
    }
    play.connect();
    play.head(401);
    assert!(matches!(play.closed(), Some(CloseReason::Failed(Cause::Status { status: 401, .. }))));
}

#[test]
fn what_would_be_retried_can_fail_or_close() {
    let mut play = after_an_event(|lost: &Lost<'_>| {
        assert_eq!((lost.cause, lost.failures, lost.default), (&Cause::EndOfStream, 0, Decision::Retry));
        Decision::Fail
    });
    play.end(End::Eof);
    assert_eq!(play.closed(), Some(&CloseReason::Failed(Cause::EndOfStream)));
    let mut play = after_an_event(|_: &Lost<'_>| Decision::Close);
    play.end(End::TransportError);
    assert_eq!(play.closed(), Some(&CloseReason::Requested));
}

#[test]
fn it_is_told_whether_there_is_something_to_resume() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let telling = Arc::clone(&told);
    let mut play = Play::new(Session::subscribe(exact(), 1).with_error_strategy(move |lost: &Lost<'_>| {
        telling.lock().unwrap().push((lost.announced, lost.last_event_id.to_owned()));
        lost.default
    }));
    play.connect();
    play.head(503);
    play.wait();
    play.open();
    play.end(End::Eof);
    play.wait();
    play.open();
    play.data("id: 7\ndata: a\n\nid: 8\ndata: unfinished\n");
    play.end(End::TransportError);
    play.wait();
    play.connect();
    play.head(503);
    let expected = [(false, ""), (true, ""), (true, "7"), (true, "7")].map(|(open, id)| (open, id.to_owned()));
    assert_eq!(*told.lock().unwrap(), expected);
}

#[test]
fn retry_after_counts_for_any_status_that_is_retried() {
    let mut play = Play::new(Session::subscribe(exact(), 1).with_error_strategy(|_: &Lost<'_>| Decision::Retry));
    play.connect();
    play.session.handle_head(play.now, ResponseHead::new(403).with_retry_after(Some(b"40")));
    assert_eq!(play.wait(), 40 * S);
}

#[test]
fn what_is_futile_is_its_business_too() {
    for session in [Session::subscribe(exact(), 1), Session::once_with_retries(Retries::Refused, exact(), 1)] {
        let mut play = Play::new(session.with_error_strategy(|lost: &Lost<'_>| {
            assert_eq!((lost.cause, lost.default), (&Cause::Futile, Decision::Fail));
            Decision::Retry
        }));
        play.connect();
        play.end(End::Futile);
        play.wait();
    }
}

#[test]
fn the_limits_of_the_policy_hold() {
    let policy = exact().with_max_failures(2);
    let mut play = Play::new(Session::subscribe(policy, 1).with_error_strategy(|_: &Lost<'_>| Decision::Retry));
    play.connect();
    play.head(404);
    play.wait();
    play.connect();
    play.head(404);
    assert!(matches!(play.closed(), Some(CloseReason::GaveUp { limit: Limit::Failures, .. })));
}

#[test]
fn it_is_not_asked_where_there_is_no_other_attempt() {
    let asked = Arc::new(AtomicUsize::new(0));
    let strategy = |asked: &Arc<AtomicUsize>| {
        let asked = Arc::clone(asked);
        move |_: &Lost<'_>| {
            asked.fetch_add(1, Ordering::Relaxed);
            Decision::Retry
        }
    };
    let mut play = Play::new(Session::once().with_error_strategy(strategy(&asked)));
    play.connect();
    play.head(500);
    assert!(matches!(play.closed(), Some(CloseReason::Failed(_))));
    // The server has it: a strategy does not make it safe to send it again.
    let once = Session::once_with_retries(Retries::Refused, exact(), 1);
    let mut play = Play::new(once.with_error_strategy(strategy(&asked)));
    play.open();
    play.end(End::TransportError);
    assert!(matches!(play.closed(), Some(CloseReason::Failed(_))));
    // Proper ends are no errors.
    let mut play = after_an_event(strategy(&asked));
    play.session.close();
    let mut play = Play::new(Session::subscribe(exact(), 1).with_error_strategy(strategy(&asked)));
    play.connect();
    play.head(204);
    assert_eq!(play.closed(), Some(&CloseReason::NoContent));
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

/// Keeps what it was asked, and answers in turn.
struct Delays(Arc<Mutex<Vec<Wait>>>);

impl DelayStrategy for Delays {
    fn delay(&mut self, wait: &Wait) -> std::time::Duration {
        let mut asked = self.0.lock().unwrap();
        asked.push(wait.clone());
        [wait.default, 100 * S, S][asked.len() - 1]
    }
}

#[test]
fn waits_are_as_long_as_it_says_but_never_below_the_floor() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let mut play = Play::new(Session::subscribe(exact(), 1).with_delay_strategy(Delays(Arc::clone(&asked))));
    let mut fail = || {
        play.connect();
        play.head(503);
        play.wait()
    };
    assert_eq!((fail(), fail(), fail()), (3 * S, 100 * S, 3 * S));
    let asked = asked.lock().unwrap();
    let of = |part: fn(&Wait) -> std::time::Duration| asked.iter().map(part).collect::<Vec<_>>();
    assert_eq!(asked.iter().map(|wait| wait.failures).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(of(|wait| wait.floor), [3 * S; 3]);
    assert_eq!(of(|wait| wait.default), [3 * S, 6 * S, 12 * S]);
}

#[test]
fn it_is_not_asked_for_waits_that_there_are_not() {
    let asked = Arc::new(AtomicUsize::new(0));
    for policy in [exact().with_max_failures(1), exact().with_max_reconnects(0)] {
        let asked = Arc::clone(&asked);
        let mut play = Play::new(Session::subscribe(policy, 1).with_delay_strategy(move |wait: &Wait| {
            asked.fetch_add(1, Ordering::Relaxed);
            wait.default
        }));
        play.connect();
        play.end(End::TransportError);
        assert!(matches!(play.closed(), Some(CloseReason::GaveUp { .. })));
    }
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

#[test]
fn the_floor_is_the_servers_word_and_the_policys_minimum() {
    let floors = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&floors);
    let strategy = move |wait: &Wait| {
        seen.lock().unwrap().push(wait.floor);
        wait.floor
    };
    let mut play = Play::new(Session::subscribe(exact(), 1).with_delay_strategy(strategy));
    for (text, retry_after) in [("retry: 7000\ndata: a\n\n", None), ("retry: 0\ndata: b\n\n", Some(&b"9"[..]))] {
        play.open();
        play.data(text);
        play.end(End::Eof);
        play.wait();
        play.connect();
        play.session.handle_head(play.now, ResponseHead::new(503).with_retry_after(retry_after));
        play.wait();
    }
    assert_eq!(*floors.lock().unwrap(), [7 * S, 7 * S, 100 * MS, 9 * S]);
    assert!(matches!(play.session.step(), Step::Connect { .. }));
}

#[test]
fn what_is_shown_says_which_decisions_are_the_users() {
    let session = Session::subscribe(exact(), 1).with_delay_strategy(|wait: &Wait| wait.floor);
    let shown = format!("{session:?}");
    assert!(shown.contains("Strategies { error: false, delay: true }"), "{shown}");
}
