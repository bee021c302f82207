//! Whether a `Content-Type` is an event stream's.

use alloc::vec::Vec;
use core::mem;

/// Whether the type that the Fetch standard [extracts][extract] is `text/event-stream` in UTF-8.
///
/// The type may be in any case and with any parameters but a `charset` other than UTF-8. The standard would ignore that
/// too, decode as UTF-8, and deliver garbage; browsers refuse, and so does this.
///
/// [extract]: https://fetch.spec.whatwg.org/#concept-header-extract-mime-type
pub(crate) fn is_event_stream(value: &[u8]) -> bool {
    let mut last: Option<MimeType<'_>> = None;
    let mut charset = None;
    for mut mime in list_items(value).filter_map(MimeType::parse) {
        // The last one counts, and inherits the charset of those before it, as long as they are of the same type.
        if last.as_ref().is_some_and(|last| last.essence.eq_ignore_ascii_case(mime.essence)) {
            mime.charset = mime.charset.or(charset);
        } else {
            charset = mime.charset;
        }
        last = Some(mime);
    }
    last.is_some_and(|mime| {
        mime.essence.eq_ignore_ascii_case(b"text/event-stream") && mime.charset != Some(Charset::Other)
    })
}

/// A MIME type, as far as it matters here.
struct MimeType<'a> {
    essence: &'a [u8],
    charset: Option<Charset>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Charset {
    Utf8,
    Other,
}

impl<'a> MimeType<'a> {
    /// [Parse a MIME type](https://mimesniff.spec.whatwg.org/#parse-a-mime-type); `*/*` counts as none.
    fn parse(value: &'a [u8]) -> Option<Self> {
        let value = trim_start(trim_end(value));
        let (essence, parameters) = split(value, |byte| byte == b';');
        let essence = trim_end(essence);
        let slash = essence.iter().position(|&byte| byte == b'/')?;
        let (kind, subtype) = (&essence[..slash], &essence[slash + 1..]);
        let charset = charset(parameters);
        (is_token(kind) && is_token(subtype) && essence != b"*/*").then_some(Self { essence, charset })
    }
}

/// The first `charset` among these parameters that has a value. An empty one does not count, unless it is quoted.
///
/// Steps 11 and on of parsing a MIME type. `parameters` begins with the semicolon, if there is any.
fn charset(mut parameters: &[u8]) -> Option<Charset> {
    while let [b';', rest @ ..] = parameters {
        let (name, rest) = split(trim_start(rest), |byte| matches!(byte, b';' | b'='));
        let [b'=', rest @ ..] = rest else {
            parameters = rest;
            continue;
        };
        let unescaped;
        let (value, is_quoted);
        if let [b'"', rest @ ..] = rest {
            let behind;
            (unescaped, behind) = quoted_string(rest);
            (value, is_quoted) = (&unescaped[..], true);
            // What stands between the quote and the next parameter is nothing.
            (_, parameters) = split(behind, |byte| byte == b';');
        } else {
            let raw;
            (raw, parameters) = split(rest, |byte| byte == b';');
            (value, is_quoted) = (trim_end(raw), false);
        }
        // "HTTP quoted-string token code points"
        let is_text = value.iter().all(|&byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f));
        if name.eq_ignore_ascii_case(b"charset") && is_text && (is_quoted || !value.is_empty()) {
            let is_utf8 = value.eq_ignore_ascii_case(b"utf-8");
            return Some(if is_utf8 { Charset::Utf8 } else { Charset::Other });
        }
    }
    None
}

/// The value of a quoted string whose first quote has been read, and what is behind the last one. The end of the input
/// ends it too.
fn quoted_string(input: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut value = Vec::new();
    let mut bytes = input.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => value.push(bytes.next().copied().unwrap_or(byte)),
            _ => value.push(byte),
        }
    }
    (value, bytes.as_slice())
}

/// The items of a header value that is a list ([get, decode, and split]): cut at commas that are not in a quoted string.
///
/// [get, decode, and split]: https://fetch.spec.whatwg.org/#header-value-get-decode-and-split
fn list_items(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    core::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (mut quoted, mut escaped) = (false, false);
        let (item, behind) = split(rest, |byte| {
            match byte {
                _ if mem::take(&mut escaped) => {}
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                b',' => return !quoted,
                _ => {}
            }
            false
        });
        rest = behind.get(1..).unwrap_or_default();
        Some(item)
    })
}

/// What lies before the first byte of this kind, and the rest from it on.
fn split(value: &[u8], is_end: impl FnMut(u8) -> bool) -> (&[u8], &[u8]) {
    value.split_at(value.iter().copied().position(is_end).unwrap_or(value.len()))
}

/// Without HTTP whitespace at the front.
fn trim_start(value: &[u8]) -> &[u8] {
    let start = value.iter().position(|&byte| !is_whitespace(byte)).unwrap_or(value.len());
    &value[start..]
}

/// Without HTTP whitespace at the back.
fn trim_end(value: &[u8]) -> &[u8] {
    let end = value.iter().rposition(|&byte| !is_whitespace(byte)).map_or(0, |last| last + 1);
    &value[..end]
}

/// [HTTP whitespace](https://fetch.spec.whatwg.org/#http-whitespace), which is not all of ASCII's.
fn is_whitespace(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | b' ')
}

/// One or more of the characters that RFC 9110 allows in a token.
fn is_token(value: &[u8]) -> bool {
    !value.is_empty() && value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::is_event_stream;

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
            "text/event-stream, no token/x",
            "text/event-stream, x/no token",
            "text/event-stream, /x",
            "text/event-stream, x/",
            // Escapes mean what they escape.
            r#"text/event-stream;charset="utf\-8""#,
            r#"text/event-stream;charset="\U\T\F\-\8";charset=latin1"#,
            r#"text/event-stream;charset="utf-8"latin1"#,
            // Not a value, so not a charset.
            "text/event-stream;charset=a\u{1}b",
            "text/event-stream;charset=\"a\u{7f}b\";charset=utf-8",
            "text/event-stream;charset=latin1\u{b}",
            "text/event-stream;charset =latin1",
            "text/event-stream;charset",
            // The first name of several stays, also over types.
            "text/event-stream;charset=utf-8, text/event-stream",
            "text/event-stream;charset=latin1, text/event-stream;charset=utf-8",
            "text/event-stream;charset=latin1, text/plain, text/event-stream",
            "text/plain;charset=latin1, text/event-stream",
            // A comma between quotes is text, also behind a quote that is escaped; outside of them nothing is.
            "text/event-stream;x=\"a,text/plain\"",
            r#"text/event-stream;x="a\",text/plain;""#,
            r#"text/event-stream;x=\",text/plain"#,
        ] {
            assert!(is_event_stream(content_type.as_bytes()), "{content_type:?}");
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
            // A type inherits the charset of the same one before it, if it says none itself.
            "text/event-stream;charset=latin1, text/event-stream",
            "text/event-stream;charset=latin1, TEXT/event-stream;x=y",
            "text/event-stream;charset=latin1, nonsense, text/event-stream",
            "text/event-stream;charset=latin1, text/event-stream;charset=utf-8, text/event-stream",
            "text/event-stream;charset=\"utf-8\\\"",
            "text/event-stream;charset=\"utf-8,\"",
            "text/event-stream;x=\"a\";charset=latin1",
            "text/event-stream;x=\"a\"b;charset=latin1",
            // In a value without quotes at its front a quote is nothing special.
            "text/event-stream;x=a\"b;charset=latin1",
            // A form feed is white to ASCII and not to HTTP.
            "\u{c}text/event-stream",
            "text/event-stream\u{c}",
            "text/event-stream/",
            "\"text/event-stream\"",
        ] {
            assert!(!is_event_stream(content_type.as_bytes()), "{content_type:?}");
        }
        assert!(!is_event_stream(b"\xff\xfe"));
    }
}
