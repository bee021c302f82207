//! Where lines end: one bit mask of CR and LF per 64-byte block.

#[cfg(any(test, not(target_arch = "x86_64")))]
mod portable;
#[cfg(target_arch = "x86_64")]
mod sse2;

/// Bytes that one mask covers.
pub(crate) const BLOCK: usize = 64;

/// Bit `i` of the answer is set when byte `i` is a CR or LF.
#[inline]
pub(crate) fn line_ends(block: &[u8; BLOCK]) -> u64 {
    #[cfg(target_arch = "x86_64")]
    return sse2::line_ends(block);
    #[cfg(not(target_arch = "x86_64"))]
    return portable::line_ends(block);
}

/// The mask of the last block of a chunk, of fewer than 64 bytes, from `from` on. Out of line: inlined into the loop over
/// whole blocks it makes that loop slower.
#[inline(never)]
pub(crate) fn line_ends_of_tail(chunk: &[u8], from: usize) -> u64 {
    if let Some(block) = chunk.last_chunk() {
        // A whole block that ends where the chunk does: what lies before `from` is shifted out.
        let before = from + BLOCK - chunk.len();
        return line_ends(block) >> before;
    }
    let mut block = [0; BLOCK];
    let tail = &chunk[from..];
    block[..tail.len()].copy_from_slice(tail);
    line_ends(&block)
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
                    for version in [line_ends, portable::line_ends] {
                        assert_eq!(version(&block), naive(&block), "{byte} at {at} in {filling}");
                    }
                    assert_eq!(line_ends_of_tail(&block[..at], 0), naive(&block[..at]));
                    let long = [&block[..], &block[..at]].concat();
                    if at > 0 {
                        assert_eq!(line_ends_of_tail(&long, BLOCK), naive(&block[..at]));
                    }
                }
            }
        }
    }
}
