//! Copying short pieces.

/// Copies `from` to the beginning of `to`. Most pieces are short, and calling somebody who copies any length takes longer
/// than copying them: their first and their last bytes, which may overlap.
///
/// Copies nothing if it does not fit.
#[inline(always)]
pub(crate) fn copy(from: &[u8], to: &mut [u8]) {
    let Some(to) = to.get_mut(..from.len()) else { return };
    if from.len() >= 256 {
        to.copy_from_slice(from);
    } else if from.len() >= 32 {
        let mut rest = (from, &mut *to);
        while let (Some((from, from_rest)), Some((to, to_rest))) =
            (rest.0.split_first_chunk::<32>(), rest.1.split_first_chunk_mut::<32>())
        {
            *to = *from;
            rest = (from_rest, to_rest);
        }
        if let (Some(from), Some(to)) = (from.last_chunk::<32>(), to.last_chunk_mut::<32>()) {
            *to = *from;
        }
    } else if !ends::<16>(from, to) && !ends::<8>(from, to) && !ends::<4>(from, to) {
        for (from, to) in from.iter().zip(to) {
            *to = *from;
        }
    }
}

/// The first and the last `N` bytes, if there are as many.
#[inline(always)]
fn ends<const N: usize>(from: &[u8], to: &mut [u8]) -> bool {
    let (Some(first), Some(last)) = (from.first_chunk::<N>(), from.last_chunk::<N>()) else { return false };
    if let Some(to) = to.first_chunk_mut() {
        *to = *first;
    }
    if let Some(to) = to.last_chunk_mut() {
        *to = *last;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_and_nothing_else() {
        let from: [u8; 300] = core::array::from_fn(|at| at as u8 | 1);
        for len in 0..from.len() {
            let mut to = [0; 300];
            copy(&from[..len], &mut to);
            assert_eq!(to[..len], from[..len]);
            assert!(to[len..].iter().all(|byte| *byte == 0));
            let mut short = [0; 300];
            copy(&from[..=len], &mut short[..len]);
            assert_eq!(short, [0; 300]);
        }
    }
}
