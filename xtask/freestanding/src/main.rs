//! Encodes an event and decodes it again, cut in two at every place: no std, no allocator, no C library.
//!
//! Exit code 0: it came back each time. Anything else is the step that failed, or 101: it panicked.
#![no_std]
#![no_main]

mod memory;
mod system;

use core::time::Duration;

use sse_codec::{Decoder, EventBlock, Frame, Input};

// Where the kernel begins: it leaves the stack as no function expects it, which the call sets right.
core::arch::global_asm!(".globl _start", "_start: call {start}", start = sym start);

extern "C" fn start() -> ! {
    system::exit(match run() {
        Ok(()) => 0,
        Err(step) => step,
    })
}

fn run() -> Result<(), i32> {
    let mut encoded = [0; 128];
    let block = EventBlock::new().retry(Duration::from_millis(500)).data("one\ntwo \u{1F980}");
    let block = block.id("7").map_err(|_| 1)?.event_type("tick").map_err(|_| 2)?;
    let len = block.encode_to_slice(&mut encoded).map_err(|_| 3)?;

    for cut in 0..=len {
        let (mut text, mut event_type, mut id) = ([0; 128], [0; 16], [0; 16]);
        let mut decoder = Decoder::in_slices(&mut text, &mut event_type, &mut id);
        let (mut events, mut retries) = (0, 0);
        for chunk in [&encoded[..cut], &encoded[cut..len]] {
            let mut input = Input::new(chunk);
            while let Some(frame) = decoder.decode(&mut input).map_err(|_| 4)? {
                match frame {
                    Frame::Event(event) => {
                        let is_ours = event.event_type == "tick" && event.data == "one\ntwo \u{1F980}";
                        events += if is_ours && event.last_event_id == "7" { 1 } else { return Err(5) };
                    }
                    Frame::Retry(time) => retries += if time.as_millis() == 500 { 1 } else { return Err(6) },
                    _ => return Err(7),
                }
            }
        }
        if (events, retries) != (1, 1) || decoder.last_event_id() != "7" {
            return Err(8);
        }
    }
    Ok(())
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    system::exit(101)
}
