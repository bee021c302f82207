//! Texts that share one piece of memory.

use core::ops::Deref;

use bytes::Bytes;
use bytestring::ByteString;

use super::shares::Shares;

/// What the texts of an event are parts of.
#[derive(Clone)]
pub(super) enum Memory {
    /// A chunk of one event, or a copy.
    Whole(Bytes),
    /// A chunk of several events, with one allocation for all of them.
    Shared(Shares),
}

impl Memory {
    /// Of a chunk. None at all of an empty one, which may well be a share of something large.
    #[inline]
    pub(super) fn new(chunk: Bytes) -> Self {
        if chunk.is_empty() { Self::default() } else { Self::Whole(chunk) }
    }

    /// A share of it.
    #[inline]
    pub(super) fn share(&mut self) -> Self {
        Self::Shared(match self {
            Self::Shared(shares) => shares.give(),
            Self::Whole(_) => self.begin_to_share(),
        })
    }

    #[cold]
    #[inline(never)]
    fn begin_to_share(&mut self) -> Shares {
        let mut shares = match core::mem::take(self) {
            Self::Whole(chunk) => Shares::new(chunk),
            Self::Shared(shares) => shares,
        };
        let share = shares.give();
        *self = Self::Shared(shares);
        share
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::Whole(Bytes::new())
    }
}

impl Deref for Memory {
    type Target = Bytes;

    #[inline]
    fn deref(&self) -> &Bytes {
        match self {
            Self::Whole(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

/// Where a text is in the memory of its event.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) from: usize,
    pub(super) to: usize,
}

impl Span {
    pub(super) const EMPTY: Self = Self { from: 0, to: 0 };

    /// Where a text lies, if it is a part of this memory.
    #[inline]
    pub(super) fn find(memory: &[u8], text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::EMPTY);
        }
        let from = (text.as_ptr() as usize).checked_sub(memory.as_ptr() as usize)?;
        let to = from + text.len();
        (to <= memory.len()).then_some(Self { from, to })
    }

    /// The text, from the memory that it was made for.
    #[inline]
    pub(super) fn of(self, memory: &[u8]) -> &str {
        let bytes = memory.get(self.from..self.to).unwrap_or_default();
        // SAFETY: a span is made from a `str` that lies there, or of one that was copied there, and stays with that
        // memory, which never changes.
        #[allow(unsafe_code)]
        unsafe {
            core::str::from_utf8_unchecked(bytes)
        }
    }

    /// The text as a share of its memory.
    pub(super) fn share(self, memory: &Bytes) -> ByteString {
        // SAFETY: as above.
        #[allow(unsafe_code)]
        unsafe {
            ByteString::from_bytes_unchecked(memory.slice(self.from..self.to))
        }
    }
}
