//! Where the lines of a text that is to be written end: at LF, CR or CRLF.

use core::ops::Range;

/// The length of the line end with which a text begins.
#[inline]
pub(super) fn len(text: &[u8]) -> usize {
    if text.starts_with(b"\r\n") { 2 } else { 1 }
}

/// Where each line end of a text lies.
pub(super) fn line_ends(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut end = 0;
    memchr::memchr2_iter(b'\r', b'\n', text).filter_map(move |start| {
        if start < end {
            return None; // the LF of a CRLF
        }
        end = start + len(&text[start..]);
        Some(start..end)
    })
}

/// How much longer a text is with so many bytes, at least two, in place of each line end.
pub(super) fn growth(text: &[u8], line_end: usize) -> usize {
    let lf = memchr::memchr_iter(b'\n', text).count();
    let (cr, crlf) = memchr::memchr_iter(b'\r', text)
        .fold((0, 0), |(cr, crlf), at| (cr + 1, crlf + usize::from(text[at..].starts_with(b"\r\n"))));
    // Where a word has 32 bits, there may be a length that no word can hold. It is more than there is memory for.
    (lf + cr - crlf).saturating_mul(line_end - 1) - crlf
}
