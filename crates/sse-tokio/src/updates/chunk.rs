//! What is being decoded.

use std::cell::Cell;
use std::time::Duration;

use bytes::Bytes;
use sse_codec::BytesInput;

/// The piece of a body that is being decoded, if there is one.
///
/// Its cursor takes 200 bytes, of which a source that waits has no use. So there is one on each thread for the source that
/// is at work, and another is made only where several have been left in the middle of a piece.
pub(super) struct Chunk(Option<Box<Piece>>);

#[derive(Default)]
pub(super) struct Piece {
    pub(super) input: BytesInput,
    /// When it came.
    pub(super) arrived: Duration,
}

thread_local! {
    static SPARE: Cell<Option<Box<Piece>>> = const { Cell::new(None) };
}

impl Chunk {
    pub(super) const NONE: Self = Self(None);

    #[inline(always)]
    pub(super) fn get(&mut self) -> Option<&mut Piece> {
        self.0.as_deref_mut()
    }

    pub(super) fn set(&mut self, bytes: Bytes, arrived: Duration) {
        // A thread that ends has none any more.
        let spare = || SPARE.try_with(Cell::take).ok().flatten().unwrap_or_default();
        let piece = self.0.get_or_insert_with(spare);
        piece.input.replace(bytes);
        piece.arrived = arrived;
    }

    /// An idle connection keeps no chunk in memory, which may be a share of something large.
    pub(super) fn clear(&mut self) {
        if let Some(mut piece) = self.0.take() {
            piece.input.clear();
            SPARE.try_with(|spare| spare.set(Some(piece))).ok();
        }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        self.clear();
    }
}
