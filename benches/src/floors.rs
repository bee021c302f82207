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
    let mut count = 0;
    for chunk in chunks {
        let (blocks, rest) = chunk.as_chunks::<64>();
        for block in blocks {
            count += mask(block).count_ones() as usize;
        }
        if !rest.is_empty() {
            let mut block = [0; 64];
            block[..rest.len()].copy_from_slice(rest);
            count += mask(&block).count_ones() as usize;
        }
    }
    count
}

#[cfg(target_arch = "x86_64")]
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
