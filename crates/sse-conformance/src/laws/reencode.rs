//! Whatever bytes are decoded can be encoded, and then say the same.

use std::time::Duration;

use sse_codec::EventBlock;

use super::chunks;
use crate::drive::{Heard, Options, Path, drive};
use crate::oracle::Frame;

/// Input: two lengths of chunks, and a stream.
///
/// # Panics
/// What was decoded cannot be encoded, or does not come back.
pub fn reencode(input: &[u8]) {
    let [a, b, stream @ ..] = input else {
        return;
    };
    let options = Options { comments: true, ..Options::default() };
    let first = drive(Path::Owned, &options, stream, &chunks(stream.len(), *a, *b));
    let encoded = encode(&first);
    let second = drive(Path::Borrowed, &options, &encoded, &chunks(encoded.len(), *b, *a));
    assert_eq!(first, second, "{:?}", encoded.escape_ascii().to_string());
    assert_eq!(encode(&second), encoded, "the same frames are encoded in the same way");
}

/// A stream that says what was heard.
#[expect(clippy::expect_used, reason = "a broken law panics")]
fn encode(heard: &Heard) -> Vec<u8> {
    const FITS: &str = "what a field held fits the field";
    let mut stream = Vec::new();
    for frame in &heard.frames {
        let block = EventBlock::new();
        let block = match frame.as_ref().expect("small events are no error") {
            Frame::Event(event) => {
                let block = block.id(&event.last_event_id).expect(FITS);
                block.event_type(&event.event_type).expect(FITS).data(&event.data)
            }
            Frame::Comment(text) => block.comment(text),
            Frame::Retry(ms) => block.retry(Duration::from_millis(*ms)),
        };
        block.encode_to_vec(&mut stream);
    }
    // The id that a block without data set.
    EventBlock::new().id(&heard.last_event_id).expect(FITS).encode_to_vec(&mut stream);
    stream
}
