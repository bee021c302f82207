//! UTF-8, decoded as the Encoding standard says: one U+FFFD per maximal subpart of what is not valid.

use core::ops::Range;
use core::str;

use simdutf8::compat::from_utf8;

use crate::scratch::{Full, Scratch, Text};

const REPLACEMENT: &str = "\u{fffd}";

/// Appends bytes as text to a buffer.
pub(crate) fn push_lossy<T: Text>(buffer: &mut T, bytes: &[u8]) -> Result<(), Full> {
    for chunk in bytes.utf8_chunks() {
        buffer.push(chunk.valid())?;
        if !chunk.invalid().is_empty() {
            buffer.push(REPLACEMENT)?;
        }
    }
    Ok(())
}

/// A part of a buffer that is text, until the buffer changes.
#[derive(Clone, Debug)]
pub(crate) struct TextRange(Range<usize>);

impl TextRange {
    /// The text, from the buffer that it is of.
    #[inline]
    pub(crate) fn of<'b, B: Scratch>(&self, buffer: &'b B) -> &'b str {
        let bytes = &buffer.bytes()[self.0.clone()];
        debug_assert!(str::from_utf8(bytes).is_ok());
        // SAFETY: `make_text`, which alone makes these, has seen that the range is valid UTF-8. It is asked for in the
        // same call of the decoder, which does not change the buffer in between.
        #[allow(unsafe_code)]
        unsafe {
            str::from_utf8_unchecked(bytes)
        }
    }
}

/// Makes a part of a buffer text. Returns where it is: in place if it is valid, else a copy at the buffer's end, with
/// replacements, of at most three times the length.
pub(crate) fn make_text<B: Scratch>(buffer: &mut B, part: Range<usize>) -> Result<TextRange, Full> {
    let start = buffer.bytes().len();
    let mut rest = part.clone();
    loop {
        match from_utf8(&buffer.bytes()[rest.clone()]) {
            Ok(_) if rest == part => return Ok(TextRange(part)),
            Ok(_) => {
                buffer.push_from_within(rest)?;
                return Ok(TextRange(start..buffer.bytes().len()));
            }
            Err(error) => {
                let bad = rest.start + error.valid_up_to();
                buffer.push_from_within(rest.start..bad)?;
                buffer.push(REPLACEMENT.as_bytes())?;
                // No length: the text ends within a character, and all that is left of it is one subpart.
                rest.start = error.error_len().map_or(rest.end, |len| bad + len);
            }
        }
    }
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
    use alloc::vec::Vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_ways_agree_with_the_standard_library(
            before in "[a-zé€]{0,4}",
            bytes in prop::collection::vec(
                prop_oneof![any::<u8>(), prop::sample::select(&[0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0xed, 0xa0, b'a'][..])],
                0..24,
            ),
        ) {
            let expected = String::from_utf8_lossy(&bytes);

            let mut pushed = String::new();
            push_lossy(&mut pushed, &bytes).unwrap();
            prop_assert_eq!(&pushed, &expected);

            let mut buffer = Vec::from(before.as_bytes());
            let start = buffer.len();
            buffer.extend_from_slice(&bytes);
            let range = make_text(&mut buffer, start..start + bytes.len()).unwrap();
            prop_assert_eq!(range.of(&buffer), &expected);
            prop_assert_eq!(valid_len(&bytes), core::str::from_utf8(&bytes).map_or_else(|error| error.valid_up_to(), str::len));
        }

        #[test]
        fn a_cut_character_is_left_out(text in "[a-zé€😀]{0,8}", cut in 0_usize..32) {
            let cut = cut.min(text.len());
            let whole = whole_characters(&text.as_bytes()[..cut]);
            prop_assert!(whole <= cut && cut - whole < 4);
            prop_assert!(text.is_char_boundary(whole));
            prop_assert!(!text.is_char_boundary(cut) || whole == cut);
        }
    }
}
