//! What is measured: shapes of streams, ways to cut them, and each crate behind one function.
//!
//! Every candidate gets the same chunks of `Bytes` and hands out the same thing: the text of each event. What it
//! handed out is counted ([`Tally`]), and the benches compare the counts before they measure.

pub mod candidates;
pub mod shapes;

/// What a decoder handed out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Events.
    pub events: usize,
    /// Bytes of their data.
    pub data: usize,
    /// Bytes of their types.
    pub types: usize,
}

impl Tally {
    /// One more event. The compiler cannot leave out what is counted.
    #[inline]
    pub fn count(&mut self, event_type: &str, data: &str) {
        self.events += 1;
        self.data += std::hint::black_box(data).len();
        self.types += std::hint::black_box(event_type).len();
    }
}
