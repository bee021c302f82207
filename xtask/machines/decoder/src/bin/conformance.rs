//! The decoder against the project's vectors.
#![no_std]
#![no_main]

use cortex_m::singleton;
use vectors::{Buffers, CASES};

#[cortex_m_rt::entry]
fn main() -> ! {
    board::finish(run().is_some_and(|failed| failed == 0) && !CASES.is_empty())
}

/// How many cases fail.
fn run() -> Option<usize> {
    let buffers = singleton!(BUFFERS: Buffers = Buffers::new())?;
    let (mut runs, mut failed) = (0, 0);
    for case in CASES {
        match vectors::check(case, buffers) {
            Some(count) => runs += count as usize,
            None => {
                failed += 1;
                board::print_count(case.name, failed);
            }
        }
    }
    board::print_count("cases", CASES.len());
    board::print_count("runs", runs);
    board::print_count("failed", failed);
    Some(failed)
}
