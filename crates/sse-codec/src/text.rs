//! UTF-8, decoded as the Encoding standard says: one U+FFFD per maximal subpart of what is not valid.

pub(crate) use simdutf8::compat::from_utf8;

use crate::FAST;
use crate::scratch::{Full, Text};

pub(crate) const REPLACEMENT: &str = "\u{fffd}";

/// Appends bytes as text to a buffer.
pub(crate) fn push_lossy<T: Text>(buffer: &mut T, bytes: &[u8]) -> Result<(), Full> {
    if FAST {
        if let Ok(text) = from_utf8(bytes) {
            return buffer.push(text);
        }
    }
    for chunk in bytes.utf8_chunks() {
        buffer.push(chunk.valid())?;
        if !chunk.invalid().is_empty() {
            buffer.push(REPLACEMENT)?;
        }
    }
    Ok(())
}

/// How much of it is valid UTF-8.
pub(crate) fn valid_len(bytes: &[u8]) -> usize {
    from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len)
}

/// The longest prefix that does not end within a character, so that validating a chunk does not stumble over the
/// character that the chunk boundary cut.
pub(crate) fn whole_characters(bytes: &[u8]) -> usize {
    for back in 1..=bytes.len().min(3) {
        let at = bytes.len() - back;
        let width = match bytes[at] {
            0x80..=0xbf => continue,
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xff => 4,
            _ => 1,
        };
        return if width > back { at } else { bytes.len() };
    }
    bytes.len()
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::*;
    use alloc::string::String;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_the_standard_library(
            bytes in prop::collection::vec(
                prop_oneof![any::<u8>(), prop::sample::select(&[0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0xed, 0xa0, b'a'][..])],
                0..24,
            ),
        ) {
            let mut pushed = String::new();
            push_lossy(&mut pushed, &bytes).unwrap();
            prop_assert_eq!(pushed, String::from_utf8_lossy(&bytes));
            prop_assert_eq!(valid_len(&bytes), core::str::from_utf8(&bytes).map_or_else(|error| error.valid_up_to(), str::len));
        }
    }

    #[test]
    fn a_cut_character_is_left_out() {
        const CHARACTERS: [&str; 5] = ["", "a", "é", "€", "😀"];
        for before in CHARACTERS {
            for last in CHARACTERS {
                let text = [before, last].concat();
                for cut in 0..=text.len() {
                    let whole = (0..=cut).rev().find(|at| text.is_char_boundary(*at));
                    assert_eq!(Some(whole_characters(&text.as_bytes()[..cut])), whole, "{text:?} up to {cut}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_character_is_not_cut() {
        for bytes in
            [&b"\x80"[..], b"\x80\x80\x80", b"\x80\x80\x80\x80", b"a\x80", b"\xe2\x82\xac\x80", b"\xf0\x80\x80\x80"]
        {
            assert_eq!(whole_characters(bytes), bytes.len(), "{}", bytes.escape_ascii());
        }
    }
}
