//! The parts that no decoder can do without, alone: finding line ends, checking UTF-8; copying, where an event is cut; a
//! reference count, where it is to own its text and not to copy it.

use bytes::Bytes;

/// One pass over the chunks.
pub struct Floor {
    /// What it is called in the report.
    pub name: &'static str,
    /// The pass. What it gives has no meaning but that the compiler cannot leave it out.
    pub run: fn(&[Bytes]) -> usize,
}

/// Line ends as a bit mask per 64 bytes: the cost does not depend on how many there are.
pub const MASKS: Floor = Floor { name: "line ends, masks", run: masks };
/// Line ends one by one, by the search with the widest registers.
pub const SEARCH: Floor = Floor { name: "line ends, memchr2", run: search };
/// UTF-8 validation.
pub const UTF8: Floor = Floor { name: "UTF-8", run: utf8 };
/// A copy into a buffer that is there.
pub const MEMCPY: Floor = Floor { name: "memcpy", run: memcpy };

/// A share of each chunk, taken and given back: two atomic operations.
pub const SHARE: Floor = Floor { name: "a share of each chunk", run: share };

/// Every floor.
pub const ALL: [Floor; 5] = [MASKS, SEARCH, UTF8, MEMCPY, SHARE];

fn masks(chunks: &[Bytes]) -> usize {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: it is there.
        return unsafe { masks_by_avx2(chunks) };
    }
    chunks.iter().map(|chunk| line_ends(chunk, mask)).sum()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
unsafe fn masks_by_avx2(chunks: &[Bytes]) -> usize {
    // SAFETY: as the caller says.
    chunks.iter().map(|chunk| line_ends(chunk, |block| unsafe { mask_by_avx2(block) })).sum()
}

/// Block by block. What is left over is looked at with what lies before it, where that makes a block.
#[inline(always)]
fn line_ends(chunk: &[u8], mask: impl Fn(&[u8; 64]) -> u64) -> usize {
    let (blocks, rest) = chunk.as_chunks::<64>();
    let whole: u32 = blocks.iter().map(|block| mask(block).count_ones()).sum();
    let rest = match chunk.last_chunk::<64>() {
        _ if rest.is_empty() => 0,
        Some(last) => (mask(last) >> (64 - rest.len())).count_ones() as usize,
        None => few(rest),
    };
    whole as usize + rest
}

/// Words of eight bytes, of which the last overlaps.
fn few(bytes: &[u8]) -> usize {
    let Some(last) = bytes.last_chunk::<8>() else {
        return bytes.iter().filter(|byte| matches!(byte, b'\r' | b'\n')).count();
    };
    let (words, rest) = bytes.as_chunks::<8>();
    let whole: u32 = words.iter().map(|word| in_word(*word).count_ones()).sum();
    let rest = if rest.is_empty() { 0 } else { (in_word(*last) >> (64 - 8 * rest.len())).count_ones() };
    (whole + rest) as usize
}

/// The high bit of each byte that is a line end.
fn in_word(bytes: [u8; 8]) -> u64 {
    const LOW: u64 = u64::MAX / 0xff;
    let word = u64::from_le_bytes(bytes);
    let is = |byte: u8| {
        let zero = word ^ (LOW * u64::from(byte));
        !((zero & (LOW * 0x7f)).wrapping_add(LOW * 0x7f) | zero) & (LOW << 7)
    };
    is(b'\r') | is(b'\n')
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn mask_by_avx2(block: &[u8; 64]) -> u64 {
    use std::arch::x86_64::{
        _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8,
    };
    let (parts, _) = block.as_chunks::<32>();
    parts.iter().rev().fold(0, |mask, part| {
        // SAFETY: AVX2 is there; the load is of the 32 bytes of `part`.
        let bits = unsafe {
            let bytes = _mm256_loadu_si256(part.as_ptr().cast());
            let cr = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'\r' as i8));
            let lf = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'\n' as i8));
            _mm256_movemask_epi8(_mm256_or_si256(cr, lf))
        };
        mask << 32 | u64::from(bits as u32)
    })
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn mask(block: &[u8; 64]) -> u64 {
    use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8};
    let (parts, _) = block.as_chunks::<16>();
    parts.iter().rev().fold(0, |mask, part| {
        // SAFETY: SSE2 is part of every x86-64; the load is of the 16 bytes of `part`.
        let bits = unsafe {
            let bytes = _mm_loadu_si128(part.as_ptr().cast());
            let cr = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'\r' as i8));
            let lf = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'\n' as i8));
            _mm_movemask_epi8(_mm_or_si128(cr, lf))
        };
        mask << 16 | u64::from(bits as u16)
    })
}

#[cfg(not(target_arch = "x86_64"))]
fn mask(block: &[u8; 64]) -> u64 {
    block.iter().rev().fold(0, |mask, byte| mask << 1 | u64::from(matches!(byte, b'\r' | b'\n')))
}

fn search(chunks: &[Bytes]) -> usize {
    chunks.iter().map(|chunk| memchr::memchr2_iter(b'\r', b'\n', chunk).count()).sum()
}

fn utf8(chunks: &[Bytes]) -> usize {
    chunks.iter().filter(|chunk| simdutf8::basic::from_utf8(chunk).is_ok()).count()
}

fn memcpy(chunks: &[Bytes]) -> usize {
    let mut buffer = Vec::new();
    for chunk in chunks {
        buffer.clear();
        buffer.extend_from_slice(std::hint::black_box(chunk));
        std::hint::black_box(&buffer);
    }
    buffer.len()
}

fn share(chunks: &[Bytes]) -> usize {
    chunks.iter().map(|chunk| std::hint::black_box(std::hint::black_box(chunk).clone()).len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_count_line_ends() {
        let text: Vec<u8> = (0..300).map(|n: u32| b"\n\rx\x0b\x8a\x8d\n"[(n * n % 7) as usize]).collect();
        for from in 0..70 {
            for to in from..text.len() {
                let chunk = [Bytes::copy_from_slice(&text[from..to])];
                assert_eq!(masks(&chunk), search(&chunk), "{from}..{to}");
            }
        }
    }
}
