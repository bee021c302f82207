//! Response bodies as streams of bytes, `Content-Encoding: gzip` undone on the way.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use async_compression::tokio::bufread::GzipDecoder;
use bytes::Bytes;
use futures_core::Stream;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap};
use http_body::Body;
use http_body_util::BodyDataStream;
use pin_project_lite::pin_project;
use tokio_util::io::{ReaderStream, StreamReader};

use crate::error::{BoxError, HttpError};

/// What the client can undo, for `Accept-Encoding`.
///
/// Only gzip: every server that compresses knows it, and a server that knows a better one gains little on streams that
/// are flushed event by event.
pub(crate) const ACCEPTED: &str = "gzip";

pin_project! {
    /// The bytes of a response body, decoded.
    ///
    /// What a compressor has flushed comes out at once. A gzip body that is cut short gives what was decoded up to the
    /// cut and then an error; an encoding that is not known here passes as it is, as in browsers.
    #[project = ByteStreamProjection]
    pub struct ByteStream<B>
    where
        B: Body,
    {
        #[pin]
        inner: Inner<B>,
    }
}

pin_project! {
    #[project = InnerProjection]
    enum Inner<B>
    where
        B: Body,
    {
        Identity { #[pin] body: BodyDataStream<B> },
        // Boxed: the decoder's state is large and most streams are not compressed.
        Gzip { body: Pin<Box<Gunzip<B>>> },
    }
}

type Gunzip<B> = ReaderStream<GzipDecoder<StreamReader<IoErrors<BodyDataStream<B>>, Bytes>>>;

impl<B> ByteStream<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    /// Decodes `body` as `headers` says, and takes off the fields that were about the encoded form.
    pub(crate) fn new(headers: &mut HeaderMap, body: B) -> Self {
        let body = BodyDataStream::new(body);
        let inner = if is_gzip(headers) {
            headers.remove(CONTENT_ENCODING);
            headers.remove(CONTENT_LENGTH);
            let mut decoder = GzipDecoder::new(StreamReader::new(IoErrors { stream: body }));
            // RFC 1952, 2.2: a gzip file is a series of members; some servers write one per flush.
            decoder.multiple_members(true);
            Inner::Gzip { body: Box::pin(ReaderStream::new(decoder)) }
        } else {
            Inner::Identity { body }
        };
        Self { inner }
    }
}

/// RFC 9110, 8.4.1: codings are case-insensitive, and `x-gzip` is `gzip`.
fn is_gzip(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(CONTENT_ENCODING).iter();
    let (Some(coding), None) = (codings.next(), codings.next()) else {
        return false;
    };
    let coding = coding.as_bytes().trim_ascii();
    coding.eq_ignore_ascii_case(b"gzip") || coding.eq_ignore_ascii_case(b"x-gzip")
}

impl<B> Stream for ByteStream<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Item = Result<Bytes, HttpError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.project().inner.project() {
            InnerProjection::Identity { body } => {
                body.poll_next(cx).map_err(|error| HttpError::from_body(error.into()))
            }
            InnerProjection::Gzip { body } => body.as_mut().poll_next(cx).map_err(sort),
        }
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
fn sort(error: io::Error) -> HttpError {
    match error.downcast() {
        Ok(error) => error,
        // The body ended in the middle of the gzip stream, whatever its framing says.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => HttpError::Lost(error.into()),
        Err(error) => HttpError::Coding(error.into()),
    }
}
