//! One line: which field it is and what value it has (WHATWG HTML 9.2.6, "process the field").

use core::ops::Range;
use core::time::Duration;

/// What a line that is not blank says. The ranges are of the value within the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Comment(Range<usize>),
    Data(Range<usize>),
    EventType(Range<usize>),
    Id(Range<usize>),
    Retry(Range<usize>),
    Unknown,
}

/// Names the field of a line, without looking at the value. The line is not empty and has no line end.
#[inline]
pub(crate) fn parse(line: &[u8]) -> Field {
    let name = |name: &[u8], field: fn(Range<usize>) -> Field| match line.get(name.len()) {
        // "Otherwise, the string is not empty but does not contain a colon": the whole line is the name.
        None => field(line.len()..line.len()),
        Some(b':') => field(value(line, name.len() + 1)),
        Some(_) => Field::Unknown,
    };
    match line {
        [b':', ..] => Field::Comment(value(line, 1)),
        [b'd', b'a', b't', b'a', ..] => name(b"data", Field::Data),
        [b'e', b'v', b'e', b'n', b't', ..] => name(b"event", Field::EventType),
        [b'i', b'd', ..] => name(b"id", Field::Id),
        [b'r', b'e', b't', b'r', b'y', ..] => name(b"retry", Field::Retry),
        _ => Field::Unknown,
    }
}

/// The value behind the colon: one space, and no more, is not part of it.
#[inline]
fn value(line: &[u8], start: usize) -> Range<usize> {
    start + usize::from(line.get(start) == Some(&b' '))..line.len()
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
        assert_eq!(parse(b"data"), Field::Data(4..4));
        assert_eq!(parse(b"data:"), Field::Data(5..5));
        assert_eq!(parse(b"data: "), Field::Data(6..6));
        assert_eq!(parse(b"data:  x"), Field::Data(6..8));
        assert_eq!(parse(b"event:x"), Field::EventType(6..7));
        assert_eq!(parse(b"id:1"), Field::Id(3..4));
        assert_eq!(parse(b"retry:1"), Field::Retry(6..7));
        assert_eq!(parse(b":"), Field::Comment(1..1));
        assert_eq!(parse(b": x"), Field::Comment(2..3));
        for unknown in ["dat", "datax", "data :", "Data:", " data:", "i", "idx:1", "retr", "events", "eventx:", "x"] {
            assert_eq!(parse(unknown.as_bytes()), Field::Unknown, "{unknown}");
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
