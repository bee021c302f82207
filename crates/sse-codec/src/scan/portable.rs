//! Eight bytes at a time, on any machine.

use super::BLOCK;

const ONES: u64 = 0x0101_0101_0101_0101;
const LOW_BITS: u64 = 0x7f7f_7f7f_7f7f_7f7f;

#[inline]
pub(crate) fn line_ends(block: &[u8; BLOCK]) -> u64 {
    let mut mask = 0;
    for (i, word) in block.chunks_exact(8).enumerate() {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(word);
        let word = u64::from_le_bytes(bytes);
        let ends = zero_bytes(word ^ (ONES * b'\n' as u64)) | zero_bytes(word ^ (ONES * b'\r' as u64));
        // Gathers the eight high bits: bit 8k+7 moves to bit 56+k.
        mask |= ((ends >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (i * 8);
    }
    mask
}

/// The high bit of each byte that is zero; exact, no false neighbours.
#[inline]
fn zero_bytes(word: u64) -> u64 {
    !(((word & LOW_BITS) + LOW_BITS) | word | LOW_BITS)
}
