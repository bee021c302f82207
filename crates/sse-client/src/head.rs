//! What a response head says: whether it announces an event stream, and when to come back.

use core::time::Duration;

use jiff::fmt::rfc2822;

/// What a [`Session`](crate::Session) needs to know of a response head.
///
/// Header values are bytes as received: no adapter has to decide what to do with one that is not text. If the response
/// has several lines of one of these headers, join them with `, `, as HTTP allows, or give the first.
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
    retry_after: Option<&'a [u8]>,
    date: Option<&'a [u8]>,
}

impl<'a> ResponseHead<'a> {
    /// The head of a final response (not 1xx), after redirects, without headers.
    #[must_use]
    pub const fn new(status: u16) -> Self {
        Self { status, content_type: None, retry_after: None, date: None }
    }

    /// The value of `Content-Type`.
    #[must_use]
    pub const fn with_content_type(mut self, value: Option<&'a [u8]>) -> Self {
        self.content_type = value;
        self
    }

    /// The value of `Retry-After`: seconds, or a date.
    #[must_use]
    pub const fn with_retry_after(mut self, value: Option<&'a [u8]>) -> Self {
        self.retry_after = value;
        self
    }

    /// The value of `Date`: the server's clock, which a `Retry-After` date is relative to. Without it such a date says
    /// nothing, since the session has no clock of its own.
    #[must_use]
    pub const fn with_date(mut self, value: Option<&'a [u8]>) -> Self {
        self.date = value;
        self
    }

    /// How long the server asks to stay away ([RFC 9110, 10.2.3]).
    ///
    /// A date counts from the server's own `Date`, so wrong clocks on either side do no harm. The two date formats that
    /// RFC 9110 calls obsolete are not understood: they are as if the header were absent.
    ///
    /// [RFC 9110, 10.2.3]: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let value = self.retry_after?.trim_ascii();
        if !value.is_empty() && value.iter().all(u8::is_ascii_digit) {
            let seconds =
                value.iter().try_fold(0_u64, |n, digit| n.checked_mul(10)?.checked_add((digit - b'0').into()));
            return Some(Duration::from_secs(seconds.unwrap_or(u64::MAX)));
        }
        let (until, now) = (http_date(value)?, http_date(self.date?.trim_ascii())?);
        Some(Duration::from_secs(until.saturating_sub(now).try_into().unwrap_or(0)))
    }

    /// Whether the content type is `text/event-stream`, as the Fetch standard [extracts a MIME type][extract].
    ///
    /// The type may be in any case and with any parameters but a `charset` other than UTF-8. The standard would ignore
    /// that too, decode as UTF-8, and deliver garbage; browsers refuse, and so does this.
    ///
    /// [extract]: https://fetch.spec.whatwg.org/#concept-header-extract-mime-type
    pub(crate) fn is_event_stream(&self) -> bool {
        // Of several values the last one that is a MIME type counts.
        let last = self.content_type.and_then(|value| list_items(value).filter_map(MimeType::parse).last());
        last.is_some_and(|mime| {
            mime.essence.eq_ignore_ascii_case(b"text/event-stream")
                && mime.charset().is_none_or(|charset| charset.eq_ignore_ascii_case(b"utf-8"))
        })
    }
}

/// Seconds since 1970 of a date in the format of RFC 9110, 5.6.7, which is a case of RFC 2822's.
fn http_date(value: &[u8]) -> Option<i64> {
    rfc2822::DateTimeParser::new().parse_timestamp(value).ok().map(|timestamp| timestamp.as_second())
}

/// A MIME type, as far as it matters here.
struct MimeType<'a> {
    essence: &'a [u8],
    parameters: &'a [u8],
}

impl<'a> MimeType<'a> {
    /// [Parse a MIME type](https://mimesniff.spec.whatwg.org/#parse-a-mime-type); `*/*` counts as none.
    fn parse(value: &'a [u8]) -> Option<Self> {
        let (essence, parameters) = split_outside_quotes(value, b';');
        let essence = essence.trim_ascii();
        let slash = essence.iter().position(|&byte| byte == b'/')?;
        let (kind, subtype) = (&essence[..slash], &essence[slash + 1..]);
        (is_token(kind) && is_token(subtype) && essence != b"*/*").then_some(Self { essence, parameters })
    }

    /// The first `charset` that has a value. An empty one does not count, unless it is quoted.
    fn charset(&self) -> Option<&'a [u8]> {
        let mut rest = self.parameters;
        while !rest.is_empty() {
            let (parameter, behind) = split_outside_quotes(rest, b';');
            rest = behind;
            let Some(equals) = parameter.iter().position(|&byte| byte == b'=') else {
                continue;
            };
            if !parameter[..equals].trim_ascii_start().eq_ignore_ascii_case(b"charset") {
                continue;
            }
            let value = &parameter[equals + 1..];
            if let Some(quoted) = value.strip_prefix(b"\"") {
                // A charset with a backslash in it is no name of UTF-8, escaped or not: no need to unescape.
                return quoted.split(|&byte| byte == b'"').next();
            }
            if !value.trim_ascii_end().is_empty() {
                return Some(value.trim_ascii_end());
            }
        }
        None
    }
}

/// The items of a header value that is a list: cut at commas that are not in a quoted string.
fn list_items(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    core::iter::from_fn(move || {
        let (item, behind);
        (item, behind) = split_outside_quotes(rest, b',');
        let more = !rest.is_empty();
        rest = behind;
        more.then_some(item)
    })
}

/// What lies before and behind the first `separator` that is not in a quoted string.
fn split_outside_quotes(value: &[u8], separator: u8) -> (&[u8], &[u8]) {
    let (mut quoted, mut escaped) = (false, false);
    for (at, &byte) in value.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if byte == separator && !quoted => return (&value[..at], &value[at + 1..]),
            _ => {}
        }
    }
    (value, &[])
}

/// One or more of the characters that RFC 9110 allows in a token.
fn is_token(value: &[u8]) -> bool {
    !value.is_empty() && value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(content_type: &str) -> bool {
        ResponseHead::new(200).with_content_type(Some(content_type.as_bytes())).is_event_stream()
    }

    #[test]
    fn event_streams() {
        for content_type in [
            "text/event-stream",
            "TEXT/EVENT-STREAM",
            "Text/Event-Stream; Charset=UTF-8",
            "text/event-stream;charset=utf-8",
            "text/event-stream ;charset=utf-8",
            "text/event-stream;charset=",
            "text/event-stream;charset= ",
            "text/event-stream;charset=;charset=utf-8",
            "text/event-stream;charset=\"utf-8\"",
            "text/event-stream;charset=\"UTF-8\" ; x=y",
            "text/event-stream;x=y",
            "text/event-stream; x=\";charset=latin1\"",
            "text/event-stream; x=\"a\\\";charset=latin1\"; charset=utf-8",
            "text/event-stream;charset=utf-8;charset=latin1",
            // The end of the value ends the quoted string too.
            "text/event-stream;charset=\"utf-8",
            "text/event-stream;",
            "text/event-stream;;;",
            "text/event-stream; nonsense",
            " text/event-stream\t",
            "text/plain, text/event-stream",
            "text/event-stream, */*",
            "text/event-stream,",
            "text/event-stream, nonsense",
        ] {
            assert!(accepts(content_type), "{content_type:?}");
        }
    }

    #[test]
    fn other_things() {
        for content_type in [
            "",
            "text/plain",
            "text/event-stream2",
            "text/event-strea",
            "text",
            "/",
            "text/event-stream x",
            "x text/event-stream",
            "text /event-stream",
            "text/event-stream, text/plain",
            "text/event-stream;charset=utf8",
            "text/event-stream;charset=latin1",
            "text/event-stream;charset=\"latin1\"",
            "text/event-stream;charset=\"\"",
            "text/event-stream;charset=latin1;charset=utf-8",
            "application/json",
            "text/event-stream/",
            "\"text/event-stream\"",
        ] {
            assert!(!accepts(content_type), "{content_type:?}");
        }
        assert!(!ResponseHead::new(200).is_event_stream());
        assert!(!ResponseHead::new(200).with_content_type(Some(b"\xff\xfe")).is_event_stream());
    }

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
        // Without the server's clock a date says nothing.
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:51:37 GMT", None), None);
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:51:37 GMT", Some("now")), None);
        assert_eq!(retry_after("Sun, 66 Nov 1994 08:51:37 GMT", date), None);
    }
}
