//! Where lines end: one bit mask of CR and LF per 64 bytes, several of them at a time.
//!
//! One walk over a chunk stands on one of several [`Lanes`]: AVX2 where the processor has it, SSE2 on every other
//! x86-64, NEON on aarch64, and words of eight bytes on any machine and where those are switched off.
//!
//! To try another one: `--cfg sse_codec_scan="baseline"` is what every processor of the target has, `"words"` needs nothing.

#[cfg(all(target_arch = "x86_64", target_feature = "sse2", not(sse_codec_scan = "words")))]
mod avx2;
#[cfg(any(test, fuzzing))]
pub(crate) mod check;
#[cfg(all(target_arch = "aarch64", target_feature = "neon", not(sse_codec_scan = "words")))]
mod neon;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2", not(sse_codec_scan = "words")))]
mod sse2;
#[cfg(test)]
mod tests;
#[cfg(any(
    test,
    fuzzing,
    sse_codec_scan = "words",
    not(any(
        all(target_arch = "x86_64", target_feature = "sse2"),
        all(target_arch = "aarch64", target_feature = "neon")
    ))
))]
mod word;

/// Bytes that one mask covers.
pub(crate) const BLOCK: usize = 64;

/// Blocks that one call looks at: enough that the call does not count, few enough that a cursor stays small.
pub(crate) const BLOCKS: usize = 8;

/// Bit `i` of a mask is set when byte `i` of its block is a CR or LF.
pub(crate) type Masks = [u64; BLOCKS];

/// Looks at the next blocks of a chunk, [`BLOCKS`] or all that are left, from `from` on. The last one may be short, and
/// behind it the masks are empty.
/// Returns whether all their bytes are ASCII; it may say no because of a byte shortly before `from`.
#[inline]
pub(crate) fn scan(chunk: &[u8], from: usize, masks: &mut Masks) -> bool {
    if chunk.len() < BLOCK {
        let (line_ends, ascii) = short(chunk);
        *masks = [0; BLOCKS];
        masks[0] = line_ends;
        return ascii;
    }
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2", not(sse_codec_scan = "words")))]
    if let Some(lanes) = avx2::Avx2::detect() {
        return lanes.scan(chunk, from, masks);
    }
    baseline(chunk, from, masks)
}

/// How many bytes from the beginning, a multiple of a whole call's, are nothing but ASCII above CR: in the middle of a
/// long line that is known several times as fast as masks are made.
#[inline]
pub(crate) fn plain_len(ahead: &[u8]) -> usize {
    by_widest(PlainLen(ahead))
}

/// Work of which the compiler makes vectors.
pub(crate) trait Work {
    type Output;

    /// To be always inlined, with all it calls: what is not is compiled for every processor.
    fn run(self) -> Self::Output;
}

/// Does work by the widest vectors that the processor has.
#[inline]
pub(crate) fn by_widest<R>(work: impl Work<Output = R>) -> R {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2", not(sse_codec_scan = "words")))]
    if let Some(lanes) = avx2::Avx2::detect() {
        return lanes.run(work);
    }
    work.run()
}

#[inline(never)]
fn baseline(chunk: &[u8], from: usize, masks: &mut Masks) -> bool {
    scan_by(Baseline, chunk, from, masks)
}

#[cfg(all(target_arch = "aarch64", target_feature = "neon", not(sse_codec_scan = "words")))]
use neon::Neon as Baseline;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2", not(sse_codec_scan = "words")))]
use sse2::Sse2 as Baseline;
#[cfg(any(
    sse_codec_scan = "words",
    not(any(
        all(target_arch = "x86_64", target_feature = "sse2"),
        all(target_arch = "aarch64", target_feature = "neon")
    ))
))]
use word::Word as Baseline;

/// What some bytes, at most 64, hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Found {
    /// Bit `i` is set when byte `i` is a CR or LF.
    line_ends: u64,
    /// Not zero when there is a byte that is not ASCII.
    not_ascii: u64,
}

/// How many bytes are looked at at once, and by what. A value is the proof that the processor can do it.
trait Lanes: Copy {
    fn sixteen(self, bytes: &[u8; 16]) -> Found;

    fn block(self, bytes: &[u8; BLOCK]) -> Found;

    /// At most 64 bytes, by the first and the last of them, which may overlap.
    #[inline(always)]
    fn short(self, bytes: &[u8]) -> Found {
        let len = bytes.len();
        if let (Some(first), Some(last)) = (bytes.first_chunk::<32>(), bytes.last_chunk::<32>()) {
            let half = |bytes: &[u8; 32]| self.sixteen(part(bytes, 0)).and(self.sixteen(part(bytes, 16)), 16);
            return half(first).and(half(last), len - 32);
        }
        if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
            return self.sixteen(first).and(self.sixteen(last), len - 16);
        }
        self.sixteen(&padded(bytes).to_le_bytes())
    }
}

/// At most fifteen bytes, and zeros.
#[inline(always)]
fn padded(bytes: &[u8]) -> u128 {
    let len = bytes.len();
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let behind = u64::from_le_bytes(*last).checked_shr(8 * (16 - len as u32)).unwrap_or(0);
        return u128::from(u64::from_le_bytes(*first)) | u128::from(behind) << 64;
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return u128::from(u64::from(first) | u64::from(last) << (8 * (len - 4)));
    }
    let at = |at: usize| bytes.get(at).map_or(0, |byte| u128::from(*byte) << (8 * at));
    at(0) | at(1) | at(2)
}

impl Found {
    /// With what the bytes from `at` on hold; they may overlap.
    #[inline(always)]
    fn and(self, other: Self, at: usize) -> Self {
        Self { line_ends: self.line_ends | other.line_ends << at, not_ascii: self.not_ascii | other.not_ascii }
    }
}

#[inline(always)]
fn scan_by(lanes: impl Lanes, chunk: &[u8], from: usize, masks: &mut Masks) -> bool {
    let mut rest = chunk.get(from..).unwrap_or_default();
    let mut not_ascii = 0;
    for mask in masks {
        let found = if let Some((block, behind)) = rest.split_first_chunk() {
            rest = behind;
            lanes.block(block)
        } else {
            let Some(block) = chunk.last_chunk().filter(|_| !rest.is_empty()) else {
                *mask = 0;
                continue;
            };
            // A whole block that ends where the chunk does: what lies before the rest is shifted out.
            let found = lanes.block(block);
            let before = BLOCK - rest.len();
            rest = &[];
            Found { line_ends: found.line_ends >> before, ..found }
        };
        *mask = found.line_ends;
        not_ascii |= found.not_ascii;
    }
    not_ascii == 0
}

/// The mask of a chunk of a block or less, and whether it is ASCII. The same for every version: wider registers have
/// nothing to do here.
#[inline(never)]
pub(crate) fn short(chunk: &[u8]) -> (u64, bool) {
    let found = Baseline.short(chunk);
    (found.line_ends, found.not_ascii == 0)
}

struct PlainLen<'a>(&'a [u8]);

impl Work for PlainLen<'_> {
    type Output = usize;

    #[inline(always)]
    fn run(self) -> usize {
        const SPAN: usize = BLOCK * BLOCKS;
        let is_plain = |span: &&[u8]| {
            let (lowest, all) = span.iter().fold((u8::MAX, 0), |(lowest, all), &byte| (byte.min(lowest), all | byte));
            lowest > b'\r' && all.is_ascii()
        };
        self.0.chunks_exact(SPAN).take_while(is_plain).count() * SPAN
    }
}

/// Some bytes of a block.
#[inline(always)]
fn part<const N: usize, const M: usize>(block: &[u8; M], at: usize) -> &[u8; N] {
    const { assert!(N <= M) };
    block[at..].first_chunk().unwrap_or(&[0; N])
}
