//! The decoder against the project's vectors, for a host that calls [`check`] for each of them.
#![no_std]

use vectors::{Buffers, CASES};

/// How many vectors there are.
#[unsafe(no_mangle)]
pub extern "C" fn cases() -> usize {
    CASES.len()
}

/// In how many ways the vector was decoded; 0: not as it says.
#[unsafe(no_mangle)]
pub extern "C" fn check(index: usize) -> u32 {
    CASES.get(index).and_then(|case| vectors::check(case, &mut Buffers::new())).unwrap_or(0)
}

/// Where the name of the vector lies in memory.
#[unsafe(no_mangle)]
pub extern "C" fn name(index: usize) -> *const u8 {
    CASES[index].name.as_ptr()
}

/// How long the name is.
#[unsafe(no_mangle)]
pub extern "C" fn name_len(index: usize) -> usize {
    CASES[index].name.len()
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
