//! Sixteen bytes at a time, on every x86-64.
#![allow(unsafe_code)]

use core::arch::x86_64::{__m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8};

use super::BLOCK;

#[inline]
pub(crate) fn line_ends(block: &[u8; BLOCK]) -> u64 {
    let quarter = |at: usize| {
        // SAFETY: SSE2 is part of x86-64, and the sixteen bytes from `at`, one of 0, 16, 32 and 48, lie in the block;
        // the load needs no alignment.
        let mask = unsafe {
            let bytes = _mm_loadu_si128(block.as_ptr().add(at).cast::<__m128i>());
            let lf = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'\n' as i8));
            let cr = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'\r' as i8));
            _mm_movemask_epi8(_mm_or_si128(lf, cr))
        };
        u64::from(mask as u32) << at
    };
    quarter(0) | quarter(16) | quarter(32) | quarter(48)
}
