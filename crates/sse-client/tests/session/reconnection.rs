//! When a lost connection is reestablished: `retry`, backoff, limits, the two modes.

use std::time::Duration;

use crate::support::{MS, Play, S, exact};
use sse_client::{Cause, CloseReason, Deadlines, End, Limit, Policy, ReadyState, ResponseHead, Session, Step};
use sse_codec::Input;

#[test]
fn every_loss_is_retried_after_the_reconnection_time() {
    for end in [End::Eof, End::TransportError] {
        let mut play = Play::subscribe(exact());
        play.open();
        play.data("data: x\n\n");
        play.end(end);
        assert_eq!(play.session.ready_state(), ReadyState::Connecting);
        assert_eq!(play.wait(), 3 * S, "{end:?}");
        // Without a head, an end is an error of transport however it looks.
        play.connect();
        play.end(end);
        assert!(matches!(play.session.step(), Step::Wait { cause: Cause::Transport, .. }));
    }
}

#[test]
fn the_first_attempt_is_retried_too() {
    let mut play = Play::subscribe(exact());
    play.connect();
    play.end(End::TransportError);
    assert_eq!(play.wait(), 3 * S);
    play.open();
}

#[test]
fn a_futile_attempt_is_not_retried() {
    let mut play = Play::subscribe(exact());
    play.connect();
    play.end(End::Futile);
    assert_eq!(play.closed(), Some(&CloseReason::Failed(Cause::Futile)));
}

#[test]
fn the_policy_s_reconnection_time_counts_until_the_server_sets_another() {
    let mut play = Play::subscribe(exact().with_reconnection_time(7 * S));
    play.connect();
    play.end(End::TransportError);
    assert_eq!(play.wait(), 7 * S);
    play.open();
    play.data("retry: 5000\ndata: x\n\n");
    play.end(End::Eof);
    assert_eq!(play.wait(), 5 * S);
}

#[test]
fn retry_counts_at_its_line_and_lives_on() {
    let mut play = Play::subscribe(exact());
    play.open();
    play.data("data: x\n\nretry: 250\ndata: unfinished");
    play.end(End::Eof);
    assert_eq!(play.session.reconnection_time(), Some(250 * MS));
    assert_eq!(play.wait(), 250 * MS);
    play.open();
    play.data("data: y\n\nretry: 9999");
    play.end(End::Eof);
    assert_eq!(play.wait(), 250 * MS, "a line without its end is no line");
}

#[test]
fn retry_zero_is_no_busy_loop() {
    let mut play = Play::subscribe(Policy::default());
    let start = play.now;
    for _ in 0..100 {
        play.open();
        play.data("retry: 0\ndata: x\n\n");
        play.end(End::Eof);
        assert!(play.wait() >= 100 * MS);
    }
    assert!(play.now - start >= 10 * S);
}

#[test]
fn retry_huge_overflows_nothing() {
    let mut play = Play::subscribe(Policy::default());
    for _ in 0..3 {
        play.open();
        play.data("retry: 340282366920938463463374607431768211456\n");
        play.end(End::Eof);
        let Step::Wait { until, .. } = play.session.step() else { panic!() };
        assert!(until >= Duration::from_millis(u64::MAX));
        play.now = until;
        play.session.handle_timeout(until);
    }
}

#[test]
fn the_wait_doubles_with_each_failure_up_to_the_cap() {
    let mut play = Play::subscribe(exact().with_max_backoff(10 * S));
    for wait in [3, 6, 10, 10] {
        play.connect();
        play.end(End::TransportError);
        assert_eq!(play.wait(), wait * S);
    }
    // A reconnection time over the cap is kept.
    play.open();
    play.data("retry: 15000\n");
    play.end(End::Eof);
    assert_eq!(play.wait(), 15 * S);
}

#[test]
fn a_connection_that_delivered_nothing_does_not_reset_the_backoff() {
    let mut play = Play::subscribe(exact());
    for wait in [3, 6, 12, 24] {
        play.open();
        play.data(": hello\n\nid: 1\n\ndata: not finished");
        play.end(End::Eof);
        assert_eq!(play.wait(), wait * S);
    }
    assert_eq!(play.session.failures(), 4);
    play.open();
    assert_eq!(play.data("data: x\n\n"), ["x"]);
    assert_eq!(play.session.failures(), 0);
    play.end(End::TransportError);
    assert_eq!(play.wait(), 3 * S);
}

#[test]
fn a_server_that_primes_and_hangs_up_is_asked_ever_less_often() {
    let mut play = Play::subscribe(exact().with_max_failures(5));
    for (id, wait) in [(1, 1), (2, 2), (3, 4), (4, 8)] {
        play.open();
        assert_eq!(play.data(&format!("id: {id}\nretry: 1000\ndata:\n\n")), [""]);
        play.end(End::Eof);
        assert_eq!(play.wait(), wait * S);
        assert_eq!(play.session.last_event_id(), id.to_string());
    }
    // A word from it, and all is well: any data, or a type that says something by itself.
    for event in ["data:\n\ndata: x\n\n", "event: changed\ndata:\n\n"] {
        play.open();
        play.data(event);
        assert_eq!(play.session.failures(), 0);
        play.end(End::Eof);
        assert_eq!(play.wait(), S);
    }
}

#[test]
fn a_quiet_connection_that_lasts_resets_it_and_a_dead_one_does_not() {
    for (comments, wait) in [(true, 3), (false, 12)] {
        let mut play = Play::subscribe(exact().with_healthy_after(60 * S));
        for _ in 0..2 {
            play.open();
            play.end(End::Eof);
            play.wait();
        }
        play.open();
        for _ in 0..4 {
            play.pass(15 * S);
            if comments {
                play.data(": still here\n");
            }
        }
        play.end(End::Eof);
        assert_eq!(play.wait(), wait * S);
    }
}

#[test]
fn an_event_that_is_too_large_is_reported_once_and_no_success() {
    let mut play = Play::new(Session::subscribe(exact(), 1).with_max_event_bytes(10));
    for wait in [3, 6] {
        play.open();
        let mut input = Input::new(b"data: 0123456789abcdef\n\ndata");
        let first = play.session.handle_data(play.now, &mut input).map(|_| ());
        assert!(first.is_err());
        assert_eq!(play.session.handle_data(play.now, &mut input), Ok(None));
        assert!(matches!(play.session.step(), Step::Read { .. }));
        play.end(End::Eof);
        assert_eq!(play.wait(), wait * S);
    }
    play.open();
    let mut input = Input::new(b"data: 0123456789abcdef\n\ndata: x\n\n");
    assert!(play.session.handle_data(play.now, &mut input).is_err());
    assert!(matches!(play.session.handle_data(play.now, &mut input), Ok(Some(_))));
}

#[test]
fn failures_in_a_row_are_limited() {
    let mut play = Play::subscribe(exact().with_max_failures(3));
    for _ in 0..5 {
        // Two failures and a success, again and again.
        for _ in 0..2 {
            play.connect();
            play.head(503);
            play.wait();
        }
        play.open();
        play.data("data: x\n\n");
        play.end(End::Eof);
        play.wait();
    }
    for _ in 0..2 {
        play.connect();
        play.end(End::TransportError);
        play.wait();
    }
    play.connect();
    play.end(End::TransportError);
    let reason = play.closed().unwrap();
    assert_eq!(*reason, CloseReason::GaveUp { limit: Limit::Failures, cause: Cause::Transport });
    assert_eq!(reason.to_string(), "gave up (too many failures in a row): the connection failed");
}

#[test]
fn no_failures_allowed_is_one_that_ends_it() {
    let mut play = Play::subscribe(exact().with_max_failures(0));
    play.open();
    play.data("data: x\n\n");
    play.end(End::Eof);
    play.wait();
    play.connect();
    play.end(End::TransportError);
    assert!(matches!(play.closed(), Some(CloseReason::GaveUp { limit: Limit::Failures, .. })));
}

#[test]
fn reconnections_are_limited() {
    for limit in [0, 1, 5] {
        let mut play = Play::subscribe(exact().with_max_reconnects(limit));
        for _ in 0..limit {
            play.open();
            play.data("data: x\n\n");
            play.end(End::Eof);
            play.wait();
        }
        play.open();
        play.data("data: x\n\n");
        play.end(End::Eof);
        assert_eq!(play.closed(), Some(&CloseReason::GaveUp { limit: Limit::Reconnects, cause: Cause::EndOfStream }));
    }
}

#[test]
fn an_outage_is_limited_and_begins_with_the_loss() {
    let mut play = Play::subscribe(exact().with_max_outage(30 * S));
    play.open();
    play.pass(3600 * S);
    play.data("data: x\n\n");
    play.pass(3600 * S);
    play.end(End::Eof);
    let lost_at = play.now;
    for _ in 0..4 {
        play.wait();
        play.connect();
        play.end(End::TransportError);
    }
    assert!(matches!(play.closed(), Some(CloseReason::GaveUp { limit: Limit::Outage, .. })));
    // 3 + 3 + 6 + 12 seconds; the next wait of 24 would end too late, so it is not begun.
    assert_eq!(play.now - lost_at, 24 * S);

    // One that begins at the last moment is not too late.
    let mut play = Play::subscribe(exact().with_max_outage(3 * S));
    play.connect();
    play.end(End::TransportError);
    assert_eq!(play.wait(), 3 * S);

    // Without any success it begins with the first attempt, which may take its time.
    let mut play = Play::subscribe(exact().with_max_outage(30 * S));
    play.connect();
    play.pass(28 * S);
    play.end(End::TransportError);
    assert!(matches!(play.closed(), Some(CloseReason::GaveUp { limit: Limit::Outage, .. })));
}

#[test]
fn an_outage_begins_with_the_loss_of_a_connection_that_was_quiet_for_long() {
    let policy = || exact().with_max_outage(30 * S).with_healthy_after(60 * S);
    // Not one event, nor a byte, in an hour: no outage so far.
    let mut play = Play::subscribe(policy());
    play.open();
    play.pass(3600 * S);
    play.end(End::Eof);
    assert_eq!(play.wait(), 3 * S);
    // The row of failures goes on, though, and what is short counts to the outage.
    play.open();
    play.pass(10 * S);
    play.end(End::Eof);
    assert_eq!(play.session.failures(), 2);
    assert_eq!(play.wait(), 6 * S);
    play.open();
    play.pass(2 * S);
    play.end(End::TransportError);
    assert!(matches!(play.closed(), Some(CloseReason::GaveUp { limit: Limit::Outage, .. })));

    // A connection that had to be given up is part of the outage.
    let deadlines = Deadlines::NONE.with_byte_idle(90 * S);
    let mut play = Play::new(Session::subscribe(policy(), 1).with_deadlines(deadlines));
    play.open();
    play.pass(90 * S);
    assert!(matches!(play.closed(), Some(CloseReason::GaveUp { limit: Limit::Outage, .. })));

    // So is an attempt that was never answered.
    let mut play = Play::subscribe(policy());
    play.connect();
    play.pass(61 * S);
    play.end(End::TransportError);
    assert!(matches!(play.closed(), Some(CloseReason::GaveUp { limit: Limit::Outage, .. })));
}

#[test]
fn once_ends_with_its_stream() {
    let mut play = Play::new(Session::once());
    play.open();
    assert_eq!(play.data("retry: 1\ndata: x\n\ndata: unfinished"), ["x"]);
    play.end(End::Eof);
    assert_eq!(play.closed(), Some(&CloseReason::EndOfStream));
    assert!(play.closed().unwrap().is_proper());
}

#[test]
fn once_never_connects_twice() {
    let failures: [fn(&mut Play); 6] = [
        |play| play.end(End::TransportError),
        |play| play.end(End::Eof),
        |play| play.head(503),
        |play| play.pass(3600 * S),
        |play| {
            play.head(200);
            play.end(End::TransportError);
        },
        |play| play.session.handle_head(play.now, ResponseHead::new(200)),
    ];
    for (number, fail) in failures.into_iter().enumerate() {
        let mut play = Play::new(Session::once());
        play.connect();
        fail(&mut play);
        assert!(matches!(play.closed(), Some(CloseReason::Failed(_))), "{number}: {:?}", play.session.step());
        play.pass(3600 * S);
        assert!(play.closed().is_some());
    }
}

#[test]
fn closed_is_final() {
    let mut play = Play::subscribe(Policy::default());
    play.open();
    play.session.close();
    assert_eq!(play.closed(), Some(&CloseReason::Requested));
    assert_eq!(play.data("data: late\n\n"), [""; 0]);
    play.end(End::Eof);
    play.session.handle_connecting(play.now);
    play.head(200);
    play.pass(3600 * S);
    assert_eq!(play.closed(), Some(&CloseReason::Requested));

    // The first reason stays.
    let mut play = Play::subscribe(Policy::default());
    play.connect();
    play.head(204);
    play.session.close();
    assert_eq!(play.closed(), Some(&CloseReason::NoContent));
}
