//! What lives on from one connection to the next, and what does not.

use crate::support::Play;
use sse_client::{End, MAX_SENT_ID_BYTES, Policy, Session};

/// Plays one connection that receives this: the last event ID that the next one sends.
fn sent_after(play: &mut Play, bytes: &str) -> Option<String> {
    play.open();
    play.data(bytes);
    play.end(End::Eof);
    play.wait();
    play.session.handle_timeout(play.now);
    match play.session.step() {
        sse_client::Step::Connect { last_event_id } => last_event_id.map(str::to_owned),
        step => panic!("{step:?}"),
    }
}

fn subscribe() -> Play {
    Play::subscribe(Policy::default())
}

#[test]
fn the_last_event_id_is_sent_and_kept() {
    let mut play = subscribe();
    assert_eq!(sent_after(&mut play, "id: 1\ndata: x\n\n").as_deref(), Some("1"));
    assert_eq!(sent_after(&mut play, "").as_deref(), Some("1"), "a connection without events keeps it");
    assert_eq!(sent_after(&mut play, "data: y\n\n").as_deref(), Some("1"), "so does an event without an id");
    assert_eq!(sent_after(&mut play, "id: 2\n\n").as_deref(), Some("2"), "an id needs no data");
    assert_eq!(sent_after(&mut play, "id\n\n"), None, "an empty id is not sent");
}

#[test]
fn the_id_of_an_unfinished_event_is_not_taken() {
    let mut play = subscribe();
    assert_eq!(sent_after(&mut play, "id: 1\ndata: x\n\nid: 2\ndata: y\n").as_deref(), Some("1"));
    // Nor does the next connection's first blank line take it.
    assert_eq!(sent_after(&mut play, "\ndata: z\n\n").as_deref(), Some("1"));
}

#[test]
fn nothing_of_an_unfinished_event_lives_on() {
    let mut play = subscribe();
    for unfinished in ["data: a", "data: a\n", "event: other\n", "\u{feff}data: a\nid", "da", ": comm", "data: \r"] {
        sent_after(&mut play, unfinished);
        play.open();
        assert_eq!(play.data("data: b\n\n"), ["b"], "{unfinished:?}");
        play.end(End::TransportError);
        play.wait();
    }
    // A half character neither, and each response may begin with its own BOM.
    play.open();
    let mut input = sse_codec::Input::new(b"data: \xe2\x82");
    assert_eq!(play.session.handle_data(play.now, &mut input), Ok(None));
    play.end(End::Eof);
    play.wait();
    play.open();
    assert_eq!(play.data("\u{feff}data: c\n\n"), ["c"]);
}

#[test]
fn an_id_that_no_header_can_hold_is_left_out_and_reported() {
    for id in ["\u{1}", "a\u{7f}", "x\u{1b}[0m"] {
        let mut play = subscribe();
        assert_eq!(sent_after(&mut play, &format!("id: {id}\ndata: x\n\n")), None, "{id:?}");
        assert_eq!(play.session.unsendable_last_event_id(), Some(id));
        assert_eq!(play.session.last_event_id(), id);
        // The session goes on, and the next id that can be sent is.
        assert_eq!(sent_after(&mut play, "id: fine\ndata: x\n\n").as_deref(), Some("fine"));
        assert_eq!(play.session.unsendable_last_event_id(), None);
    }
    for id in ["a\tb", "\u{e4}\u{20ac}", "a b", "~", "\u{80}"] {
        let mut play = subscribe();
        assert_eq!(sent_after(&mut play, &format!("id: {id}\n\n")).as_deref(), Some(id), "{id:?}");
        assert_eq!(play.session.unsendable_last_event_id(), None);
    }
}

#[test]
fn whitespace_around_an_id_is_not_sent() {
    // No value of a header begins or ends with it; an HTTP/2 server refuses a request with one that does.
    for (id, sent) in
        [(" 7", Some("7")), ("7\t", Some("7")), ("\t 7 8 ", Some("7 8")), (" ", None), ("\u{a0}", Some("\u{a0}"))]
    {
        let mut play = subscribe();
        assert_eq!(sent_after(&mut play, &format!("id: {id}\ndata: x\n\n")).as_deref(), sent, "{id:?}");
        assert_eq!(play.session.last_event_id(), id);
        assert_eq!(play.session.unsendable_last_event_id(), None);
    }
}

#[test]
fn an_id_that_servers_refuse_as_too_long_is_left_out_and_reported() {
    for (len, sent) in [(MAX_SENT_ID_BYTES - 1, true), (MAX_SENT_ID_BYTES, true), (MAX_SENT_ID_BYTES + 1, false)] {
        let mut play = subscribe();
        let id = "i".repeat(len);
        assert_eq!(sent_after(&mut play, &format!("id: {id}\ndata: x\n\n")), sent.then(|| id.clone()), "{len}");
        assert_eq!(play.session.unsendable_last_event_id(), (!sent).then_some(&*id), "{len}");
        assert_eq!(play.session.last_event_id(), id);
        assert_eq!(sent_after(&mut play, "id: fine\n\n").as_deref(), Some("fine"));
    }
    // Its bytes count, not its letters.
    let mut play = subscribe();
    assert_eq!(sent_after(&mut play, &format!("id: {}\n\n", "\u{20ac}".repeat(MAX_SENT_ID_BYTES / 2))), None);
}

#[test]
fn an_id_from_before_is_where_it_starts() {
    let mut play = Play::new(Session::subscribe(Policy::default(), 1).with_last_event_id("41").unwrap());
    assert_eq!(play.session.last_event_id(), "41");
    assert_eq!(play.connect().as_deref(), Some("41"));
    let mut play = Play::new(Session::once().with_last_event_id("41").unwrap());
    assert_eq!(play.connect().as_deref(), Some("41"));
    for id in ["a\nb", "a\rb", "a\0b"] {
        assert!(Session::once().with_last_event_id(id).is_err(), "{id:?}");
    }
}
