//! What is encoded is what is decoded.

use std::time::Duration;

use bytestring::ByteString;
use sse_codec::{BufferTooSmall, EventBlock, FieldError};

use super::{chunks, parts};
use crate::drive::{Options, Path, drive};
use crate::oracle::{Event, Frame};

/// Input: two lengths of chunks, flags (which parts the block has, and 32: the time is in seconds, not microseconds), and
/// five parts between 0xFF: comment, reconnection time, id, event type, data.
///
/// # Panics
/// A value that fits its field is refused, one that does not is taken, or it does not come back.
pub fn roundtrip(input: &[u8]) {
    let [a, b, flags, rest @ ..] = input else {
        return;
    };
    let texts: Vec<_> = parts(rest).map(String::from_utf8_lossy).collect();
    let text = |n: usize| (flags & 1 << n != 0).then(|| texts.get(n).map_or("", |text| text));
    let (comment, retry, id, event_type, data) = (text(0), text(1), text(2), text(3), text(4));
    let retry = retry.map(|text| text.bytes().fold(0_u64, |n, byte| n.rotate_left(8) ^ u64::from(byte)));
    let retry = retry.map(if flags & 32 != 0 { Duration::from_secs } else { Duration::from_micros });

    let mut block = EventBlock::new();
    let mut frames = Vec::new();
    if let Some(comment) = comment {
        block = block.comment(comment);
        frames.extend(lines(comment).into_iter().map(Frame::Comment));
    }
    if let Some(time) = retry {
        block = block.retry(time);
        frames.push(Frame::Retry(time.as_millis().try_into().unwrap_or(u64::MAX)));
    }
    if let Some(id) = id {
        let taken = block.id(id);
        let refused = id.find(['\r', '\n', '\0']).map(|at| FieldError::LastEventId { at });
        assert_eq!(taken.clone().err(), refused, "id {id:?}");
        let Ok(taken) = taken else { return };
        block = taken;
    }
    if let Some(event_type) = event_type {
        let taken = block.event_type(event_type);
        let refused = event_type.find(['\r', '\n']).map(|at| FieldError::EventType { at });
        assert_eq!(taken.clone().err(), refused, "type {event_type:?}");
        let Ok(taken) = taken else { return };
        block = taken;
    }
    if let Some(data) = data {
        block = block.data(data);
        frames.push(Frame::Event(Event {
            event_type: event_type.filter(|name| !name.is_empty()).unwrap_or("message").to_owned(),
            data: lines(data).join("\n"),
            last_event_id: id.unwrap_or_default().to_owned(),
        }));
    }

    let encoded = every_encoding(&block, data);
    // What stands before and after a block has no part in it.
    let around = |inner: &[u8]| [b"data: before\n\n", inner, b"data: after\n\n"].concat();
    let stream = around(&encoded);
    let neighbour = |data: &str, id: &str| {
        Ok(Frame::Event(Event {
            event_type: "message".to_owned(),
            data: data.to_owned(),
            last_event_id: id.to_owned(),
        }))
    };
    let mut expected = vec![neighbour("before", "")];
    expected.extend(frames.into_iter().map(Ok));
    expected.push(neighbour("after", id.unwrap_or_default()));
    for path in Path::ALL {
        let options = Options { comments: true, ..Options::default() };
        let heard = drive(path, &options, &stream, &chunks(stream.len(), *a, *b));
        assert_eq!(heard.frames, expected, "{path:?} of {:?}", encoded.escape_ascii().to_string());
        assert_eq!(heard.last_event_id, id.unwrap_or_default());
    }
}

/// The block by each way of encoding it, which are all the same.
fn every_encoding(block: &EventBlock<'_>, data: Option<&str>) -> Vec<u8> {
    let needed = block.encoded_len();
    // Appends: what is there stays.
    let mut encoded = b"there".to_vec();
    block.encode_to_vec(&mut encoded);
    let encoded = encoded.strip_prefix(b"there").map(<[u8]>::to_vec).unwrap_or_default();
    assert_eq!(encoded.len(), needed, "encoded_len");
    assert_eq!(block.to_bytes(), encoded, "to_bytes");

    let mut slice = vec![0xee; needed + 1];
    assert_eq!(block.encode_to_slice(&mut slice), Ok(needed));
    assert_eq!(slice.split_last(), Some((&0xee, &encoded[..])), "encode_to_slice");
    let available = needed - 1;
    let mut small = vec![0xee; available];
    assert_eq!(block.encode_to_slice(&mut small), Err(BufferTooSmall { needed, available }));
    assert!(small.iter().all(|&byte| byte == 0xee), "wrote into a slice that is too small");

    if let Some(data) = data {
        let data = ByteString::from(data);
        let slices = block.encode_around(&data);
        assert_eq!(slices.concat(), encoded, "encode_around");
        // The lines are every other slice, and no copies.
        let shared = data.as_bytes().as_ptr_range();
        for line in slices.iter().skip(1).step_by(2).filter(|line| !line.is_empty()) {
            assert!(shared.contains(&line.as_ptr()), "{line:?} is a copy");
        }
    }
    encoded
}

/// The lines of a text: CR, LF and CRLF are each one break.
fn lines(text: &str) -> Vec<String> {
    text.replace("\r\n", "\n").split(['\r', '\n']).map(str::to_owned).collect()
}
