//! Texts that share one piece of memory.

use core::ops::{Deref, Range};

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

/// Where a text is in the memory of its event: its beginning, and its length above that.
///
/// One word: who moves an event moves its words one by one or two at once, and a pair of which each half has just been
/// written by itself is waited for.
#[derive(Clone, Copy)]
pub(super) struct Span(u64);

impl Span {
    pub(super) const EMPTY: Self = Self(0);

    /// Every text in memory of so many bytes has a span.
    pub(super) const MAX: usize = u32::MAX as usize;

    /// `None` for what ends behind that.
    #[inline]
    pub(super) fn new(from: usize, len: usize) -> Option<Self> {
        if from + len <= Self::MAX { Some(Self(from as u64 | (len as u64) << 32)) } else { None }
    }

    /// Where a text lies, if it is a part of this memory.
    #[inline]
    pub(super) fn find(memory: &[u8], text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::EMPTY);
        }
        let from = (text.as_ptr() as usize).checked_sub(memory.as_ptr() as usize)?;
        if from + text.len() <= memory.len() { Self::new(from, text.len()) } else { None }
    }

    /// The text, from the memory that it was made for.
    #[inline]
    pub(super) fn of(self, memory: &[u8]) -> &str {
        let bytes = memory.get(self.range()).unwrap_or_default();
        // SAFETY: a span is made from a `str` that lies there, or of one that was copied there, and stays with that
        // memory, which never changes.
        #[allow(unsafe_code)]
        unsafe {
            core::str::from_utf8_unchecked(bytes)
        }
    }

    #[inline]
    fn range(self) -> Range<usize> {
        let from = self.0 as u32 as usize;
        from..from + (self.0 >> 32) as usize
    }

    /// The text as a share of its memory.
    pub(super) fn share(self, memory: &Bytes) -> ByteString {
        // SAFETY: as above.
        #[allow(unsafe_code)]
        unsafe {
            ByteString::from_bytes_unchecked(memory.slice(self.range()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn a_span_ends_within_4_gib() {
        let span = Span::new(Span::MAX - 1, 1).map(Span::range);
        assert_eq!(span, Some(Span::MAX - 1..Span::MAX));
        assert_eq!(Span::new(0, Span::MAX).map(Span::range), Some(0..Span::MAX));
        assert!(Span::new(Span::MAX, 1).is_none());
        assert!(Span::new(0, Span::MAX + 1).is_none());
    }
}
