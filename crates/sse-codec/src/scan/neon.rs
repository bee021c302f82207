//! Sixteen bytes at a time, on every aarch64 that does not go without NEON, as kernels do.
#![allow(unsafe_code)]

use core::arch::aarch64::{
    uint8x16_t, vandq_u8, vceqq_u8, vdupq_n_u8, vgetq_lane_u64, vld1q_u8, vmaxvq_u8, vorrq_u8, vpaddq_u8,
    vreinterpretq_u64_u8,
};

use super::{BLOCK, Found, Lanes, part};

/// Compiled only where the target has NEON.
#[derive(Clone, Copy)]
pub(super) struct Neon;

/// Which of the eight bits of its byte in the mask a byte stands for.
const BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];

impl Lanes for Neon {
    #[inline(always)]
    fn sixteen(self, bytes: &[u8; 16]) -> Found {
        // SAFETY: the processor has NEON, and the loads need no alignment.
        unsafe {
            let bytes = vld1q_u8(bytes.as_ptr());
            let ends = vandq_u8(line_ends(bytes), vld1q_u8(BITS.as_ptr()));
            let zero = vdupq_n_u8(0);
            let mask = vpaddq_u8(vpaddq_u8(vpaddq_u8(ends, zero), zero), zero);
            Found {
                line_ends: vgetq_lane_u64::<0>(vreinterpretq_u64_u8(mask)),
                not_ascii: u64::from(vmaxvq_u8(bytes) & 0x80),
            }
        }
    }

    #[inline(always)]
    fn block(self, bytes: &[u8; BLOCK]) -> Found {
        // SAFETY: as above.
        unsafe {
            let load = |at| vld1q_u8(part::<16, BLOCK>(bytes, at).as_ptr());
            let (a, b, c, d) = (load(0), load(16), load(32), load(48));
            let bits = vld1q_u8(BITS.as_ptr());
            let ends = |bytes| vandq_u8(line_ends(bytes), bits);
            // Adding neighbours, three times, makes one bit of each byte: none is counted twice.
            let mask = vpaddq_u8(vpaddq_u8(ends(a), ends(b)), vpaddq_u8(ends(c), ends(d)));
            let mask = vpaddq_u8(mask, mask);
            let all = vorrq_u8(vorrq_u8(a, b), vorrq_u8(c, d));
            Found {
                line_ends: vgetq_lane_u64::<0>(vreinterpretq_u64_u8(mask)),
                not_ascii: u64::from(vmaxvq_u8(all) & 0x80),
            }
        }
    }
}

/// All bits of each byte that is a CR or LF.
#[inline(always)]
unsafe fn line_ends(bytes: uint8x16_t) -> uint8x16_t {
    // SAFETY: the processor has NEON.
    unsafe { vorrq_u8(vceqq_u8(bytes, vdupq_n_u8(b'\n')), vceqq_u8(bytes, vdupq_n_u8(b'\r'))) }
}
