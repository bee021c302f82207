//! Candidates in turn, so that whatever slows the machine down slows all of them down.

use std::time::Duration;

/// How often each has its turn.
pub(crate) const ROUNDS: usize = 31;
/// How long a turn takes, about.
const TURN: Duration = Duration::from_millis(4);
/// Who needs longer than this for a single pass is measured once.
const SLOW: Duration = Duration::from_millis(250);

/// One candidate: does its work so many times and says how long that took.
pub(crate) type Runner<'a> = Box<dyn FnMut(usize) -> Duration + 'a>;

/// The median nanoseconds of each candidate's work.
pub(crate) fn in_turn(runners: &mut [Runner<'_>]) -> Vec<f64> {
    // The first pass warms up; the second says how many passes make a turn.
    let single: Vec<_> = runners.iter_mut().map(|run| (run(1), run(1)).1).collect();
    let passes = |index: usize| (TURN.as_nanos() / single[index].as_nanos().max(1)).clamp(1, 1 << 20) as usize;
    let mut samples = vec![Vec::new(); runners.len()];
    for _ in 0..ROUNDS {
        for (index, run) in runners.iter_mut().enumerate() {
            if single[index] < SLOW {
                samples[index].push(run(passes(index)).as_nanos() as f64 / passes(index) as f64);
            }
        }
    }
    samples.iter_mut().zip(single).map(|(samples, single)| median(samples, single)).collect()
}

fn median(samples: &mut [f64], single: Duration) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or(single.as_nanos() as f64)
}
