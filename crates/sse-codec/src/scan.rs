//! Where lines end: one bit mask of CR and LF per 64-byte block.

/// Bytes that one mask covers.
pub(crate) const BLOCK: usize = 64;

const ONES: u64 = 0x0101_0101_0101_0101;
const LOW_BITS: u64 = 0x7f7f_7f7f_7f7f_7f7f;

/// Bit `i` of the answer is set when byte `i` is a CR or LF.
#[inline]
pub(crate) fn line_ends(block: &[u8; BLOCK]) -> u64 {
    let mut mask = 0;
    let mut i = 0;
    while i < BLOCK / 8 {
        let mut word = [0; 8];
        word.copy_from_slice(&block[i * 8..i * 8 + 8]);
        let word = u64::from_le_bytes(word);
        let ends = zero_bytes(word ^ (ONES * b'\n' as u64)) | zero_bytes(word ^ (ONES * b'\r' as u64));
        // Gathers the eight high bits: bit 8k+7 moves to bit 56+k.
        mask |= ((ends >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (i * 8);
        i += 1;
    }
    mask
}

/// The mask of a block at the end of a chunk, of fewer than 64 bytes. Out of line: inlined into the loop over whole
/// blocks it makes that loop slower.
#[inline(never)]
pub(crate) fn line_ends_of_tail(tail: &[u8]) -> u64 {
    let mut block = [0; BLOCK];
    let len = tail.len().min(BLOCK);
    block[..len].copy_from_slice(&tail[..len]);
    line_ends(&block)
}

/// The high bit of each byte that is zero; exact, no false neighbours.
#[inline]
fn zero_bytes(word: u64) -> u64 {
    !(((word & LOW_BITS) + LOW_BITS) | word | LOW_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(block: &[u8]) -> u64 {
        block.iter().enumerate().filter(|(_, b)| matches!(b, b'\r' | b'\n')).map(|(i, _)| 1 << i).sum()
    }

    #[test]
    fn every_byte_value_at_every_place() {
        for at in 0..BLOCK {
            for byte in 0..=255 {
                for filling in [0, b'\n', b'\r', b'\x0b', b'\x8a', b'a', 0xff] {
                    let mut block = [filling; BLOCK];
                    block[at] = byte;
                    assert_eq!(line_ends(&block), naive(&block), "{byte} at {at} in {filling}");
                    assert_eq!(line_ends_of_tail(&block[..at]), naive(&block[..at]));
                }
            }
        }
    }
}
