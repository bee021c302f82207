//! What a response head says: whether it announces an event stream, and when to come back.

use core::time::Duration;

use jiff::fmt::{rfc2822, strtime};
use jiff::tz::TimeZone;

use crate::{coding, mime};

/// What a [`Session`](crate::Session) needs to know of a response head.
///
/// Header values are bytes as received: no adapter has to decide what to do with one that is not text. If the response
/// has several lines of `Content-Type` or `Content-Encoding`, join their values with `, ` in their order, as HTTP allows; the
/// other two are no lists, and the first line counts.
///
/// ```
/// use sse_client::ResponseHead;
///
/// let head = ResponseHead::new(503).with_retry_after(Some(b"120"));
/// # let _ = head;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ResponseHead<'a> {
    pub(crate) status: u16,
    pub(crate) content_type: Option<&'a [u8]>,
    content_encoding: Option<&'a [u8]>,
    retry_after: Option<&'a [u8]>,
    date: Option<&'a [u8]>,
    received: Option<Duration>,
    pub(crate) redirected: bool,
}

impl<'a> ResponseHead<'a> {
    /// The head of a final response (not 1xx), after redirects, without headers.
    #[must_use]
    pub const fn new(status: u16) -> Self {
        Self {
            status,
            content_type: None,
            content_encoding: None,
            retry_after: None,
            date: None,
            received: None,
            redirected: false,
        }
    }

    /// The value of `Content-Type`.
    #[must_use]
    pub const fn with_content_type(mut self, value: Option<&'a [u8]>) -> Self {
        self.content_type = value;
        self
    }

    /// The value of `Content-Encoding`, of what the adapter has not undone. A body that is in a coding cannot be read.
    #[must_use]
    pub const fn with_content_encoding(mut self, value: Option<&'a [u8]>) -> Self {
        self.content_encoding = value;
        self
    }

    /// The value of `Retry-After`: seconds, or a date.
    #[must_use]
    pub const fn with_retry_after(mut self, value: Option<&'a [u8]>) -> Self {
        self.retry_after = value;
        self
    }

    /// The value of `Date`: the server's clock, which a `Retry-After` date is relative to.
    #[must_use]
    pub const fn with_date(mut self, value: Option<&'a [u8]>) -> Self {
        self.date = value;
        self
    }

    /// When it was received, as the time since 1970: what a `Retry-After` date is relative to where there is no `Date`
    /// ([RFC 9110, 6.6.1]). Without either such a date says nothing, since the session has no clock of its own.
    ///
    /// [RFC 9110, 6.6.1]: https://www.rfc-editor.org/rfc/rfc9110#field.date
    #[must_use]
    pub const fn with_received(mut self, since_1970: Option<Duration>) -> Self {
        self.received = since_1970;
        self
    }

    /// Whether it is the answer to another request than the first one, which was redirected: what refuses that one says
    /// nothing of the first, which may have been carried out. Default: no.
    #[must_use]
    pub const fn with_redirected(mut self, redirected: bool) -> Self {
        self.redirected = redirected;
        self
    }

    /// How long the server asks to stay away ([RFC 9110, 10.2.3]).
    ///
    /// A date counts from the server's own `Date`, so wrong clocks on either side do no harm.
    ///
    /// [RFC 9110, 10.2.3]: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let value = self.retry_after?.trim_ascii();
        if !value.is_empty() && value.iter().all(u8::is_ascii_digit) {
            let seconds =
                value.iter().try_fold(0_u64, |n, digit| n.checked_mul(10)?.checked_add((digit - b'0').into()));
            return Some(Duration::from_secs(seconds.unwrap_or(u64::MAX)));
        }
        let until = http_date(value)?;
        let now = match self.date.and_then(|date| http_date(date.trim_ascii())) {
            Some(date) => date,
            None => self.received?.as_secs().try_into().unwrap_or(i64::MAX),
        };
        Some(Duration::from_secs(until.saturating_sub(now).try_into().unwrap_or(0)))
    }

    /// The content coding that the body is in, if any.
    pub(crate) fn coding(&self) -> Option<&'a [u8]> {
        self.content_encoding.filter(|value| coding::is_coded(value))
    }

    /// Whether the content type is `text/event-stream`.
    pub(crate) fn is_event_stream(&self) -> bool {
        self.content_type.is_some_and(mime::is_event_stream)
    }
}

/// Seconds since 1970 of a date in one of the three formats of [RFC 9110, 5.6.7].
///
/// [RFC 9110, 5.6.7]: https://www.rfc-editor.org/rfc/rfc9110#name-date-time-formats
fn http_date(value: &[u8]) -> Option<i64> {
    // The preferred one is a case of RFC 2822's.
    if let Ok(timestamp) = rfc2822::DateTimeParser::new().parse_timestamp(value) {
        return Some(timestamp.as_second());
    }
    DATES.iter().find_map(|format| {
        let date = strtime::parse(format, value).ok()?.to_datetime().ok()?;
        // The last day of the year 9999 is what servers say that mean "never", and farther than a timestamp reaches.
        Some(date.to_zoned(TimeZone::UTC).map_or(i64::MAX, |date| date.timestamp().as_second()))
    })
}

/// The preferred one once more, and RFC 850's and `asctime`'s: "a recipient MUST accept all three". Two digits of a year from
/// 69 on are of the last century's.
const DATES: [&str; 3] = ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];

#[cfg(test)]
mod tests {
    use super::*;

    fn retry_after(value: &str, date: Option<&str>) -> Option<Duration> {
        ResponseHead::new(503).with_retry_after(Some(value.as_bytes())).with_date(date.map(str::as_bytes)).retry_after()
    }

    #[test]
    fn retry_after_in_seconds() {
        assert_eq!(retry_after("0", None), Some(Duration::ZERO));
        assert_eq!(retry_after(" 120 ", None), Some(Duration::from_secs(120)));
        assert_eq!(retry_after("99999999999999999999999999", None), Some(Duration::from_secs(u64::MAX)));
        for nonsense in ["", " ", "-1", "+1", "1.5", "1s", "soon", "１"] {
            assert_eq!(retry_after(nonsense, None), None, "{nonsense:?}");
        }
        assert_eq!(ResponseHead::new(503).retry_after(), None);
    }

    #[test]
    fn retry_after_as_a_date() {
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:51:37 GMT", date), Some(Duration::from_secs(120)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", date), Some(Duration::ZERO));
        assert_eq!(retry_after("Sat, 05 Nov 1994 08:49:37 GMT", date), Some(Duration::ZERO));
        // The formats that only recipients know any more.
        for date in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            for until in ["Sunday, 06-Nov-94 08:51:37 GMT", "Sun Nov  6 08:51:37 1994"] {
                assert_eq!(retry_after(until, Some(date)), Some(Duration::from_secs(120)), "{until} {date}");
            }
        }
        let date_2026 = Some("Monday, 23-Nov-26 23:59:59 GMT");
        assert_eq!(retry_after("Tue Nov 24 00:00:00 2026", date_2026), Some(Duration::from_secs(1)));
        for nonsense in ["Sunday, 06-Nov-94 08:51:37", "Monday, 06-Nov-94 08:51:37 GMT", "Sun Nov  6 08:51:37 1994 GMT"]
        {
            assert_eq!(retry_after(nonsense, date), None, "{nonsense}");
        }
        // What servers mean by never.
        assert!(retry_after("Fri, 31 Dec 9999 23:59:59 GMT", date) > Some(Duration::from_secs(8000 * 365 * 24 * 3600)));
        // Without the server's clock, by the receiver's; and without any, a date says nothing.
        let head = ResponseHead::new(503).with_retry_after(Some(b"Sun, 06 Nov 1994 08:51:37 GMT"));
        let head = head.with_received(Some(Duration::from_secs(784_111_777)));
        assert_eq!(head.retry_after(), Some(Duration::from_secs(120)));
        assert_eq!(head.with_date(Some(b"now")).retry_after(), Some(Duration::from_secs(120)));
        let later = "Sun, 06 Nov 1994 08:51:36 GMT";
        assert_eq!(head.with_date(Some(later.as_bytes())).retry_after(), Some(Duration::from_secs(1)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:51:37 GMT", None), None);
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:51:37 GMT", Some("now")), None);
        assert_eq!(retry_after("Sun, 66 Nov 1994 08:51:37 GMT", date), None);
    }
}
