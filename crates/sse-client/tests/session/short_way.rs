//! The short way to events that have come together.

use sse_client::{End, Ending, Policy, Session};
use sse_codec::{BytesInput, OwnedEvent, OwnedFrame};

use crate::support::{Play, S, exact};

fn data(event: Option<OwnedEvent>) -> Option<String> {
    event.map(|event| event.data().to_owned())
}

fn first(play: &mut Play, input: &mut BytesInput) -> Option<String> {
    match play.session.handle_bytes(play.now, input) {
        Ok(Some(OwnedFrame::Event(event))) => data(Some(event)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_gives_what_has_come_at_the_same_time_as_another() {
    let mut play = Play::subscribe(exact());
    play.open();
    let mut input = BytesInput::new("data: a\n\ndata: b\n\ndata: c\n\ndata: d\n\n".into());
    assert_eq!(data(play.session.handle_whole_event(play.now, &mut input)), None, "there is more to note of the first");
    assert_eq!(first(&mut play, &mut input).as_deref(), Some("a"));
    assert_eq!(data(play.session.handle_whole_event(play.now, &mut input)).as_deref(), Some("b"));
    assert_eq!(data(play.session.handle_whole_event(play.now + S, &mut input)), None, "of another time");
    assert_eq!(data(play.session.handle_whole_event(play.now, &mut input)).as_deref(), Some("c"));
    play.session.close();
    assert_eq!(data(play.session.handle_whole_event(play.now, &mut input)), None);
}

#[test]
fn it_leaves_endings_to_the_other_way() {
    let mut play = Play::new(Session::subscribe(Policy::default(), 7).with_ending(Ending::done()));
    play.open();
    let mut input = BytesInput::new("data: a\n\ndata: [DONE]\n\n".into());
    assert_eq!(first(&mut play, &mut input).as_deref(), Some("a"));
    assert_eq!(data(play.session.handle_whole_event(play.now, &mut input)), None);
}

#[test]
fn behind_what_is_no_success_there_is_something_to_note() {
    // An event that is too large, or that says nothing, comes first: those behind it are a success all the same.
    let too_large = format!("data: {}\n\nretry: 3000\n", "x".repeat(45));
    for nothing in [&*too_large, "id: 1\ndata:\n\n"] {
        let mut play = Play::new(Session::subscribe(exact().with_max_failures(2), 7).with_max_event_bytes(30));
        for wait in [3, 3, 3] {
            play.open();
            let mut input = BytesInput::new(format!("{nothing}data: a\n\ndata: b\n\n").into());
            let mut events = Vec::new();
            // As the adapters ask.
            loop {
                match data(play.session.handle_whole_event(play.now, &mut input)) {
                    Some(data) => events.push(data),
                    None => match play.session.handle_bytes(play.now, &mut input) {
                        Ok(Some(OwnedFrame::Event(event))) => events.push(event.into_data().to_string()),
                        Ok(Some(_)) | Err(_) => {}
                        Ok(None) => break,
                    },
                }
            }
            assert!(events.ends_with(&["a".to_owned(), "b".to_owned()]), "{events:?}");
            assert_eq!(play.session.failures(), 0, "{nothing:?}");
            play.end(End::Eof);
            assert_eq!(play.wait(), wait * S);
        }
    }
}
