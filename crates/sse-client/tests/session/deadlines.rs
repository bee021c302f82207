//! How long a server may be silent.

use crate::support::{MS, Play, S, exact};
use core::time::Duration;

use sse_client::{Cause, Deadlines, End, Policy, Session, Step, Timeout};

fn play(deadlines: Deadlines) -> Play {
    Play::new(Session::subscribe(exact(), 1).with_deadlines(deadlines))
}

#[track_caller]
fn assert_timed_out(play: &Play, timeout: Timeout) {
    let Step::Wait { cause, .. } = play.session.step() else { panic!("{:?}", play.session.step()) };
    assert_eq!(*cause, Cause::Timeout(timeout));
    let missing = match timeout {
        Timeout::Head => "no response head",
        Timeout::ByteIdle => "not one byte",
        Timeout::Total => "no end of the stream",
        _ => "no event",
    };
    assert!(cause.to_string().ends_with(missing), "{cause}");
}

#[track_caller]
fn assert_reading(play: &Play) {
    assert!(matches!(play.session.step(), Step::Read { .. }), "{:?}", play.session.step());
}

#[test]
fn the_head_has_a_deadline() {
    let mut play = play(Deadlines::default().with_head(10 * S));
    play.connect();
    assert_eq!(play.session.step(), Step::AwaitHead { deadline: Some(play.now + 10 * S) });
    play.pass(10 * S - MS);
    assert!(matches!(play.session.step(), Step::AwaitHead { .. }));
    play.pass(MS);
    assert_timed_out(&play, Timeout::Head);
    assert_eq!(play.wait(), 3 * S);
}

#[test]
fn without_deadlines_it_waits_for_ever() {
    let mut play = play(Deadlines::NONE);
    play.connect();
    assert_eq!(play.session.step(), Step::AwaitHead { deadline: None });
    play.pass(1_000_000 * S);
    play.head(200);
    assert_eq!(play.session.step(), Step::Read { deadline: None });
    play.pass(1_000_000 * S);
    assert_reading(&play);
}

#[test]
fn comments_feed_the_deadline_of_bytes_only() {
    let mut play = play(Deadlines::NONE.with_byte_idle(10 * S).with_event_idle(25 * S));
    play.open();
    for _ in 0..2 {
        play.pass(9 * S);
        play.data(": alive\n");
        assert_reading(&play);
    }
    // 18 s without an event.
    play.data("data: x\n\n");
    for _ in 0..2 {
        play.pass(9 * S);
        play.data(":");
        assert_reading(&play);
    }
    play.pass(7 * S);
    assert_timed_out(&play, Timeout::EventIdle);
}

#[test]
fn of_two_deadlines_at_once_that_of_bytes_is_named() {
    let mut play = play(Deadlines::NONE.with_byte_idle(10 * S).with_event_idle(10 * S));
    play.open();
    play.pass(10 * S);
    assert_timed_out(&play, Timeout::ByteIdle);
}

#[test]
fn silence_counts_from_the_head_on() {
    let mut play = play(Deadlines::NONE.with_byte_idle(10 * S));
    play.open();
    assert_eq!(play.session.step(), Step::Read { deadline: Some(play.now + 10 * S) });
    play.pass(10 * S - MS);
    assert_reading(&play);
    play.pass(MS);
    assert_timed_out(&play, Timeout::ByteIdle);
}

#[test]
fn an_empty_chunk_is_no_sign_of_life() {
    let mut play = play(Deadlines::NONE.with_byte_idle(10 * S));
    play.open();
    play.pass(9 * S);
    play.data("");
    play.pass(S);
    assert_timed_out(&play, Timeout::ByteIdle);
}

#[test]
fn an_event_that_is_too_large_is_a_sign_of_life() {
    let deadlines = Deadlines::NONE.with_event_idle(10 * S);
    let mut play = Play::new(Session::subscribe(exact(), 1).with_deadlines(deadlines).with_max_event_bytes(10));
    play.open();
    play.pass(9 * S);
    let mut input = sse_codec::Input::new(b"data: 0123456789abcdef\n\n");
    assert!(play.session.handle_data(play.now, &mut input).is_err());
    play.pass(9 * S);
    assert_reading(&play);
}

#[test]
fn half_an_event_is_a_sign_of_life() {
    let mut play = play(Deadlines::NONE.with_byte_idle(10 * S));
    play.open();
    for byte in ["d", "a", "t", "a"] {
        play.pass(9 * S);
        play.data(byte);
    }
    assert_reading(&play);
}

#[test]
fn early_and_repeated_timeouts_do_nothing() {
    let mut play = play(Deadlines::default().with_byte_idle(10 * S));
    let step = format!("{:?}", play.session.step());
    play.pass(3600 * S);
    assert_eq!(step, format!("{:?}", play.session.step()), "nothing to time out before the first attempt");
    play.open();
    play.end(End::Eof);
    let step = format!("{:?}", play.session.step());
    for _ in 0..10 {
        play.pass(S / 4);
        assert_eq!(step, format!("{:?}", play.session.step()));
    }
    play.pass(S);
    for _ in 0..10 {
        assert!(matches!(play.session.step(), Step::Connect { .. }));
        play.pass(S);
    }
}

#[test]
fn time_that_runs_backwards_makes_nothing_early() {
    let mut play = play(Deadlines::NONE.with_head(10 * S).with_byte_idle(10 * S));
    let latest = play.now;
    play.connect();
    // A deadline does not move to where the clock has gone,
    play.now -= 500 * S;
    play.head(200);
    assert_eq!(play.session.step(), Step::Read { deadline: Some(latest + 10 * S) });
    play.data("data: x");
    assert_eq!(play.session.step(), Step::Read { deadline: Some(latest + 10 * S) });
    // nor does the end of a wait,
    play.end(End::TransportError);
    assert!(matches!(play.session.step(), Step::Wait { until, .. } if until == latest + 3 * S));
    assert_eq!(play.session.now(), latest);
    play.now = latest + 3 * S - MS;
    play.session.handle_timeout(play.now);
    assert!(matches!(play.session.step(), Step::Wait { .. }));
    // and what has come once does not come again.
    play.pass(MS);
    play.now -= S;
    play.connect();
    assert_eq!(play.session.step(), Step::AwaitHead { deadline: Some(latest + 13 * S) });
}

#[test]
fn a_deadline_out_of_range_is_none() {
    let mut play = play(Deadlines::default().with_head(std::time::Duration::MAX));
    play.connect();
    assert_eq!(play.session.step(), Step::AwaitHead { deadline: None });
}

#[test]
fn each_connection_has_deadlines_of_its_own() {
    let mut play =
        Play::new(Session::subscribe(Policy::default(), 1).with_deadlines(Deadlines::NONE.with_event_idle(10 * S)));
    play.open();
    play.data("data: x\n\n");
    play.pass(9 * S);
    play.end(End::Eof);
    play.wait();
    play.open();
    play.pass(9 * S);
    assert_reading(&play);
}

#[test]
fn a_response_that_takes_too_long_is_cut_whatever_arrives() {
    let mut play = play(Deadlines::NONE.with_total(30 * S).with_byte_idle(10 * S));
    play.connect();
    play.pass(5 * S);
    play.head(200);
    for _ in 0..4 {
        play.pass(6 * S);
        play.data("data: a\n\n");
        assert_reading(&play);
    }
    play.pass(S - MS);
    assert_reading(&play);
    play.pass(MS);
    assert_timed_out(&play, Timeout::Total);
}

#[test]
fn the_total_covers_the_wait_for_the_head() {
    for (deadlines, timeout) in [
        (Deadlines::NONE.with_total(5 * S), Timeout::Total),
        (Deadlines::NONE.with_total(5 * S).with_head(6 * S), Timeout::Total),
        (Deadlines::NONE.with_total(5 * S).with_head(5 * S), Timeout::Head),
        (Deadlines::NONE.with_total(Duration::MAX).with_head(5 * S), Timeout::Head),
    ] {
        let mut play = play(deadlines);
        play.connect();
        play.pass(5 * S - MS);
        assert!(matches!(play.session.step(), Step::AwaitHead { .. }));
        play.pass(MS);
        assert_timed_out(&play, timeout);
    }
}
