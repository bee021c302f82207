//! Response bodies as streams of bytes, `Content-Encoding` undone on the way.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use async_compression::tokio::bufread::GzipDecoder;
use bytes::Bytes;
use futures_core::Stream;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap};
use http_body::Body;
use http_body_util::BodyDataStream;
use pin_project_lite::pin_project;
use tokio::io::AsyncBufRead;
use tokio_util::io::{ReaderStream, StreamReader};

use crate::error::{BoxError, HttpError};

/// What the client can undo, for `Accept-Encoding`.
///
/// gzip always: every server that compresses knows it, and a server that knows a better one gains little on streams that
/// are flushed event by event. The others where the features ask for them.
pub(crate) const ACCEPTED: &str = match (cfg!(feature = "brotli"), cfg!(feature = "zstd")) {
    (false, false) => "gzip",
    (true, false) => "gzip, br",
    (false, true) => "gzip, zstd",
    (true, true) => "gzip, br, zstd",
};

pin_project! {
    /// The bytes of a response body, decoded.
    ///
    /// What a compressor has flushed comes out at once, in pieces of a few KiB, whatever it grows to: a decoder holds its
    /// window (gzip 32 KiB, zstd 8 MiB and brotli 16 MiB at most) and no more. A body that is cut short gives
    /// what was decoded up to the cut and then an error. What is in another coding passes as it is: of an event stream
    /// the session reads none of it ([`Cause::ContentCoding`](crate::Cause::ContentCoding)).
    #[project = ByteStreamProjection]
    pub struct ByteStream<B>
    where
        B: Body,
    {
        #[pin]
        inner: Inner<B>,
        unfinished: Arc<AtomicBool>,
    }
}

pin_project! {
    #[project = InnerProjection]
    enum Inner<B>
    where
        B: Body,
    {
        Identity { #[pin] body: BodyDataStream<B> },
        // Boxed: a decoder's state is large and most streams are not compressed.
        Coded { coding: &'static str, body: Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>> },
    }
}

impl<B> ByteStream<B>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    /// Decodes `body` as `headers` says, and takes off the fields that were about the encoded form. `unfinished` is true
    /// until its end, or an error.
    pub(crate) fn new(headers: &mut HeaderMap, body: B, unfinished: Arc<AtomicBool>) -> Self {
        unfinished.store(true, Ordering::Relaxed);
        let body = BodyDataStream::new(body);
        let Some(coding) = known_coding(headers) else {
            return Self { inner: Inner::Identity { body }, unfinished };
        };
        headers.remove(CONTENT_ENCODING);
        headers.remove(CONTENT_LENGTH);
        let body = decoded(coding, StreamReader::new(IoErrors { stream: body }));
        Self { inner: Inner::Coded { coding, body }, unfinished }
    }
}

/// Undoes `coding`, which is one that [`known_coding`] gives.
fn decoded<R>(coding: &str, body: R) -> Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>
where
    R: AsyncBufRead + Send + 'static,
{
    match coding {
        #[cfg(feature = "brotli")]
        "br" => Box::pin(ReaderStream::new(async_compression::tokio::bufread::BrotliDecoder::new(body))),
        #[cfg(feature = "zstd")]
        "zstd" => {
            use async_compression::tokio::bufread::ZstdDecoder;
            use async_compression::zstd::DParameter;
            // RFC 9659: a window of 8 MiB at most in this use.
            let mut decoder = ZstdDecoder::with_params(body, &[DParameter::window_log_max(23)]);
            // RFC 8878, 3: compressed data is a series of frames.
            decoder.multiple_members(true);
            Box::pin(ReaderStream::new(decoder))
        }
        _ => {
            let mut decoder = GzipDecoder::new(body);
            // RFC 1952, 2.2: a gzip file is a series of members; some servers write one per flush.
            decoder.multiple_members(true);
            Box::pin(ReaderStream::new(decoder))
        }
    }
}

/// The coding of a body, if it is one that can be undone. RFC 9110, 8.4.1: codings are case-insensitive, and `x-gzip` is
/// `gzip`.
fn known_coding(headers: &HeaderMap) -> Option<&'static str> {
    let mut codings = headers.get_all(CONTENT_ENCODING).iter();
    let (Some(coding), None) = (codings.next(), codings.next()) else {
        return None;
    };
    match coding.as_bytes().trim_ascii().to_ascii_lowercase().as_slice() {
        b"gzip" | b"x-gzip" => Some("gzip"),
        #[cfg(feature = "brotli")]
        b"br" => Some("br"),
        #[cfg(feature = "zstd")]
        b"zstd" => Some("zstd"),
        _ => None,
    }
}

impl<B> Stream for ByteStream<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Item = Result<Bytes, HttpError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        let next = match this.inner.project() {
            InnerProjection::Identity { body } => {
                body.poll_next(cx).map_err(|error| HttpError::from_body(error.into()))
            }
            InnerProjection::Coded { coding, body } => body.as_mut().poll_next(cx).map_err(|error| sort(coding, error)),
        };
        if let Poll::Ready(None | Some(Err(_))) = next {
            this.unfinished.store(false, Ordering::Relaxed);
        }
        next
    }
}

pin_project! {
    /// Body errors dressed as [`io::Error`], which is all that a reader can carry.
    struct IoErrors<S> {
        #[pin]
        stream: S,
    }
}

impl<S, E> Stream for IoErrors<S>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<BoxError>,
{
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.project().stream.poll_next(cx).map_err(|error| io::Error::other(HttpError::from_body(error.into())))
    }
}

/// The body's own error again, or what the decoder has against the bytes.
fn sort(coding: &'static str, error: io::Error) -> HttpError {
    match error.downcast() {
        Ok(error) => error,
        // The body ended in the middle of the compressed stream, whatever its framing says.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            HttpError::Lost(format!("the body ends before its {coding} stream does").into())
        }
        Err(error) => HttpError::Coding { coding, source: error.into() },
    }
}
