//! What a response head does to a session.

mod date;
mod mime;

use std::time::Duration;

use sse_client::{Policy, ResponseHead, RetriedStatuses, Session, Step};

use super::parts;
use date::Format;

/// Input: a status in two bytes, and three parts between 0xFF: the values of `Content-Type`, `Retry-After` and `Date`;
/// an absent part is an absent header. The same bytes are also two dates and their formats.
///
/// # Panics
/// A head opens a session that must not be, or the other way round; closes one for good that is to come back, or the
/// other way round; brings it back too early, or much later than it was asked.
pub fn head(input: &[u8]) {
    let [high, low, rest @ ..] = input else {
        return;
    };
    let status = u16::from_be_bytes([*high, *low]) % 1000;
    let mut values = parts(rest);
    let (content_type, retry_after, date) = (values.next(), values.next(), values.next());
    let head = ResponseHead::new(status).with_content_type(content_type).with_retry_after(retry_after).with_date(date);

    let is_stream = content_type.is_some_and(is_event_stream);
    assert_eq!(is_open(ResponseHead::new(200).with_content_type(content_type)), is_stream, "{content_type:?}");

    let session = after(head);
    match session.step() {
        Step::Read { .. } => assert!(status == 200 && is_stream, "{status} opens"),
        Step::Closed(reason) => {
            assert!(status != 200 || !is_stream, "{status} closes");
            assert!(!is_transient(status), "{status} closes");
            assert_eq!(reason.is_proper(), status == 204, "{reason:?}");
        }
        Step::Wait { until, .. } => {
            assert!(is_transient(status), "{status} waits");
            check_wait(until, retry_after.and_then(seconds).unwrap_or(0), retry_after.is_none_or(is_seconds));
        }
        step => unreachable!("{step:?} after a head"),
    }
    retry_after_dates(rest);
}

const NOW: Duration = Duration::from_secs(1_000);
const RECONNECTION_TIME: Duration = Duration::from_secs(3);
const MAX_BACKOFF: Duration = Duration::from_secs(60);

fn after(head: ResponseHead<'_>) -> Session {
    let policy = Policy::default()
        .with_retried_statuses(RetriedStatuses::Transient)
        .with_reconnection_time(RECONNECTION_TIME)
        .with_max_backoff(MAX_BACKOFF)
        .with_jitter_percent(50);
    let mut session = Session::subscribe(policy, 7);
    session.handle_connecting(NOW);
    session.handle_head(NOW, head);
    session
}

fn is_open(head: ResponseHead<'_>) -> bool {
    matches!(after(head).step(), Step::Read { .. })
}

fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 429) || status / 100 == 5
}

fn is_event_stream(content_type: &[u8]) -> bool {
    mime::extract(content_type).is_some_and(|mime| {
        let charset = mime.parameters.get("charset");
        mime.essence == "text/event-stream" && charset.is_none_or(|charset| charset.eq_ignore_ascii_case("utf-8"))
    })
}

/// A wait of at least so many seconds and the reconnection time; and at most the jitter more, if nothing else was asked.
fn check_wait(until: Duration, asked: u64, nothing_else: bool) {
    let least = RECONNECTION_TIME.max(Duration::from_secs(asked));
    assert!(until >= NOW.saturating_add(least), "back at {until:?}, {least:?} after {NOW:?} at the earliest");
    let most = least.saturating_add(least.min(MAX_BACKOFF) / 2);
    assert!(!nothing_else || until <= NOW.saturating_add(most), "back at {until:?}, asked for {asked} s");
}

/// `Retry-After` in seconds; `None` if it is something else.
fn seconds(retry_after: &[u8]) -> Option<u64> {
    // Digits alone fail to parse only by being too many.
    is_seconds(retry_after).then(|| String::from_utf8_lossy(retry_after).trim().parse().unwrap_or(u64::MAX))
}

fn is_seconds(retry_after: &[u8]) -> bool {
    let text = retry_after.trim_ascii();
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// A `Retry-After` that is a date counts from `Date`, whichever formats they are in. One without the other says nothing.
fn retry_after_dates(input: &[u8]) {
    let Some(&[formats, a, b, c, d, e, f, g, h]) = input.first_chunk() else {
        return;
    };
    let format = |n: u8| [Format::Preferred, Format::Rfc850, Format::Asctime][usize::from(n % 3)];
    // The years 1970 to 2038, and of the difference either much or little.
    let now = u32::from_be_bytes([a, b, c, d]) >> 1;
    let difference = u32::from_be_bytes([e, f, g, h]) >> (formats & 31);
    let until = now.saturating_add(difference).min(u32::MAX >> 1);
    let (until_text, now_text) = (date::written(until, format(formats >> 1)), date::written(now, format(formats >> 4)));
    for (retry_after, date, asked) in
        [(&until_text, Some(&now_text), until - now), (&now_text, Some(&until_text), 0), (&until_text, None, 0)]
    {
        let head = ResponseHead::new(503)
            .with_retry_after(Some(retry_after.as_bytes()))
            .with_date(date.map(|date| date.as_bytes()));
        let session = after(head);
        let Step::Wait { until, .. } = session.step() else {
            unreachable!("{:?} after 503", session.step());
        };
        check_wait(until, asked.into(), true);
    }
}
