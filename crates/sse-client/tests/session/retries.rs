//! One response, for which the request may be sent again until its first event.

use proptest::collection::vec;
use proptest::prelude::*;
use sse_client::{
    Cause, CloseReason, Deadlines, End, Ending, Limit, ResponseHead, RetriedStatuses, Retries, Session, Step, Timeout,
};

use crate::support::{Play, S, exact};

fn play(retries: Retries) -> Play {
    let session = Session::once_with_retries(retries, exact().with_max_failures(3), 1);
    Play::new(session.with_deadlines(Deadlines::default().with_head(10 * S).with_byte_idle(10 * S)))
}

fn is_waiting(play: &Play) -> bool {
    matches!(play.session.step(), Step::Wait { .. })
}

/// Whether there is another attempt after this.
fn is_retried(retries: Retries, failure: impl FnOnce(&mut Play)) -> bool {
    let mut play = play(retries);
    play.connect();
    failure(&mut play);
    if !is_waiting(&play) {
        assert!(matches!(play.closed(), Some(CloseReason::Failed(_))), "{:?}", play.closed());
    }
    is_waiting(&play)
}

#[test]
fn what_the_server_refused_is_retried_by_both() {
    for retries in [Retries::Refused, Retries::Unanswered] {
        for status in [408, 429, 503, 529] {
            assert!(is_retried(retries, |play| play.head(status)), "{status}");
        }
        assert!(is_retried(retries, |play| play.end(End::Unsent)));
        for status in [400, 401, 404, 409, 413, 422] {
            assert!(!is_retried(retries, |play| play.head(status)), "{status}");
        }
        assert!(!is_retried(retries, |play| play.end(End::Futile)));
        assert!(!is_retried(retries, |play| play.session.handle_head(play.now, ResponseHead::new(200))));
    }
}

#[test]
fn what_refuses_behind_a_redirect_says_nothing_of_the_request_before_it() {
    let refusal = |play: &mut Play| {
        let head = ResponseHead::new(503).with_redirected(true);
        play.session.handle_head(play.now, head);
    };
    assert!(!is_retried(Retries::Refused, refusal));
    assert!(is_retried(Retries::Unanswered, refusal));
}

#[test]
fn what_the_server_may_have_done_is_retried_only_if_that_is_allowed() {
    let failures: [fn(&mut Play); 9] = [
        |play| play.head(500),
        |play| play.head(502),
        |play| play.head(504),
        |play| play.end(End::TransportError),
        |play| play.end(End::Eof),
        |play| play.pass(10 * S),
        |play| {
            play.head(200);
            play.end(End::TransportError);
        },
        |play| {
            play.head(200);
            play.pass(10 * S);
        },
        |play| {
            play.head(200);
            play.data(": thinking\nretry: 3000\n");
            play.end(End::Unsent); // no adapter says so of a body
        },
    ];
    for (n, failure) in failures.into_iter().enumerate() {
        assert!(!is_retried(Retries::Refused, failure), "{n}");
        assert!(is_retried(Retries::Unanswered, failure), "{n}");
    }
}

#[test]
fn nothing_is_retried_after_the_first_event() {
    for retries in [Retries::Refused, Retries::Unanswered] {
        for end in [End::TransportError, End::Unsent, End::Futile] {
            let mut play = play(retries);
            play.open();
            assert_eq!(play.data("data: a\n\n"), ["a"]);
            assert_eq!(play.session.reconnection_time(), None);
            play.end(end);
            assert!(matches!(play.closed(), Some(CloseReason::Failed(_))), "{:?}", play.closed());
        }
        let mut play = play(retries);
        play.open();
        play.data("data: a\n\n");
        play.pass(10 * S);
        assert_eq!(play.closed(), Some(&CloseReason::Failed(Cause::Timeout(Timeout::ByteIdle))));
    }
}

#[test]
fn an_event_that_is_too_large_is_the_first_one_too() {
    let mut play = Play::new(Session::once_with_retries(Retries::Unanswered, exact(), 1).with_max_event_bytes(10));
    play.open();
    let mut input = sse_codec::Input::new(b"data: 0123456789abcdef\n\n");
    assert!(play.session.handle_data(play.now, &mut input).is_err());
    play.end(End::TransportError);
    assert_eq!(play.closed(), Some(&CloseReason::Failed(Cause::Transport)));
}

#[test]
fn the_end_of_the_one_response_is_the_end() {
    let mut play = play(Retries::Unanswered);
    play.open();
    play.end(End::Eof);
    assert_eq!(play.closed(), Some(&CloseReason::EndOfStream));

    // An answer that ends before it began.
    let session = Session::once_with_retries(Retries::Unanswered, exact(), 1).with_ending(Ending::done());
    let mut play = Play::new(session);
    play.open();
    play.end(End::Eof);
    assert!(matches!(play.session.step(), Step::Wait { cause: Cause::UnexpectedEnd, .. }));
    play.wait();
    play.open();
    play.data("data: a\n\n");
    play.end(End::Eof);
    assert_eq!(play.closed(), Some(&CloseReason::Failed(Cause::UnexpectedEnd)));
}

#[test]
fn waits_and_limits_are_the_policys() {
    let mut play = play(Retries::Refused);
    play.connect();
    play.session.handle_head(play.now, ResponseHead::new(429).with_retry_after(Some(b"20")));
    assert_eq!(play.wait(), 20 * S);
    play.connect();
    play.end(End::Unsent);
    assert_eq!(play.wait(), 6 * S);
    play.connect();
    play.head(503);
    let Some(CloseReason::GaveUp { limit: Limit::Failures, cause: Cause::Status { status: 503, .. } }) = play.closed()
    else {
        panic!("{:?}", play.closed());
    };
}

#[test]
fn a_policy_without_statuses_retries_none() {
    for retries in [Retries::Refused, Retries::Unanswered] {
        let policy = exact().with_retried_statuses(RetriedStatuses::None);
        let mut play = Play::new(Session::once_with_retries(retries, policy, 1));
        play.connect();
        play.end(End::Unsent);
        play.wait();
        play.connect();
        play.head(429);
        assert!(matches!(play.closed(), Some(CloseReason::Failed(_))), "{:?}", play.closed());
    }
}

proptest! {
    /// Whatever happens: once an event has come, there is no other attempt.
    #[test]
    fn no_attempt_follows_an_event(operations in vec(0_u8..12, 0..60), refused in any::<bool>()) {
        let retries = if refused { Retries::Refused } else { Retries::Unanswered };
        let mut play = Play::new(Session::once_with_retries(retries, exact(), 1).with_ending(Ending::done()));
        let mut has_begun = false;
        for operation in operations {
            match operation {
                0 | 1 => play.session.handle_connecting(play.now),
                2 | 3 => play.head(200),
                4 => play.head(429),
                5 => play.head(500),
                6 => play.end(End::Unsent),
                7 => play.end(End::TransportError),
                8 => play.end(End::Eof),
                9 => play.pass(100 * S),
                10 => has_begun |= !play.data(": comment\nretry: 1\n\n").is_empty(),
                _ => has_begun |= !play.data("data: a\n\n").is_empty(),
            }
            let goes_on = matches!(play.session.step(), Step::Connect { .. } | Step::AwaitHead { .. } | Step::Wait { .. });
            prop_assert!(!(has_begun && goes_on), "{:?}", play.session.step());
        }
    }
}
