//! Every version finds what the naive one finds.

use std::vec::Vec;

use super::{BLOCK, BLOCKS, Masks, PlainLen, Work as _, baseline, plain_len, scan, scan_by};

/// A way to look at a part of a chunk.
type Version = fn(&[u8], usize, &mut Masks) -> bool;

fn words(chunk: &[u8], from: usize, masks: &mut Masks) -> bool {
    scan_by(super::word::Word, chunk, from, masks)
}

/// The whole chunk by one version: the places of its line ends, and whether it is ASCII.
fn found(version: Version, chunk: &[u8]) -> (Vec<usize>, bool) {
    let (mut places, mut ascii) = (Vec::new(), true);
    for from in (0..chunk.len()).step_by(BLOCK * BLOCKS) {
        let mut masks = [0; BLOCKS];
        ascii &= version(chunk, from, &mut masks);
        let bits = (0..BLOCK * BLOCKS).filter(|at| masks[at / BLOCK] >> (at % BLOCK) & 1 == 1);
        places.extend(bits.map(|at| from + at));
    }
    (places, ascii)
}

/// Panics if a version does not find what is there.
pub(crate) fn check(chunk: &[u8]) {
    let ends = chunk.iter().enumerate().filter(|(_, byte)| matches!(byte, b'\r' | b'\n'));
    let naive = (ends.map(|(at, _)| at).collect(), chunk.is_ascii());
    assert_eq!(found(scan, chunk), naive, "the version for this processor, {chunk:?}");
    // These know no short chunks; `scan` takes those by itself.
    if chunk.len() >= BLOCK {
        assert_eq!(found(baseline, chunk), naive, "the version for this target, {chunk:?}");
        assert_eq!(found(words, chunk), naive, "the version for any machine, {chunk:?}");
    }
    let plain = chunk.iter().take_while(|byte| (b'\r' + 1..0x80).contains(*byte)).count();
    let plain = plain / (BLOCK * BLOCKS) * (BLOCK * BLOCKS);
    assert_eq!((plain_len(chunk), PlainLen(chunk).run()), (plain, plain), "{chunk:?}");
}
