//! What is the same in every firmware: output, the end, and what was used of flash and RAM.
//!
//! Without `core::fmt`, which is larger than what is measured here.
#![no_std]

use core::panic::PanicInfo;

use cortex_m_semihosting::{debug, hio};

/// Writes text to the emulator's standard output.
pub fn print(text: &str) {
    if let Ok(mut out) = hio::hstdout() {
        let _ = out.write_all(text.as_bytes());
    }
}

/// Writes a line: what it is, and how much.
pub fn print_count(what: &str, count: usize) {
    let mut digits = [0; 20];
    let (mut first, mut rest) = (digits.len(), count);
    loop {
        first -= 1;
        digits[first] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    print(what);
    print(" ");
    print(core::str::from_utf8(&digits[first..]).unwrap_or_default());
    print("\n");
}

/// Says what was used and leaves the emulator: exit code 0 if `passed`, 1 if not.
pub fn finish(passed: bool) -> ! {
    print_count("flash", flash());
    print_count("static", statics());
    print_count("stack", stack());
    debug::exit(if passed { debug::EXIT_SUCCESS } else { debug::EXIT_FAILURE });
    loop {}
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    if let Some(place) = info.location() {
        print("panicked in ");
        print_count(place.file(), place.line() as usize);
    }
    finish(false)
}

// Addresses that the linker script of cortex-m-rt gives; nothing lies there that could be read as a value.
unsafe extern "C" {
    static __vector_table: u32;
    static __sidata: u32;
    static __sdata: u32;
    static __edata: u32;
    static __ebss: u32;
    static _stack_end: u32;
    static _stack_start: u32;
}

macro_rules! address {
    ($symbol:ident) => {
        (&raw const $symbol).addr()
    };
}

/// Bytes of code, constants and initial values.
fn flash() -> usize {
    address!(__sidata) + (address!(__edata) - address!(__sdata)) - address!(__vector_table)
}

/// Bytes of static variables.
fn statics() -> usize {
    address!(__ebss) - address!(__sdata)
}

/// Bytes that the stack had at the most. It grew downwards over what the start-up code painted.
fn stack() -> usize {
    let mut word = &raw const _stack_end;
    // SAFETY: all of it is RAM that the program owns, and this function's own frame ends the search.
    while word < &raw const _stack_start && unsafe { word.read_volatile() } == cortex_m_rt::STACK_PAINT_VALUE {
        word = word.wrapping_add(1);
    }
    address!(_stack_start) - word.addr()
}
