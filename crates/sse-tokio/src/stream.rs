//! Events of one stream of bytes, without reconnection.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use pin_project_lite::pin_project;
use sse_codec::{BytesInput, Decoder, OwnedEvent, OwnedFrame};
use tokio::io::AsyncRead;
use tokio::task::coop;
use tokio_util::io::ReaderStream;

use crate::error::StreamError;

pin_project! {
    /// The events of one stream of bytes: a response body, a file, a pipe.
    ///
    /// A `Stream` of [`OwnedEvent`]s over a `Stream` of chunks of any size. `Err` with [`StreamError::Dropped`] is one
    /// event that was too large, after which it goes on; with [`StreamError::Transport`] it is the last item. An event
    /// that the bytes do not finish is not delivered, as the standard says.
    ///
    /// Reads only when polled, and never more than one chunk ahead. An event that lies in one chunk shares it; others
    /// are copied once.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// use futures_util::StreamExt as _;
    /// use sse_tokio::EventStream;
    ///
    /// let mut events = EventStream::from_reader(&b"event: greeting\ndata: hello\n\n"[..]);
    /// let event = events.next().await.unwrap().unwrap();
    /// assert_eq!((&*event.event_type, &*event.data), ("greeting", "hello"));
    /// assert!(events.next().await.is_none());
    /// # }
    /// ```
    #[derive(Debug)]
    pub struct EventStream<S> {
        // `None` once it has ended: not every stream can be polled again.
        #[pin]
        chunks: Option<S>,
        decoder: Decoder,
        input: BytesInput,
    }
}

impl<S> EventStream<S> {
    /// The events of a stream of chunks.
    pub fn new(chunks: S) -> Self {
        Self::with_decoder(chunks, Decoder::new())
    }

    /// The same with a decoder that has other limits, or a last event ID from before.
    pub fn with_decoder(chunks: S, decoder: Decoder) -> Self {
        Self { chunks: Some(chunks), decoder, input: BytesInput::default() }
    }

    /// The last event ID that the stream has set so far. Empty if none.
    pub fn last_event_id(&self) -> &str {
        self.decoder.last_event_id()
    }
}

impl<R: AsyncRead> EventStream<ReaderChunks<R>> {
    /// The events of a reader, read in chunks of up to 16 KiB.
    pub fn from_reader(reader: R) -> Self {
        Self::new(ReaderChunks { stream: ReaderStream::with_capacity(reader, READ_BYTES) })
    }
}

/// Large enough that most events lie in one chunk and are shared, small enough per connection.
const READ_BYTES: usize = 16 * 1024;

impl<S, E> Stream for EventStream<S>
where
    S: Stream<Item = Result<Bytes, E>>,
{
    type Item = Result<OwnedEvent, StreamError<E>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut this = self.project();
        loop {
            // Endless ready input must leave room for other tasks.
            let budget = ready!(coop::poll_proceed(cx));
            // Also when the input is used up: the call behind an event gives back what a large one took.
            loop {
                let item = match this.decoder.decode_bytes(this.input) {
                    Ok(Some(OwnedFrame::Event(event))) => Ok(event),
                    Ok(Some(_)) => continue,
                    Ok(None) => break,
                    Err(error) => Err(StreamError::Dropped(error)),
                };
                budget.made_progress();
                return Poll::Ready(Some(item));
            }
            // An idle stream keeps no chunk in memory, which may be a share of something large.
            *this.input = BytesInput::default();
            let Some(chunks) = this.chunks.as_mut().as_pin_mut() else { return Poll::Ready(None) };
            match ready!(chunks.poll_next(cx)) {
                Some(Ok(chunk)) => {
                    budget.made_progress();
                    *this.input = BytesInput::new(chunk);
                }
                end => {
                    this.chunks.set(None);
                    return Poll::Ready(end.and_then(Result::err).map(|error| Err(StreamError::Transport(error))));
                }
            }
        }
    }
}

pin_project! {
    /// The chunks of a reader: the source of [`EventStream::from_reader`].
    #[derive(Debug)]
    pub struct ReaderChunks<R> {
        #[pin]
        stream: ReaderStream<R>,
    }
}

impl<R: AsyncRead> Stream for ReaderChunks<R> {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.project().stream.poll_next(cx)
    }
}
