//! Thirty-two bytes at a time, where the processor has AVX2.
#![allow(unsafe_code)]

use core::arch::x86_64::{
    __m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8,
};

use super::sse2::Sse2;
use super::{BLOCK, Found, Lanes, Masks, Work, part, scan_by};

/// Exists only where the processor has AVX2.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    #[inline]
    pub(super) fn detect() -> Option<Self> {
        #[cfg(feature = "std")]
        let there = std::arch::is_x86_feature_detected!("avx2");
        #[cfg(not(feature = "std"))]
        let there = cfg!(target_feature = "avx2");
        (there && !cfg!(sse_codec_scan = "baseline")).then_some(Self(()))
    }

    #[inline]
    pub(super) fn scan(self, chunk: &[u8], from: usize, masks: &mut Masks) -> bool {
        // SAFETY: the processor has AVX2, or there were no `self`.
        unsafe { scan(self, chunk, from, masks) }
    }

    /// Does what the compiler makes vectors of by those of AVX2.
    #[inline]
    pub(super) fn run<R>(self, work: impl Work<Output = R>) -> R {
        // SAFETY: the processor has AVX2, or there were no `self`.
        unsafe { run(work) }
    }
}

/// The work, compiled for AVX2: it is inlined here.
#[target_feature(enable = "avx2")]
unsafe fn run<R>(work: impl Work<Output = R>) -> R {
    work.run()
}

/// The walk, compiled for AVX2: all of it is inlined here.
#[target_feature(enable = "avx2")]
unsafe fn scan(lanes: Avx2, chunk: &[u8], from: usize, masks: &mut Masks) -> bool {
    scan_by(lanes, chunk, from, masks)
}

impl Lanes for Avx2 {
    #[inline(always)]
    fn sixteen(self, bytes: &[u8; 16]) -> Found {
        Sse2.sixteen(bytes)
    }

    #[inline(always)]
    fn block(self, bytes: &[u8; BLOCK]) -> Found {
        // SAFETY: the processor has AVX2, or there were no `self`.
        unsafe {
            let (a, b) = (load(part(bytes, 0)), load(part(bytes, 32)));
            Found { line_ends: line_ends(a) | line_ends(b) << 32, not_ascii: high_bits(_mm256_or_si256(a, b)) }
        }
    }
}

#[inline(always)]
unsafe fn load(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: the processor has AVX2; the bytes may be anywhere, this load needs no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[inline(always)]
unsafe fn line_ends(bytes: __m256i) -> u64 {
    // SAFETY: the processor has AVX2.
    unsafe {
        let lf = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'\n' as i8));
        let cr = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'\r' as i8));
        high_bits(_mm256_or_si256(lf, cr))
    }
}

#[inline(always)]
unsafe fn high_bits(bytes: __m256i) -> u64 {
    // SAFETY: the processor has AVX2.
    u64::from(unsafe { _mm256_movemask_epi8(bytes) } as u32)
}
