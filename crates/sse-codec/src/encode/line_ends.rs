//! Where the lines of a text that is to be written end.

use core::ops::Range;

use crate::scan;

/// The first `len` bytes of a text, or one less so as not to part CR and LF, and what follows.
#[inline]
pub(super) fn split(text: &[u8], len: usize) -> (&[u8], &[u8]) {
    match text.get(len - 1..=len) {
        None => (text, &[]),
        Some(b"\r\n") => text.split_at(len - 1),
        Some(_) => text.split_at(len),
    }
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

    /// Whether there is none.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How much longer the span is with so many bytes, at least two, in place of each line end.
    #[inline]
    pub(super) fn growth(&self, line_end: usize) -> usize {
        growth_by(self.count, self.crlf, line_end)
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

/// How much longer a text is with so many bytes, at least two, in place of each line end.
pub(super) fn growth(text: &[u8], line_end: usize) -> usize {
    let lf = memchr::memchr_iter(b'\n', text).count();
    let (cr, crlf) = memchr::memchr_iter(b'\r', text)
        .fold((0, 0), |(cr, crlf), at| (cr + 1, crlf + usize::from(text[at..].starts_with(b"\r\n"))));
    growth_by(lf + cr - crlf, crlf, line_end)
}

fn growth_by(count: usize, crlf: usize, line_end: usize) -> usize {
    count * (line_end - 1) - crlf
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
