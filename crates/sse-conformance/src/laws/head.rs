//! What a response head does to a session.

use std::time::Duration;

use sse_client::{Policy, ResponseHead, Session, Step};

use super::parts;

/// Input: a status in two bytes, and three parts between 0xFF: the values of `Content-Type`, `Retry-After` and `Date`;
/// an absent part is an absent header.
///
/// # Panics
/// A head opens a session that must not, or brings it back too early.
pub fn head(input: &[u8]) {
    let [high, low, rest @ ..] = input else {
        return;
    };
    let status = u16::from_be_bytes([*high, *low]) % 1000;
    let mut values = parts(rest);
    let (content_type, retry_after, date) = (values.next(), values.next(), values.next());
    let with = |status, content_type| {
        ResponseHead::new(status).with_content_type(content_type).with_retry_after(retry_after).with_date(date)
    };

    let opens = opens(with(status, content_type));
    assert_eq!(opens, status == 200 && is_open_with(content_type), "only 200 opens, whatever else is said");
    if let Some(value) = content_type {
        // Text without the characters that give a header value structure: it is the type or it is not.
        if !value.iter().any(|byte| b"\",;".contains(byte)) {
            let value = std::str::from_utf8(value).unwrap_or_default().trim_matches(['\t', '\n', '\r', ' ']);
            let is_type = value.eq_ignore_ascii_case("text/event-stream");
            assert_eq!(is_open_with(content_type), is_type, "{value:?}");
        }
        // Case does not matter, and neither does a type in front of the last one.
        assert_eq!(is_open_with(content_type), is_open_with(Some(&value.to_ascii_uppercase())));
        if is_open_with(content_type) {
            assert!(is_open_with(Some(&[b"text/plain, ", value].concat())));
            assert!(
                !is_open_with(Some(&[b"text/event-stream;charset=latin1;x=", value].concat())) || value.contains(&b',')
            );
        }
    }
    never_early(with(status, content_type), retry_after);
}

const NOW: Duration = Duration::from_secs(1_000);

fn after(head: ResponseHead<'_>) -> Session {
    let mut session = Session::subscribe(Policy::default(), 7);
    session.handle_connecting(NOW);
    session.handle_head(NOW, head);
    session
}

fn opens(head: ResponseHead<'_>) -> bool {
    matches!(after(head).step(), Step::Read { .. })
}

fn is_open_with(content_type: Option<&[u8]>) -> bool {
    opens(ResponseHead::new(200).with_content_type(content_type))
}

/// A wait is as long as the reconnection time and as a `Retry-After` in seconds.
fn never_early(head: ResponseHead<'_>, retry_after: Option<&[u8]>) {
    let session = after(head);
    let Step::Wait { until, .. } = session.step() else {
        return;
    };
    let asked = retry_after.map(<[u8]>::trim_ascii).filter(|value| value.iter().all(u8::is_ascii_digit));
    let asked = asked.and_then(|value| std::str::from_utf8(value).ok()?.parse().ok()).unwrap_or(0);
    let floor = session.reconnection_time().unwrap_or_default().max(Duration::from_secs(asked));
    assert!(until >= NOW.saturating_add(floor), "back at {until:?}, {floor:?} after {NOW:?} at the earliest");
}
