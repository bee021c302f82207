//! Text that is to be written: whether, and where, its lines end.

use core::ops::Range;

use crate::scan;

/// Text is looked at and copied in pieces of so many bytes: few enough to stay in the nearest cache in between.
pub(super) const PIECE: usize = 2048;

/// The first `len` bytes of a text, or one less so as not to part CR and LF, and what follows.
#[inline]
pub(super) fn split(text: &[u8], len: usize) -> (&[u8], &[u8]) {
    match text.get(len - 1..=len) {
        None => (text, &[]),
        Some(b"\r\n") => text.split_at(len - 1),
        Some(_) => text.split_at(len),
    }
}

/// Whether no byte of the text is a control character up to CR: then it has neither line ends nor NUL.
///
/// Most text has none of these, and this is several times as fast to find out as where they are.
#[inline(always)]
pub(super) fn is_plain(text: &[u8]) -> bool {
    match text.len().checked_ilog2() {
        None => true,
        Some(0) => are_ends_plain::<1>(text),
        Some(1) => are_ends_plain::<2>(text),
        Some(2) => are_ends_plain::<4>(text),
        Some(3) => are_ends_plain::<8>(text),
        Some(4) => are_ends_plain::<16>(text),
        Some(5) => are_ends_plain::<32>(text),
        Some(_) => is_long_plain(text),
    }
}

/// The same for `N` to `2 * N` bytes: the first `N` and the last, which may overlap.
#[inline(always)]
fn are_ends_plain<const N: usize>(text: &[u8]) -> bool {
    match (text.first_chunk::<N>(), text.last_chunk::<N>()) {
        (Some(first), Some(last)) => low_bytes(first) | low_bytes(last) == 0,
        _ => false,
    }
}

/// Not zero if one of the bytes is CR or below.
#[inline(always)]
fn low_bytes<const N: usize>(bytes: &[u8; N]) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    let mut low = 0;
    for bytes in bytes.chunks(8) {
        let mut word = [u8::MAX; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        let word = u64::from_le_bytes(word);
        // The subtraction sets the high bit of each byte that is too low (and may of those behind one); of the others,
        // only those have it that had it before.
        low |= word.wrapping_sub(ONES * (b'\r' as u64 + 1)) & !word & (ONES << 7);
    }
    low
}

/// The same as [`is_plain`] for 64 bytes or more, from which on the compiler's vectors are worth it. Of fewer it knows
/// nothing and says no.
#[inline(never)]
pub(super) fn is_long_plain(text: &[u8]) -> bool {
    let lowest = |bytes: &[u8]| bytes.iter().fold(u8::MAX, |lowest, &byte| lowest.min(byte));
    // The end, where text of short lines is found out at once, and a whole number of vectors, which may overlap it.
    text.last_chunk::<64>().is_some_and(|last| lowest(last) > b'\r') && lowest(&text[..text.len() / 64 * 64]) > b'\r'
}

/// Where the lines of a span of text end.
#[derive(Default)]
pub(super) struct LineEnds {
    /// A bit for each byte at which a line end begins.
    masks: scan::Masks,
    count: usize,
    /// How many of them are CRLF.
    crlf: usize,
}

impl LineEnds {
    /// The most bytes that a span may have.
    pub(super) const SPAN: usize = scan::BLOCK * scan::BLOCKS;

    /// Finds those of another span. In place: a copy of masks that were just written would have to wait for them.
    #[inline(never)]
    pub(super) fn find(&mut self, span: &[u8]) {
        *self = Self::default();
        scan::scan(span, 0, &mut self.masks);
        let (mut count, mut carry) = (0, 0);
        for (n, mask) in self.masks.iter_mut().enumerate() {
            // Of two line ends in a row, the second may be the LF of a CRLF.
            let mut second = *mask & (*mask << 1 | carry);
            carry = *mask >> (scan::BLOCK - 1);
            while second != 0 {
                let at = n * scan::BLOCK + second.trailing_zeros() as usize;
                if span[at - 1..].starts_with(b"\r\n") {
                    *mask ^= second & second.wrapping_neg();
                    self.crlf += 1;
                }
                second &= second - 1;
            }
            count += mask.count_ones() as usize;
        }
        self.count = count;
    }

    /// The length of the span with so many bytes, at least two, in place of each line end.
    #[inline]
    pub(super) fn grown_len(&self, span: &[u8], line_end: usize) -> usize {
        grown_len_by(span.len(), self.count, self.crlf, line_end)
    }

    /// Folds over where in the span each line end lies.
    #[inline]
    pub(super) fn fold<T>(&self, span: &[u8], mut value: T, mut each: impl FnMut(T, Range<usize>) -> T) -> T {
        for (n, &mask) in self.masks.iter().enumerate() {
            let mut left = mask;
            while left != 0 {
                let at = n * scan::BLOCK + left.trailing_zeros() as usize;
                let len = if self.crlf > 0 && span[at..].starts_with(b"\r\n") { 2 } else { 1 };
                value = each(value, at..at + len);
                left &= left - 1;
            }
        }
        value
    }
}

/// The length of a text with so many bytes, at least two, in place of each line end.
pub(super) fn grown_len(text: &[u8], line_end: usize) -> usize {
    let lf = memchr::memchr_iter(b'\n', text).count();
    let (cr, crlf) = memchr::memchr_iter(b'\r', text)
        .fold((0, 0), |(cr, crlf), at| (cr + 1, crlf + usize::from(text[at..].starts_with(b"\r\n"))));
    grown_len_by(text.len(), lf + cr - crlf, crlf, line_end)
}

fn grown_len_by(len: usize, count: usize, crlf: usize, line_end: usize) -> usize {
    len + count * (line_end - 1) - crlf
}

/// Where each line end of a text lies.
#[cfg(feature = "bytes")]
pub(super) fn line_ends(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut end = 0;
    memchr::memchr2_iter(b'\r', b'\n', text).filter_map(move |start| {
        if start < end {
            return None; // the LF of a CRLF
        }
        end = start + if text[start..].starts_with(b"\r\n") { 2 } else { 1 };
        Some(start..end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_is_what_has_no_byte_up_to_cr() {
        const PLAIN: [u8; 200] = [b'x'; 200];
        for len in 0..PLAIN.len() {
            assert!(is_plain(&PLAIN[..len]));
            for at in 0..len {
                for byte in [0, 1, b'\n', b'\r', b'\r' + 1, b' ', 0x7f, 0x80, 0x8d, 0x8e, 0xff] {
                    let mut text = PLAIN;
                    text[at] = byte;
                    let is_above = byte > b'\r';
                    assert_eq!(is_plain(&text[..len]), is_above, "{byte} at {at} of {len}");
                    assert_eq!(is_long_plain(&text[..len]), is_above && len >= 64, "{byte} at {at} of {len}");
                }
            }
        }
    }
}
