//! The decoder says what the oracle says, however the stream is cut, by whichever path, under whichever limit.

mod tight;

use super::{chunks, limit};
use crate::drive::{Heard, Options, Path, drive};

/// Input: flags (1: comments, 128: long lines, the others choose the sizes of small buffers), a limit on the event (0: the
/// decoder's own), the size of another small buffer, how long the first of two connections is (0: there is one), two
/// lengths of chunks, and the stream.
///
/// # Panics
/// The decoder and the oracle differ. A decoder in buffers that are too small loses more than what does not fit.
pub fn decode(input: &[u8]) {
    let [flags, limit, size, earlier, a, b, stream @ ..] = input else {
        return;
    };
    let (earlier, stream) = stream.split_at(stream.len().min((*earlier).into()));
    let stream = &*if flags & 128 != 0 { stretched(stream) } else { stream.to_vec() };
    let chunks = chunks(stream.len(), *a, *b);
    let comments = flags & 1 != 0;
    let options = Options {
        max_event_bytes: (*limit > 0).then_some((*limit).into()),
        comments,
        earlier: if earlier.is_empty() { Vec::new() } else { vec![earlier.to_vec()] },
    };
    let expected = expected(&options, stream);
    for path in Path::ALL {
        let heard = drive(path, &options, stream, &chunks);
        assert_eq!(heard, expected, "{path:?} of {:?}", stream.escape_ascii().to_string());
    }
    tight::check(&tight::Sizes::of(*size, *flags), comments, earlier, stream, &chunks);
}

/// A stream with lines so long that a decoder cannot look at them at once: an `x` stands for a hundred.
fn stretched(stream: &[u8]) -> Vec<u8> {
    stream.iter().flat_map(|&byte| std::iter::repeat_n(byte, if byte == b'x' { 100 } else { 1 })).take(8192).collect()
}

fn expected(options: &Options, stream: &[u8]) -> Heard {
    let on_connection = |id: &str, stream| limit::expected(id, stream, options.max_event_bytes, options.comments);
    let id = options.earlier.iter().fold(String::new(), |id, earlier| on_connection(&id, earlier).last_event_id);
    on_connection(&id, stream)
}
