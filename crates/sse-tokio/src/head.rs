//! Heads of requests and responses in the types of the `http` crate: what every adapter over them has to do.

use std::time::SystemTime;

use bytes::BytesMut;
use http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
};
use http::{Method, StatusCode};
use sse_client::ResponseHead;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Adds the fields of an event source's request: `Accept` and `Cache-Control` unless they are there already, and
/// `Last-Event-ID` in place of any other if there is an id.
///
/// ```
/// use http::header::{HeaderMap, HeaderValue};
///
/// let mut headers = HeaderMap::new();
/// headers.insert("cache-control", HeaderValue::from_static("no-store"));
/// sse_tokio::head::complete_request(&mut headers, Some("41"));
/// assert_eq!(headers["accept"], "text/event-stream");
/// assert_eq!(headers["cache-control"], "no-store");
/// assert_eq!(headers["last-event-id"], "41");
/// ```
pub fn complete_request(headers: &mut HeaderMap, last_event_id: Option<&str>) {
    for (name, value) in [
        // "Set `Accept` / `text/event-stream`" and "set request's cache mode to "no-store"": the EventSource
        // constructor, steps 10 and 11; what the latter means is in HTTP-network-or-cache fetch, step 8.16.
        (ACCEPT, "text/event-stream"),
        (CACHE_CONTROL, "no-cache"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    // A header value takes all bytes of an id but control characters, and the session sends no id with those.
    if let Some(id) = last_event_id.and_then(|id| HeaderValue::from_bytes(id.as_bytes()).ok()) {
        headers.insert(LAST_EVENT_ID, id);
    }
}

/// Whether a request of this method may be sent again without somebody having said so: `GET`, which is all that the
/// standard's event source sends.
///
/// Any other may do something each time that it is sent: an order placed twice, a second bill.
///
/// ```
/// use http::Method;
///
/// assert!(sse_tokio::head::may_be_repeated(&Method::GET));
/// assert!(!sse_tokio::head::may_be_repeated(&Method::POST));
/// ```
#[must_use]
pub fn may_be_repeated(method: &Method) -> bool {
    method == Method::GET
}

/// Makes one line of several of `Content-Type`, and of `Content-Encoding`, which says the same ([RFC 9110, 5.3]): for
/// [`of_response`], which lends one value of each.
///
/// What the session makes of a list is its business.
///
/// [RFC 9110, 5.3]: https://www.rfc-editor.org/rfc/rfc9110#section-5.3
pub fn join_lines(headers: &mut HeaderMap) {
    for name in [CONTENT_TYPE, CONTENT_ENCODING] {
        let lines: Vec<_> = headers.get_all(&name).iter().map(HeaderValue::as_bytes).collect();
        if lines.len() > 1 {
            if let Ok(joined) = HeaderValue::from_bytes(&lines.join(&b", "[..])) {
                headers.insert(name, joined);
            }
        }
    }
}

/// Copies the fields out of the memory that they came in.
///
/// HTTP libraries lend header fields from the buffer that they read into, 8 KiB or more, and as long as one of them is
/// kept, so is the buffer. An event source keeps the head of its response while it is open.
///
/// ```
/// use http::header::{HeaderMap, HeaderValue};
///
/// let buffer = bytes::Bytes::from(vec![b'7'; 8192]);
/// let mut headers = HeaderMap::new();
/// headers.insert("age", HeaderValue::from_maybe_shared(buffer.slice(..2))?);
/// sse_tokio::head::detach(&mut headers);
/// assert!(buffer.is_unique() && headers["age"] == "77");
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
pub fn detach(headers: &mut HeaderMap) {
    let mut values = BytesMut::with_capacity(headers.values().map(HeaderValue::len).sum());
    headers.values().for_each(|value| values.extend_from_slice(value.as_bytes()));
    // All in one piece of memory.
    let mut values = values.freeze();
    let mut copies = HeaderMap::with_capacity(headers.keys_len());
    for (name, value) in &*headers {
        // What was valid is.
        let copied_name = HeaderName::from_bytes(name.as_str().as_bytes()).unwrap_or_else(|_| name.clone());
        let copied = HeaderValue::from_maybe_shared(values.split_to(value.len()));
        let mut copy = copied.unwrap_or_else(|_| value.clone());
        copy.set_sensitive(value.is_sensitive());
        copies.append(copied_name, copy);
    }
    *headers = copies;
}

/// What the session needs to know of a response, after [`join_lines`].
///
/// Who undoes a content coding takes the `Content-Encoding` off: one that is there is one that the body still is in.
///
/// ```
/// use http::StatusCode;
/// use http::header::{HeaderMap, HeaderValue};
///
/// let mut headers = HeaderMap::new();
/// headers.insert("retry-after", HeaderValue::from_static("120"));
/// let head = sse_tokio::head::of_response(StatusCode::SERVICE_UNAVAILABLE, &headers);
/// # let _ = head;
/// ```
pub fn of_response(status: StatusCode, headers: &HeaderMap) -> ResponseHead<'_> {
    let value = |name| headers.get(name).map(HeaderValue::as_bytes);
    // A date is one of the server's clock, or where it does not tell, of ours. It is looked at where it may count.
    let received = value(RETRY_AFTER).and_then(|_| SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok());
    ResponseHead::new(status.as_u16())
        .with_content_type(value(CONTENT_TYPE))
        .with_content_encoding(value(CONTENT_ENCODING))
        .with_retry_after(value(RETRY_AFTER))
        .with_date(value(DATE))
        .with_received(received)
}
