//! What is printed for a log says how much there is, not what: that may be large, and is nobody's business.

use sse_codec::{BytesInput, Decoder, Input, OwnedEvent};

#[test]
fn inputs_say_how_much_remains() {
    let chunk = b"data: public\n\ndata: secret\n\n";
    let mut input = Input::new(chunk);
    assert!(Decoder::new().decode(&mut input).is_ok());
    assert_eq!(format!("{input:?}"), "Input { remaining_bytes: 14, .. }");
    let mut input = BytesInput::new(chunk.to_vec().into());
    assert!(Decoder::new().decode_bytes(&mut input).is_ok());
    assert_eq!(format!("{input:?}"), "BytesInput { remaining_bytes: 14, .. }");
}

#[test]
fn a_decoder_says_how_much_it_stores() {
    let mut decoder = Decoder::new().with_max_event_bytes(100);
    let mut input = Input::new(b"id: 7\n\ndata: secret");
    assert_eq!(decoder.decode(&mut input), Ok(None));
    assert_eq!(format!("{decoder:?}"), "Decoder { last_event_id: \"7\", stored_bytes: 12, max_event_bytes: 100, .. }");
}

#[test]
fn an_owned_event_is_printed_as_what_it_says() {
    assert_eq!(
        format!("{:?}", OwnedEvent::new("tick", "1", "7")),
        "OwnedEvent { event_type: \"tick\", data: \"1\", last_event_id: \"7\" }"
    );
}
