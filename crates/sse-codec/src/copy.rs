//! Copying short pieces.

/// Copies `from` to the beginning of `to`, if it fits; else nothing.
///
/// Most pieces are short, and calling somebody who copies any length takes longer than copying them: their first and
/// their last items, which may overlap.
#[inline(always)]
pub(crate) fn copy<T: Copy>(from: &[T], to: &mut [T]) {
    let Some(to) = to.get_mut(..from.len()) else { return };
    match from.len().checked_ilog2() {
        None => {}
        Some(0) => copy_ends::<T, 1>(from, to),
        Some(1) => copy_ends::<T, 2>(from, to),
        Some(2) => copy_ends::<T, 4>(from, to),
        Some(3) => copy_ends::<T, 8>(from, to),
        Some(4) => copy_ends::<T, 16>(from, to),
        Some(5) => copy_ends::<T, 32>(from, to),
        Some(_) => to.copy_from_slice(from),
    }
}

/// Copies the first `len` items of `from` to the beginning of `to`, if they fit; else nothing. If they are few, more may
/// be written behind them: a whole block, where `from` and `to` have one. For what is written over by what comes next:
/// it takes fewer instructions, and how few they are does not matter.
#[inline(always)]
pub(crate) fn copy_start<T: Copy>(from: &[T], len: usize, to: &mut [T]) {
    match (from.first_chunk::<64>(), to.first_chunk_mut()) {
        (Some(from), Some(to)) if len <= from.len() => *to = *from,
        _ => copy(from.get(..len).unwrap_or_default(), to),
    }
}

/// Copies `N` to `2 * N` items.
#[inline(always)]
fn copy_ends<T: Copy, const N: usize>(from: &[T], to: &mut [T]) {
    if let (Some(from), Some(to)) = (from.first_chunk::<N>(), to.first_chunk_mut()) {
        *to = *from;
    }
    if let (Some(from), Some(to)) = (from.last_chunk::<N>(), to.last_chunk_mut()) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_any_length() {
        let from: [u8; 200] = core::array::from_fn(|at| at as u8 | 1);
        for len in 0..from.len() {
            for (behind, room) in [(0, 0), (0, 100), (100, 0), (64, 64), (100, 100)] {
                let mut to = [0; 300];
                let end = from.len().min(len + behind);
                copy_start(&from[..end], len, &mut to[..len + room]);
                assert_eq!(to[..len], from[..len], "{len} of {end}");
                assert!(to[len.max(64)..].iter().all(|byte| *byte == 0));
                assert!(to[len + room..].iter().all(|byte| *byte == 0));
            }
        }
    }

    #[test]
    fn every_length_and_nothing_else() {
        let from: [u8; 200] = core::array::from_fn(|at| at as u8 | 1);
        for len in 0..from.len() {
            let mut to = [0; 200];
            copy(&from[..len], &mut to);
            assert_eq!(to[..len], from[..len]);
            assert!(to[len..].iter().all(|byte| *byte == 0));
            let mut short = [0; 200];
            copy(&from[..=len], &mut short[..len]);
            assert_eq!(short, [0; 200]);
        }
    }
}
