//! A decoder in memory that the program chose: how large it is, and how much it uses.
#![no_std]
#![no_main]

use core::hint::black_box;

use cortex_m::singleton;
use sse_codec::{DecodeError, Decoder, FixedBuf, Frame, Input};

#[cortex_m_rt::entry]
fn main() -> ! {
    board::finish(run().is_some())
}

fn run() -> Option<()> {
    let text = singleton!(TEXT: [u8; 512] = [0; 512])?;
    let event_type = singleton!(EVENT_TYPE: [u8; 32] = [0; 32])?;
    let id = singleton!(ID: [u8; 64] = [0; 64])?;
    let mut decoder = Decoder::in_slices(text, event_type, id);
    let (mut events, mut retries) = (0, 0);
    // Nothing of it is known to the compiler.
    for chunk in black_box(["retry: 500\nevent: tick\nid: 7\nda", "ta: one\ndata: two\n\n: comment\n"]) {
        let mut input = Input::new(chunk.as_bytes());
        while let Some(frame) = sse_codec_decode(&mut decoder, &mut input).ok()? {
            match frame {
                Frame::Event(event) if event.event_type == "tick" && event.data == "one\ntwo" => events += 1,
                Frame::Retry(time) if time.as_millis() == 500 => retries += 1,
                _ => return None,
            }
        }
    }
    (events == 1 && retries == 1 && decoder.last_event_id() == "7").then_some(())
}

/// `decode` on its own, and not as a part of [`run`]: by the name its size is found.
#[inline(never)]
fn sse_codec_decode<'d, 'i: 'd>(
    decoder: &'d mut Decoder<FixedBuf<'_>>,
    input: &mut Input<'i>,
) -> Result<Option<Frame<'d>>, DecodeError> {
    decoder.decode(input)
}
