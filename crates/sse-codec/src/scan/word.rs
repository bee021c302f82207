//! Eight bytes at a time as a number, on any machine.

use super::{Found, Lanes, part};

/// Needs nothing but numbers.
#[derive(Clone, Copy)]
pub(super) struct Word;

impl Lanes for Word {
    #[inline(always)]
    fn sixteen(self, bytes: &[u8; 16]) -> Found {
        let half = |at| eight(u64::from_le_bytes(*part(bytes, at)));
        half(0).and(half(8), 8)
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const LOW_BITS: u64 = 0x7f * ONES;
const HIGH_BITS: u64 = 0x80 * ONES;

/// What eight bytes hold, the first of them lowest.
#[inline(always)]
fn eight(word: u64) -> Found {
    let ends = zero_bytes(word ^ (ONES * b'\n' as u64)) | zero_bytes(word ^ (ONES * b'\r' as u64));
    // Gathers the eight high bits: bit 8k+7 moves to bit 56+k.
    let line_ends = (ends >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    Found { line_ends, not_ascii: word & HIGH_BITS }
}

/// The high bit of each byte that is zero; exact, no false neighbours.
#[inline(always)]
fn zero_bytes(word: u64) -> u64 {
    !(((word & LOW_BITS) + LOW_BITS) | word | LOW_BITS)
}
