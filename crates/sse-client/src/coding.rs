//! Whether a body still is in a content coding.

/// The codings that make other bytes of a text: [IANA's registry] but for `identity`.
///
/// Other names pass, as in browsers: servers send `none` or `utf-8`, which are no codings, with streams that are in none.
///
/// [IANA's registry]: https://www.iana.org/assignments/http-parameters/http-parameters.xhtml#content-coding
const CODINGS: [&str; 12] = [
    "aes128gcm",
    "br",
    "compress",
    "dcb",
    "dcz",
    "deflate",
    "exi",
    "gzip",
    "pack200-gzip",
    "x-compress",
    "x-gzip",
    "zstd",
];

/// Whether this value of `Content-Encoding`, a list ([RFC 9110, 8.4]), names a coding.
///
/// [RFC 9110, 8.4]: https://www.rfc-editor.org/rfc/rfc9110#field.content-encoding
pub(crate) fn is_coded(value: &[u8]) -> bool {
    value.split(|&byte| byte == b',').any(|name| {
        let name = name.trim_ascii();
        CODINGS.iter().any(|coding| name.eq_ignore_ascii_case(coding.as_bytes()))
    })
}
