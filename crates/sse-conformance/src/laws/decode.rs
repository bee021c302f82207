//! The decoder says what the oracle says, however the stream is cut and by whichever path.

use super::{chunks, limit};
use crate::drive::{Heard, Options, Path, drive};

/// Input: flags (1: comments, 2: the stream comes twice, on two connections), a limit on the event
/// (0: the decoder's own), two lengths of chunks, and the stream.
///
/// # Panics
/// The decoder and the oracle differ.
pub fn decode(input: &[u8]) {
    let [flags, limit, a, b, stream @ ..] = input else {
        return;
    };
    let options = Options {
        max_event_bytes: (*limit > 0).then_some((*limit).into()),
        comments: flags & 1 != 0,
        earlier: if flags & 2 != 0 { vec![stream.to_vec()] } else { Vec::new() },
    };
    let expected = expected(&options, stream);
    for path in Path::ALL {
        let heard = drive(path, &options, stream, &chunks(stream.len(), *a, *b));
        assert_eq!(heard, expected, "{path:?} of {:?}", stream.escape_ascii().to_string());
    }
}

fn expected(options: &Options, stream: &[u8]) -> Heard {
    let on_connection = |id: &str, stream| limit::expected(id, stream, options.max_event_bytes, options.comments);
    let id = options.earlier.iter().fold(String::new(), |id, earlier| on_connection(&id, earlier).last_event_id);
    on_connection(&id, stream)
}
