//! Text without line ends, as most is: finding that out, and copying it in the same pass.

use core::mem::MaybeUninit;

use crate::scan::{Work, by_widest};

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

/// Copies the beginning of a text, as far as it [is plain](is_plain), to a place of the text's length, and says how much:
/// all of it; or, of a short text, nothing; or, of a long one, a part that may end well before the first line end.
///
/// What else is written there is of no account. What it says is copied *is*: that those bytes are initialized stands on it.
#[inline(always)]
pub(super) fn copy_plain(text: &[u8], to: &mut [MaybeUninit<u8>]) -> usize {
    let Some(to) = to.get_mut(..text.len()) else { return 0 };
    let is_plain = match text.len().checked_ilog2() {
        None => true,
        Some(0) => copy_plain_ends::<1>(text, to),
        Some(1) => copy_plain_ends::<2>(text, to),
        Some(2) => copy_plain_ends::<4>(text, to),
        Some(3) => copy_plain_ends::<8>(text, to),
        Some(4) => copy_plain_ends::<16>(text, to),
        Some(5) => copy_plain_ends::<32>(text, to),
        Some(_) => return copy_long_plain(text, to),
    };
    if is_plain { text.len() } else { 0 }
}

/// [`is_plain`] for `N` to `2 * N` bytes: the first `N` and the last, which may overlap.
#[inline(always)]
fn are_ends_plain<const N: usize>(text: &[u8]) -> bool {
    match (text.first_chunk::<N>(), text.last_chunk::<N>()) {
        (Some(first), Some(last)) => low_bytes(first) | low_bytes(last) == 0,
        _ => false,
    }
}

/// [`copy_plain`] for `N` to `2 * N` bytes. All are written, or it says no.
#[inline(always)]
fn copy_plain_ends<const N: usize>(text: &[u8], to: &mut [MaybeUninit<u8>]) -> bool {
    let (Some(first), Some(last)) = (text.first_chunk::<N>(), text.last_chunk::<N>()) else { return false };
    let Some(to_first) = to.first_chunk_mut() else { return false };
    *to_first = first.map(MaybeUninit::new);
    let Some(to_last) = to.last_chunk_mut() else { return false };
    *to_last = last.map(MaybeUninit::new);
    low_bytes(first) | low_bytes(last) == 0
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

/// [`is_plain`] for 64 bytes or more, from which on vectors are worth it. Of fewer it knows nothing and says no.
#[inline(never)]
fn is_long_plain(text: &[u8]) -> bool {
    by_widest(IsLongPlain(text))
}

struct IsLongPlain<'t>(&'t [u8]);

impl Work for IsLongPlain<'_> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let Self(text) = self;
        let lowest = |bytes: &[u8]| bytes.iter().fold(u8::MAX, |lowest, &byte| lowest.min(byte));
        // The end, where text of short lines is found out at once, and a whole number of vectors, which may overlap it.
        text.last_chunk::<64>().is_some_and(|last| lowest(last) > b'\r')
            && lowest(&text[..text.len() / 64 * 64]) > b'\r'
    }
}

/// What a long text is copied by: enough for the widest vectors, whichever the compiler may use.
const BLOCK: usize = 64;

/// [`copy_plain`] for 64 bytes or more: as fast as copying alone, once memory is what both wait for. Of fewer it copies none.
#[inline(never)]
fn copy_long_plain(text: &[u8], to: &mut [MaybeUninit<u8>]) -> usize {
    let work = CopyLongPlain { text, to };
    // The call and the narrower registers behind it cost more than two blocks do.
    if text.len() > 2 * BLOCK { by_widest(work) } else { work.run() }
}

struct CopyLongPlain<'t, 'p> {
    text: &'t [u8],
    to: &'p mut [MaybeUninit<u8>],
}

impl Work for CopyLongPlain<'_, '_> {
    type Output = usize;

    #[inline(always)]
    fn run(self) -> usize {
        const SPAN: usize = 8 * BLOCK;
        let Self { text, to } = self;
        let (Some(first), Some(last)) = (text.first_chunk::<BLOCK>(), text.last_chunk::<BLOCK>()) else { return 0 };
        let mut lowest = [u8::MAX; BLOCK];
        copy_blocks(first, to, &mut lowest);
        let mut copied = 0;
        if text.len() > 2 * BLOCK {
            // Text of short lines is found out at once.
            if !is_above_cr(&lowest) {
                return 0;
            }
            // From where each block lies in one line of the cache.
            copied = to.as_ptr().align_offset(BLOCK).min(BLOCK);
            for (span, to) in text[copied..].chunks_exact(SPAN).zip(to[copied..].chunks_exact_mut(SPAN)) {
                copy_blocks(span, to, &mut lowest);
                if !is_above_cr(&lowest) {
                    return copied;
                }
                copied += SPAN;
            }
            copy_blocks(&text[copied..], &mut to[copied..], &mut lowest);
        }
        let Some(to_last) = to.last_chunk_mut::<BLOCK>() else { return copied };
        copy_blocks(last, to_last, &mut lowest);
        if is_above_cr(&lowest) { text.len() } else { copied }
    }
}

/// Copies as many whole blocks as there are and have a place, and keeps the lowest byte at each place of a block.
#[inline(always)]
fn copy_blocks(from: &[u8], to: &mut [MaybeUninit<u8>], lowest: &mut [u8; BLOCK]) {
    for (block, place) in from.chunks_exact(BLOCK).zip(to.chunks_exact_mut(BLOCK)) {
        if let (Some(block), Some(place)) = (block.first_chunk::<BLOCK>(), place.first_chunk_mut()) {
            // By value: the compiler would make two loops of it, and read everything twice.
            let block = *block;
            *place = block.map(MaybeUninit::new);
            for (lowest, byte) in lowest.iter_mut().zip(block) {
                *lowest = byte.min(*lowest);
            }
        }
    }
}

/// Whether all bytes are above CR. Folded to sixteen first, of which the compiler makes a single comparison.
#[inline(always)]
fn is_above_cr(bytes: &[u8; BLOCK]) -> bool {
    let lowest = bytes.chunks_exact(16).fold([u8::MAX; 16], |mut lowest, bytes| {
        for (lowest, byte) in lowest.iter_mut().zip(bytes) {
            *lowest = (*lowest).min(*byte);
        }
        lowest
    });
    lowest.iter().fold(true, |is, &byte| is & (byte > b'\r'))
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use std::vec::Vec;

    use super::super::output::Output;
    use super::*;

    /// Bytes that are plain and such as are not, on both sides of every edge.
    const BYTES: [u8; 11] = [0, 1, b'\n', b'\r', b'\r' + 1, b' ', 0x7f, 0x80, 0x8d, 0x8e, 0xff];

    #[test]
    fn plain_is_what_has_no_byte_up_to_cr() {
        const PLAIN: [u8; 200] = [b'x'; 200];
        for len in 0..PLAIN.len() {
            assert!(is_plain(&PLAIN[..len]));
            for at in 0..len {
                for byte in BYTES {
                    let mut text = PLAIN;
                    text[at] = byte;
                    let is_above = byte > b'\r';
                    assert_eq!(is_plain(&text[..len]), is_above, "{byte} at {at} of {len}");
                    let is_long = is_above && len >= 64;
                    assert_eq!(is_long_plain(&text[..len]), is_long, "{byte} at {at} of {len}");
                    assert_eq!(
                        IsLongPlain(&text[..len]).run(),
                        is_long,
                        "for every processor: {byte} at {at} of {len}"
                    );
                }
            }
        }
    }

    /// Copies behind so many bytes, so that the place begins anywhere in a line of the cache.
    fn copied(text: &[u8], behind: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(behind + text.len());
        out.resize(behind, 0);
        out.append_with(text.len(), |room| {
            let (room, rest) = room.plain(text);
            assert!(text.ends_with(rest));
            room
        });
        out.split_off(behind)
    }

    #[test]
    fn by_the_vectors_of_every_processor_the_same_is_copied() {
        for len in (0..200).chain([511, 512, 575, 576, 640, 1024, 1088, 1300]) {
            for at in (0..=len).step_by(7) {
                let mut text = [b'x'; 1300];
                text[..len].iter_mut().skip(at).take(1).for_each(|byte| *byte = b'\n');
                // The same place twice: where it begins in a line of the cache decides how far a copy comes.
                let mut to = [MaybeUninit::new(0); 1300];
                let copied = copy_long_plain(&text[..len], &mut to);
                assert_eq!(copied, CopyLongPlain { text: &text[..len], to: &mut to }.run(), "{at} of {len}");
            }
        }
    }

    #[test]
    fn a_plain_text_is_copied_whole_and_any_other_up_to_its_first_line_end_at_most() {
        let plain: Vec<u8> = (0..1300).map(|at| b'a' + (at % 26) as u8).collect();
        let lens = (0..200).chain([511, 512, 513, 575, 576, 577, 640, 703, 704, 1024, 1087, 1088, 1151, 1152, 1300]);
        for len in lens {
            for behind in [0, 1, 15, 63] {
                assert_eq!(copied(&plain[..len], behind), plain[..len], "{len} behind {behind}");
            }
            for at in (0..len).filter(|at| at % 7 == 0 || len < 80 || len - at < 70) {
                let byte = BYTES[at % BYTES.len()];
                let mut text = plain[..len].to_vec();
                text[at] = byte;
                let copied = copied(&text, at % 64);
                if byte > b'\r' {
                    assert_eq!(copied, text, "{byte} at {at} of {len}");
                } else {
                    assert!(copied.len() <= at, "{} copied before {byte} at {at} of {len}", copied.len());
                    assert_eq!(copied, text[..copied.len()]);
                    // What is left is less than a span and the way to where blocks lie well.
                    assert!(len < 64 || at - copied.len() < 576, "{} copied before {byte} at {at}", copied.len());
                }
            }
        }
    }

    #[test]
    fn nothing_is_copied_to_a_place_that_is_too_short() {
        let text = [b'x'; 200];
        for len in 1..text.len() {
            let mut place = [MaybeUninit::new(0); 200];
            assert_eq!(copy_plain(&text[..len], &mut place[..len - 1]), 0, "{len}");
        }
    }
}
