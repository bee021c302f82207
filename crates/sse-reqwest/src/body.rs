//! The body of a response as a stream of bytes.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use http_body_util::BodyDataStream;

use crate::error::HttpError;

/// The bytes of a response body, as reqwest decodes them.
pub struct ByteStream {
    body: BodyDataStream<reqwest::Body>,
}

impl ByteStream {
    pub(crate) fn new(body: reqwest::Body) -> Self {
        Self { body: BodyDataStream::new(body) }
    }
}

impl Stream for ByteStream {
    type Item = Result<Bytes, HttpError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.body).poll_next(cx).map_err(HttpError::from_body)
    }
}

impl fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteStream").finish_non_exhaustive()
    }
}
