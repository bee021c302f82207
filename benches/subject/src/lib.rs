//! What is measured: shapes of streams, ways to cut them, and our codec behind one function for each way to use it.
//!
//! Every decoder gets the same chunks of `Bytes` and hands out the same thing: the text of each event. What it handed
//! out is counted ([`Tally`]): a decoder that counts otherwise is wrong on that input, and its figure says so.

pub mod callgrind;
pub mod decode;
pub mod encode;
pub mod machine;
pub mod shapes;
pub mod source;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use futures_util::Stream;

/// What a decoder handed out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Events.
    pub events: usize,
    /// Bytes of their data.
    pub data: usize,
    /// Bytes of their types.
    pub types: usize,
    /// Bytes of their ids.
    pub ids: usize,
}

impl Tally {
    /// One more event. The compiler cannot leave out what is counted.
    #[inline]
    pub fn count(&mut self, event_type: &str, data: &str, id: &str) {
        self.events += 1;
        self.data += std::hint::black_box(data).len();
        self.types += std::hint::black_box(event_type).len();
        self.ids += std::hint::black_box(id).len();
    }
}

/// Polls a stream that is always ready to its end.
pub fn drain<S: Stream>(stream: S, mut each: impl FnMut(S::Item)) {
    let mut stream = pin!(stream);
    let mut context = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(item)) = stream.as_mut().poll_next(&mut context) {
        each(item);
    }
}
