//! Where a block is written.
#![allow(unsafe_code)]

use core::mem::MaybeUninit;

use super::line_ends;
use super::plain::copy_plain;
use crate::copy::{copy, copy_start};
use crate::scan;

/// What bytes are appended to.
pub(super) trait Output {
    /// Appends what `write` writes. There is room for `len` bytes if it can be made, and perhaps for more.
    fn append_with(&mut self, len: usize, write: impl FnOnce(Room<'_>) -> Room<'_>);
}

#[cfg(feature = "alloc")]
impl Output for alloc::vec::Vec<u8> {
    #[inline(always)]
    fn append_with(&mut self, len: usize, write: impl FnOnce(Room<'_>) -> Room<'_>) {
        self.reserve(len);
        let spare = self.spare_capacity_mut();
        let before = spare.len();
        let after = write(Room(spare)).0.len();
        // SAFETY: a room loses places only from its beginning, and only such as have been written; and `write` has no
        // other to give back, as rooms are made here alone and no writing begins within another. So the bytes that it
        // lost lie directly behind the vector's, in its capacity, and are initialized.
        unsafe { self.set_len(self.len() + (before - after)) };
    }
}

/// A slice, written from its beginning.
pub(super) struct Slice<'a> {
    pub(super) bytes: &'a mut [u8],
    pub(super) len: usize,
}

impl Output for Slice<'_> {
    fn append_with(&mut self, _len: usize, write: impl FnOnce(Room<'_>) -> Room<'_>) {
        let free = self.bytes.get_mut(self.len..).unwrap_or_default();
        let before = free.len();
        // SAFETY: the layout is the same, and a room writes nothing but initialized bytes.
        let room = Room(unsafe { &mut *(core::ptr::from_mut(free) as *mut [MaybeUninit<u8>]) });
        self.len += before - write(room).0.len();
    }
}

/// The room that is left. What does not fit is left out.
///
/// A block is many small pieces, and a call for each would cost more than the piece: what is short, or of a length known
/// to the compiler, is copied by a few instructions in place. Handed on by value, so that it stays in registers.
#[must_use]
pub(super) struct Room<'a>(&'a mut [MaybeUninit<u8>]);

impl Room<'_> {
    /// Writes bytes of a length known to the compiler.
    #[inline(always)]
    pub(super) fn array<const N: usize>(self, bytes: &[u8; N]) -> Self {
        self.put(bytes, N, |to, from| to[..N].copy_from_slice(&from[..N]))
    }

    /// Writes any bytes.
    #[inline(always)]
    pub(super) fn bytes(self, bytes: &[u8]) -> Self {
        self.put(bytes, bytes.len(), |to, from| copy(from, to))
    }

    /// Writes the beginning of a text, as far as [`copy_plain`] does, and gives back what is left of it.
    #[inline(always)]
    pub(super) fn plain(self, text: &[u8]) -> (Self, &[u8]) {
        let Some((place, _)) = self.0.split_at_mut_checked(text.len()) else { return (self, text) };
        // As many as it says are written, and no others are taken from the room.
        let (copied, rest) = text.split_at(copy_plain(text, place).min(text.len()));
        (Self(self.0.split_at_mut(copied.len()).1), rest)
    }

    /// Writes a text with something else in place of each line end, and gives back what is left of it: its last line, or
    /// what has no room.
    #[inline(always)]
    pub(super) fn lines<'t, const N: usize>(mut self, mut text: &'t [u8], line_end: &[u8; N]) -> (Self, &'t [u8]) {
        let mut masks = scan::Masks::default();
        let (mut line, mut scanned) = (0, 0);
        while scanned < text.len() {
            scan::scan(text, scanned, &mut masks);
            for (n, mask) in masks.iter().enumerate() {
                let mut left = *mask;
                while left != 0 {
                    let at = scanned + n * scan::BLOCK + left.trailing_zeros() as usize;
                    left &= left - 1;
                    if at < line {
                        continue; // the LF of a CRLF
                    }
                    if self.0.len() < at - line + N {
                        return (self, &text[line..]);
                    }
                    self = self.start(&text[line..], at - line).array(line_end);
                    line = at + line_ends::len(&text[at..]);
                }
            }
            scanned += scan::BLOCK * scan::BLOCKS;
            if masks == scan::Masks::default() && scanned <= text.len() {
                // Then what follows is likely to have none either.
                if self.0.len() < scanned - line {
                    break;
                }
                (self, text) = self.bytes(&text[line..scanned]).plain(&text[scanned..]);
                (line, scanned) = (0, 0);
            }
        }
        (self, &text[line..])
    }

    /// Writes the first `len` bytes of a text.
    #[inline(always)]
    fn start(self, text: &[u8], len: usize) -> Self {
        self.put(text, len, |to, from| copy_start(from, len, to))
    }

    /// Has the first `len` bytes copied to the beginning of the room.
    #[inline(always)]
    fn put(self, bytes: &[u8], len: usize, copy: impl FnOnce(&mut [MaybeUninit<u8>], &[MaybeUninit<u8>])) -> Self {
        if self.0.len() < len || bytes.len() < len {
            return self;
        }
        // SAFETY: the layout is the same, and what is initialized may be taken for what may not be.
        copy(self.0, unsafe { &*(core::ptr::from_ref(bytes) as *const [MaybeUninit<u8>]) });
        Self(self.0.split_at_mut(len).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_or_is_not_there_is_left_out() {
        let mut bytes = [0; 4];
        let mut slice = Slice { bytes: &mut bytes, len: 1 };
        slice.append_with(9, |room| room.bytes(b"ab").bytes(b"cd").start(b"", 1).array(b"ef").array(b"g").bytes(b"h"));
        assert_eq!((slice.len, &bytes), (4, b"\0abg"));
    }
}
