//! Eight bytes at a time as a number, on any machine, and in little code.

use super::{BLOCK, Found, Lanes};

/// Needs nothing but numbers.
#[derive(Clone, Copy)]
pub(super) struct Word;

impl Lanes for Word {
    #[inline(always)]
    fn sixteen(self, bytes: &[u8; 16]) -> Found {
        self.short(bytes)
    }

    #[inline(always)]
    fn block(self, bytes: &[u8; BLOCK]) -> Found {
        words(bytes)
    }

    #[inline(always)]
    fn short(self, bytes: &[u8]) -> Found {
        // Zeros are no line ends.
        let mut block = [0; BLOCK];
        if let Some(block) = block.get_mut(..bytes.len()) {
            block.copy_from_slice(bytes);
        }
        words(&block)
    }
}

/// Out of line: it is called from three places.
#[inline(never)]
fn words(block: &[u8; BLOCK]) -> Found {
    let mut found = Found { line_ends: 0, not_ascii: 0 };
    for (n, bytes) in block.chunks_exact(8).enumerate() {
        let mut word = [0; 8];
        word.copy_from_slice(bytes);
        found = found.and(eight(u64::from_le_bytes(word)), 8 * n);
    }
    found
}

const ONES: u64 = 0x0101_0101_0101_0101;
const LOW_BITS: u64 = 0x7f * ONES;
const HIGH_BITS: u64 = 0x80 * ONES;

/// What eight bytes hold, the first of them lowest.
#[inline]
fn eight(word: u64) -> Found {
    let ends = zero_bytes(word ^ (ONES * b'\n' as u64)) | zero_bytes(word ^ (ONES * b'\r' as u64));
    // Gathers the eight high bits: bit 8k+7 moves to bit 56+k.
    let line_ends = (ends >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    Found { line_ends, not_ascii: word & HIGH_BITS }
}

/// The high bit of each byte that is zero; exact, no false neighbours.
#[inline]
fn zero_bytes(word: u64) -> u64 {
    !(((word & LOW_BITS) + LOW_BITS) | word | LOW_BITS)
}
