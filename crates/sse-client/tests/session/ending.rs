//! Streams that end by an event.

use sse_client::{Cause, CloseReason, End, Ending, ResponseHead, Session, Step};
use sse_codec::{BytesInput, DecodeError, Frame, Input, OwnedFrame};

use crate::support::{Play, S, exact};

fn done() -> Play {
    Play::new(Session::once().with_ending(Ending::done()))
}

fn message_stop() -> Ending {
    Ending::at(|event| event.event_type == "message_stop")
}

#[test]
fn a_mark_ends_the_stream_and_is_not_given() {
    let mut play = done();
    play.open();
    assert_eq!(
        play.data("data: a\n\ndata: [DONE] \n\ndata: [DONE\n\ndata: [DONE]\n\ndata: b\n\n"),
        ["a", "[DONE] ", "[DONE"]
    );
    assert_eq!(play.closed(), Some(&CloseReason::LastEvent));
    assert!(play.closed().is_some_and(CloseReason::is_proper));
    assert!(play.data("data: c\n\n").is_empty());
    play.end(End::TransportError);
    assert_eq!(play.closed(), Some(&CloseReason::LastEvent));
}

#[test]
fn a_last_event_is_given() {
    let mut play = Play::new(Session::once().with_ending(message_stop()));
    play.open();
    assert_eq!(play.data("data: a\n\nevent: message_stop\nid: 7\ndata: z\n\ndata: b\n\n"), ["a", "z"]);
    assert_eq!((play.closed(), play.session.last_event_id()), (Some(&CloseReason::LastEvent), "7"));
}

#[test]
fn both_ways_of_reading_agree() {
    for ending in [Ending::done as fn() -> Ending, || Ending::at(|event| event.data == "[DONE]")] {
        let text = "data: a\n\ndata: [DO";
        let mut lent = Play::new(Session::once().with_ending(ending()));
        lent.open();
        let mut expected = lent.data(text);
        expected.extend(lent.data("NE]\n\ndata: b\n\n"));

        let mut play = Play::new(Session::once().with_ending(ending()));
        play.open();
        let mut events = Vec::new();
        for chunk in [text, "NE]\n\ndata: b\n\n"] {
            let mut input = BytesInput::new(chunk.into());
            while let Some(frame) = play.session.handle_bytes(play.now, &mut input).expect("no event is dropped") {
                if let OwnedFrame::Event(event) = frame {
                    events.push(event.data().to_owned());
                }
            }
        }
        assert_eq!(events, expected);
        assert_eq!(play.session.step(), lent.session.step());
    }
}

#[test]
fn an_answer_that_was_cut_off_is_noticed() {
    for text in ["", "data: a\n\n", "data: a\n\ndata: [DONE]", "data: a\n\ndata: [DONE]\n", ": [DONE]\n\n"] {
        let mut play = done();
        play.open();
        play.data(text);
        play.end(End::Eof);
        assert_eq!(play.closed(), Some(&CloseReason::Failed(Cause::UnexpectedEnd)), "{text:?}");
    }
    // Without an ending, all was said.
    let mut play = Play::new(Session::once());
    play.open();
    play.data("data: a\n\n");
    play.end(End::Eof);
    assert_eq!(play.closed(), Some(&CloseReason::EndOfStream));
}

#[test]
fn an_answer_without_an_event_that_is_too_large_is_none() {
    const CHUNK: &[u8] = b"data: a\n\nid: 7\ndata: 0123456789abcdef\n\ndata: [DONE]\n\n";
    let dropped = Some(CloseReason::Failed(Cause::DroppedEvent(DecodeError::EventTooLarge { limit: 12 })));
    for session in [Session::once as fn() -> Session, || Session::subscribe(exact(), 1)] {
        let new = || Play::new(session().with_max_event_bytes(12).with_ending(Ending::done()));
        let mut lent = new();
        lent.open();
        let mut input = Input::new(CHUNK);
        assert!(matches!(lent.session.handle_data(lent.now, &mut input), Ok(Some(Frame::Event(_)))));
        assert!(lent.session.handle_data(lent.now, &mut input).is_err());
        assert_eq!(lent.closed(), dropped.as_ref());
        assert_eq!(lent.session.handle_data(lent.now, &mut input), Ok(None));
        assert_eq!(lent.session.last_event_id(), "");

        let mut play = new();
        play.open();
        let mut input = BytesInput::new(CHUNK.into());
        assert!(matches!(play.session.handle_bytes(play.now, &mut input), Ok(Some(OwnedFrame::Event(_)))));
        assert!(play.session.handle_bytes(play.now, &mut input).is_err());
        assert_eq!(play.closed(), dropped.as_ref());
        assert!(matches!(play.session.handle_bytes(play.now, &mut input), Ok(None)));
    }
    // Without an ending, nothing else is lost.
    let mut play = Play::new(Session::once().with_max_event_bytes(12));
    play.open();
    let mut input = Input::new(CHUNK);
    let mut seen = Vec::new();
    while let Some(frame) = play.session.handle_data(play.now, &mut input).transpose() {
        seen.push(frame.map(|frame| matches!(frame, Frame::Event(event) if event.data == "[DONE]")).ok());
    }
    assert_eq!(seen, [Some(false), None, Some(true)]);
}

#[test]
fn no_content_is_no_answer() {
    for session in [Session::once(), Session::subscribe(exact(), 1)] {
        let mut play = Play::new(session.with_ending(Ending::done()));
        play.connect();
        play.session.handle_head(play.now, ResponseHead::new(204));
        let Some(CloseReason::Failed(Cause::Status { status: 204, .. })) = play.closed() else {
            panic!("{:?}", play.closed());
        };
    }
}

#[test]
fn a_subscription_reconnects_until_its_last_event() {
    let mut play = Play::new(Session::subscribe(exact(), 1).with_ending(message_stop()));
    play.open();
    assert_eq!(play.data("id: 1\ndata: a\n\n"), ["a"]);
    play.end(End::Eof);
    assert!(matches!(play.session.step(), Step::Wait { cause: Cause::EndOfStream, .. }));
    assert_eq!(play.wait(), 3 * S);
    assert_eq!(play.open().as_deref(), Some("1"));
    assert_eq!(play.data("event: message_stop\ndata: b\n\ndata: c\n\n"), ["b"]);
    assert_eq!(play.closed(), Some(&CloseReason::LastEvent));
}

#[test]
fn closing_needs_no_last_event() {
    let mut play = done();
    play.open();
    play.session.close();
    assert_eq!(play.closed(), Some(&CloseReason::Requested));
}

#[test]
fn an_ending_can_be_looked_at() {
    assert_eq!(
        format!("{:?} {:?}", Ending::done(), message_stop()),
        "Ending { is_given: false, .. } Ending { is_given: true, .. }"
    );
}
