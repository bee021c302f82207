//! What holds for any bytes: the bodies of the fuzz targets.
//!
//! Each law takes bytes, reads from them what to do, and panics where the law is broken. The
//! fuzzer, the property tests and the replay of the corpus all call the same functions.

mod decode;
mod head;
mod limit;
mod reencode;
mod roundtrip;
mod session;

pub use decode::decode;
pub use head::head;
pub use reencode::reencode;
pub use roundtrip::roundtrip;
pub use session::session;

/// A law: panics where the bytes show that it is broken.
pub type Law = fn(&[u8]);

/// Every law by the name of its fuzz target.
pub const ALL: [(&str, Law); 5] =
    [("decode", decode), ("head", head), ("reencode", reencode), ("roundtrip", roundtrip), ("session", session)];

/// The bytes between 0xFF, which no UTF-8 text holds: several texts in one input.
fn parts(input: &[u8]) -> impl Iterator<Item = &[u8]> {
    input.split(|&byte| byte == 0xff)
}

/// Lengths of chunks that add up to `len`: `a` and `b` in turn, or one chunk if both are 0. From 128 on, sixteen times as
/// long: decoders look at many bytes at a time.
fn chunks(len: usize, a: u8, b: u8) -> Vec<usize> {
    if (a, b) == (0, 0) {
        return vec![len];
    }
    let mut left = len;
    let mut chunks = Vec::new();
    for length in [a, b].into_iter().cycle() {
        if left == 0 {
            break;
        }
        let length = usize::from(length);
        let length = if length < 128 { length } else { (length - 120) * 16 }.min(left);
        chunks.push(length);
        left -= length;
    }
    chunks
}
