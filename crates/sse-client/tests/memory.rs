//! What a session holds when there is no connection.

#![allow(clippy::panic, clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

use std::time::Duration;

use sse_client::{End, Ending, Policy, ResponseHead, Session, Step};
use sse_codec::Input;

type Leave = fn(&mut Session);

/// A connection that carries 15 MiB of one event, and not its end.
fn with_half_an_event(policy: Policy) -> Session {
    let now = Duration::ZERO;
    let mut session = Session::subscribe(policy, 1);
    session.handle_connecting(now);
    session.handle_head(now, ResponseHead::new(200).with_content_type(Some(b"text/event-stream")));
    let half = [b"data: ".to_vec(), vec![b'x'; 15 * 1024 * 1024]].concat();
    let mut input = Input::new(&half);
    assert_eq!(session.handle_data(now, &mut input), Ok(None));
    session
}

/// What is still held after this.
fn bytes_held(leave: Leave, policy: Policy) -> u64 {
    let mut kept = None;
    let counted = allocation_counter::measure(|| {
        let mut session = with_half_an_event(policy);
        leave(&mut session);
        kept = Some(session);
    });
    counted.bytes_current.try_into().unwrap()
}

#[test]
fn half_an_event_is_not_held_without_its_connection() {
    const MIB: u64 = 1024 * 1024;
    assert!(bytes_held(|_| {}, Policy::default()) >= 15 * MIB, "the measure measures");
    let leaves: [(&str, Leave); 4] = [
        ("end of stream", |session| session.handle_end(Duration::ZERO, End::Eof)),
        ("loss", |session| session.handle_end(Duration::ZERO, End::TransportError)),
        ("failure", |session| session.handle_end(Duration::ZERO, End::Futile)),
        ("close", Session::close),
    ];
    for (how, leave) in leaves {
        for policy in [Policy::default(), Policy::default().with_max_reconnects(0)] {
            let held = bytes_held(leave, policy);
            assert!(held < MIB, "{how}: {held}");
        }
    }
}

#[test]
fn the_last_event_is_not_held_when_it_has_been_seen() {
    let counted = allocation_counter::measure(|| {
        let mut session = with_half_an_event(Policy::default()).with_ending(Ending::at(|event| event.data.len() > 9));
        let mut input = Input::new(b"\n\ndata: more\n\n");
        assert!(session.handle_data(Duration::ZERO, &mut input).unwrap().is_some());
        assert_eq!(session.handle_data(Duration::ZERO, &mut input), Ok(None));
        assert!(matches!(session.step(), Step::Closed(_)));
        std::mem::forget(session);
    });
    assert!(counted.bytes_current < 1024 * 1024, "{}", counted.bytes_current);
}
