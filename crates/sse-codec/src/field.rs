//! One line: which field it is and what value it has (WHATWG HTML 9.2.6, "process the field").

use core::time::Duration;

/// Which field a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// None: the line is empty.
    Blank,
    Comment,
    Data,
    EventType,
    Id,
    Retry,
    Unknown,
}

const DATA: u64 = u64::from_le_bytes(*b"data:\0\0\0");
const EVENT: u64 = u64::from_le_bytes(*b"event:\0\0");
const ID: u64 = u64::from_le_bytes(*b"id:\0\0\0\0\0");

/// Where the value begins of a line that begins with `word`, and has its colon there. One space, and no more, is not part
/// of the value.
#[inline(always)]
fn value(word: u64, colon: usize) -> usize {
    colon + 1 + usize::from((word >> (8 * colon + 8)) as u8 == b' ')
}

/// Names the field of a line by its first eight bytes, which may go on behind it, and says where its value begins.
/// `None`: that takes a closer look. No name contains a line end, so what matches lies in the line.
#[inline(always)]
pub(crate) fn parse_word(word: u64) -> Option<(Field, usize)> {
    if word & 0xff_ffff_ffff == DATA {
        return Some((Field::Data, value(word, 4)));
    }
    match word as u8 {
        b':' => return Some((Field::Comment, value(word, 0))),
        b'\n' | b'\r' => return Some((Field::Blank, 0)),
        _ => {}
    }
    if word & 0xffff_ffff_ffff == EVENT {
        return Some((Field::EventType, value(word, 5)));
    }
    if word & 0xff_ffff == ID {
        return Some((Field::Id, value(word, 2)));
    }
    None
}

/// Where the value begins of a line that begins with `word` and is `data`. `None`: it is another one, or has no colon.
#[inline(always)]
pub(crate) fn data(word: &[u8; 8]) -> Option<usize> {
    // The space is compared where it lies: the compiler would have it by a mask of eight bytes.
    (u64::from_le_bytes(*word) & 0xff_ffff_ffff == DATA).then(|| 5 + usize::from(word[5] == b' '))
}

/// The same of a whole line, or of its beginning.
#[inline(always)]
pub(crate) fn data_of(line: &[u8]) -> Option<usize> {
    let value = line.strip_prefix(b"data:")?;
    Some(5 + usize::from(value.first() == Some(&b' ')))
}

/// Names the field of a line, and says where its value begins: at the line's end if there is none.
///
/// `from_line` begins with the line and may go on behind it; the line has `len` bytes.
#[inline(always)]
pub(crate) fn parse(from_line: &[u8], len: usize) -> (Field, usize) {
    let word = from_line.first_chunk().map(|word| u64::from_le_bytes(*word));
    word.and_then(parse_word).unwrap_or_else(|| parse_slowly(&from_line[..len]))
}

#[inline(never)]
fn parse_slowly(line: &[u8]) -> (Field, usize) {
    // "Otherwise, the string is not empty but does not contain a colon": the whole line is the name.
    let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
    let field = match &line[..colon] {
        b"" => Field::Comment,
        b"data" => Field::Data,
        b"event" => Field::EventType,
        b"id" => Field::Id,
        b"retry" => Field::Retry,
        _ => Field::Unknown,
    };
    let value = (colon + 1).min(line.len());
    (field, value + usize::from(line.get(value) == Some(&b' ')))
}

/// The value of `retry`: ASCII digits only, in milliseconds, at the most `u64::MAX`. The standard leaves the empty
/// string open; it is ignored here.
pub(crate) fn reconnection_time(value: &[u8]) -> Option<Duration> {
    if value.is_empty() {
        return None;
    }
    let mut millis = 0_u64;
    for byte in value {
        if !byte.is_ascii_digit() {
            return None;
        }
        millis = millis.saturating_mul(10).saturating_add(u64::from(byte - b'0'));
    }
    Some(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_exact_and_one_space_is_dropped() {
        let parse = |line: &str| {
            let short = parse(line.as_bytes(), line.len());
            // The same within a chunk, which goes on behind the line.
            for behind in ["\n", "\r\n", "\n data: x\n\n", "\r: : : : :"] {
                assert_eq!(parse([line, behind].concat().as_bytes(), line.len()), short, "{line}");
            }
            short
        };
        assert_eq!(parse("data"), (Field::Data, 4));
        assert_eq!(parse("data:"), (Field::Data, 5));
        assert_eq!(parse("data: "), (Field::Data, 6));
        assert_eq!(parse("data:  x"), (Field::Data, 6));
        assert_eq!(parse("data:x:y"), (Field::Data, 5));
        assert_eq!(parse("event"), (Field::EventType, 5));
        assert_eq!(parse("event:x"), (Field::EventType, 6));
        assert_eq!(parse("event: x"), (Field::EventType, 7));
        assert_eq!(parse("event: "), (Field::EventType, 7));
        assert_eq!(parse("id"), (Field::Id, 2));
        assert_eq!(parse("id:1"), (Field::Id, 3));
        assert_eq!(parse("id: 12345678"), (Field::Id, 4));
        assert_eq!(parse("retry"), (Field::Retry, 5));
        assert_eq!(parse("retry:1"), (Field::Retry, 6));
        assert_eq!(parse("retry: 1"), (Field::Retry, 7));
        assert_eq!(parse(":"), (Field::Comment, 1));
        assert_eq!(parse(": x"), (Field::Comment, 2));
        assert_eq!(parse("::"), (Field::Comment, 1));
        for unknown in ["dat", "datax", "data :", "Data:", " data:", "i", "idx:1", "retr", "events", "eventx:", "x"] {
            assert_eq!(parse(unknown).0, Field::Unknown, "{unknown}");
        }
    }

    #[test]
    fn frequent_names_take_no_closer_look() {
        for (line, field) in [
            (b"data:xxx", Some((Field::Data, 5))),
            (b"data: xx", Some((Field::Data, 6))),
            (b"event:xx", Some((Field::EventType, 6))),
            (b"event: x", Some((Field::EventType, 7))),
            (b"id:12345", Some((Field::Id, 3))),
            (b"id: 1234", Some((Field::Id, 4))),
            (b": xxxxxx", Some((Field::Comment, 2))),
            (b"\nid: 123", Some((Field::Blank, 0))),
            (b"\r\nid: 12", Some((Field::Blank, 0))),
            (b"data\nid:", None),
            (b"datax: x", None),
            (b"retry: 1", None),
        ] {
            let word = u64::from_le_bytes(*line);
            assert_eq!(parse_word(word), field, "{}", line.escape_ascii());
            let data_at = field.filter(|(field, _)| *field == Field::Data).map(|(_, at)| at);
            assert_eq!(data(&word.to_le_bytes()), data_at, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn retry_takes_digits_only_and_saturates() {
        assert_eq!(reconnection_time(b"0300"), Some(Duration::from_millis(300)));
        assert_eq!(reconnection_time(b"18446744073709551615"), Some(Duration::from_millis(u64::MAX)));
        assert_eq!(reconnection_time(b"18446744073709551616"), Some(Duration::from_millis(u64::MAX)));
        for bad in ["", " 1", "1 ", "+1", "-1", "1.5", "1e3", "\u{661}"] {
            assert_eq!(reconnection_time(bad.as_bytes()), None, "{bad}");
        }
    }
}
