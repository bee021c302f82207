//! Sixteen bytes at a time, on every x86-64 that does not go without SSE2, as kernels do.
#![allow(unsafe_code)]

use core::arch::x86_64::{__m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8};

use super::{BLOCK, Found, Lanes, part};

/// Compiled only where the target has SSE2.
#[derive(Clone, Copy)]
pub(super) struct Sse2;

impl Lanes for Sse2 {
    #[inline(always)]
    fn sixteen(self, bytes: &[u8; 16]) -> Found {
        // SAFETY: the processor has SSE2.
        unsafe {
            let bytes = load(bytes);
            Found { line_ends: line_ends(bytes), not_ascii: high_bits(bytes) }
        }
    }

    #[inline(always)]
    fn block(self, bytes: &[u8; BLOCK]) -> Found {
        // SAFETY: the processor has SSE2.
        unsafe {
            let (a, b) = (load(part(bytes, 0)), load(part(bytes, 16)));
            let (c, d) = (load(part(bytes, 32)), load(part(bytes, 48)));
            Found {
                line_ends: line_ends(a) | line_ends(b) << 16 | line_ends(c) << 32 | line_ends(d) << 48,
                not_ascii: high_bits(_mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d))),
            }
        }
    }
}

#[inline(always)]
unsafe fn load(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: the processor has SSE2; the sixteen bytes may be anywhere, this load needs no alignment.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

#[inline(always)]
unsafe fn line_ends(bytes: __m128i) -> u64 {
    // SAFETY: the processor has SSE2.
    unsafe {
        let lf = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'\n' as i8));
        let cr = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'\r' as i8));
        high_bits(_mm_or_si128(lf, cr))
    }
}

#[inline(always)]
unsafe fn high_bits(bytes: __m128i) -> u64 {
    // SAFETY: the processor has SSE2.
    u64::from(unsafe { _mm_movemask_epi8(bytes) } as u32)
}
