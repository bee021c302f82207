//! Events of one stream of bytes, without reconnection.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use pin_project_lite::pin_project;
use sse_client::{Ending, Place};
use sse_codec::{BytesInput, Decoder, OwnedEvent, OwnedFrame};
use tokio::io::AsyncRead;
use tokio::task::coop;
use tokio_util::io::ReaderStream;

use crate::error::StreamError;

pin_project! {
    /// The events of one stream of bytes: a response body, a file, a pipe.
    ///
    /// A `Stream` of [`OwnedEvent`]s over a `Stream` of chunks of any size. `Err` with [`StreamError::Dropped`] is one
    /// event that was too large, after which it goes on; with anything else it is the last item. An event
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
    /// assert_eq!((event.event_type(), event.data()), ("greeting", "hello"));
    /// assert!(events.next().await.is_none());
    /// # }
    /// ```
    #[derive(Debug)]
    pub struct EventStream<S> {
        #[pin]
        frames: FrameStream<S>,
    }
}

impl<S> EventStream<S> {
    /// The events of a stream of chunks.
    pub fn new(chunks: S) -> Self {
        Self::with_decoder(chunks, Decoder::new())
    }

    /// The same with a decoder that has other limits, or a last event ID from before.
    pub fn with_decoder(chunks: S, decoder: Decoder) -> Self {
        Self { frames: FrameStream { chunks: Some(chunks), decoder, input: BytesInput::default(), ending: None } }
    }

    /// By which event the stream ends: there the bytes are dropped, read or not, and with them their connection. If they
    /// end without it, the last item is [`StreamError::UnexpectedEnd`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// use futures_util::StreamExt as _;
    /// use sse_tokio::{Ending, EventStream, StreamError};
    ///
    /// let whole = &b"data: 1\n\ndata: [DONE]\n\n"[..];
    /// let mut events = EventStream::from_reader(whole).with_ending(Ending::done());
    /// assert_eq!(events.next().await.unwrap().unwrap().data(), "1");
    /// assert!(events.next().await.is_none());
    ///
    /// let mut events = EventStream::from_reader(&whole[..10]).with_ending(Ending::done());
    /// assert_eq!(events.next().await.unwrap().unwrap().data(), "1");
    /// assert!(matches!(events.next().await, Some(Err(StreamError::UnexpectedEnd))));
    /// # }
    /// ```
    #[must_use]
    pub fn with_ending(mut self, ending: Ending) -> Self {
        self.frames.ending = Some(ending);
        self
    }

    /// Everything that the bytes say, in order, instead of the events only: comments and reconnection times too.
    pub fn frames(mut self) -> FrameStream<S> {
        self.frames.decoder = self.frames.decoder.with_comments(true);
        self.frames
    }

    /// The last event ID that the stream has set so far. Empty if none.
    pub fn last_event_id(&self) -> &str {
        self.frames.last_event_id()
    }
}

impl<R: AsyncRead> EventStream<ReaderChunks<R>> {
    /// The events of a reader, read in chunks of up to 16 KiB.
    ///
    /// For a decoder of one's own, [`with_decoder`](Self::with_decoder) over [`ReaderChunks::new`].
    pub fn from_reader(reader: R) -> Self {
        Self::new(ReaderChunks::new(reader))
    }
}

impl<S, E> Stream for EventStream<S>
where
    S: Stream<Item = Result<Bytes, E>>,
{
    type Item = Result<OwnedEvent, StreamError<E>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let event = |frame| match frame {
            OwnedFrame::Event(event) => Some(event),
            _ => None,
        };
        self.project().frames.poll(cx, Decoder::decode_whole_event, event)
    }
}

pin_project! {
    /// Everything that one stream of bytes says, in order: events, comments, reconnection times.
    ///
    /// A `Stream` of [`OwnedFrame`]s, and otherwise as [`EventStream`]. From [`EventStream::frames`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// use futures_util::StreamExt as _;
    /// use sse_tokio::{EventStream, OwnedFrame};
    ///
    /// let mut frames = EventStream::from_reader(&b": hello\nretry: 500\n"[..]).frames();
    /// assert_eq!(frames.next().await.unwrap().unwrap(), OwnedFrame::Comment("hello".into()));
    /// let Some(Ok(OwnedFrame::Retry(time))) = frames.next().await else { panic!("a reconnection time") };
    /// assert_eq!(time.as_millis(), 500);
    /// # }
    /// ```
    #[derive(Debug)]
    pub struct FrameStream<S> {
        // `None` once it has ended: not every stream can be polled again.
        #[pin]
        chunks: Option<S>,
        decoder: Decoder,
        input: BytesInput,
        ending: Option<Ending>,
    }
}

impl<S> FrameStream<S> {
    /// The last event ID that the stream has set so far. Empty if none.
    pub fn last_event_id(&self) -> &str {
        self.decoder.last_event_id()
    }
}

impl<S, E> Stream for FrameStream<S>
where
    S: Stream<Item = Result<Bytes, E>>,
{
    type Item = Result<OwnedFrame, StreamError<E>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(cx, |_, _| None, Some)
    }
}

impl<S> FrameStream<S> {
    /// The next frame that is wanted. `short_way` gives it if that is easily done.
    #[inline]
    fn poll<T, E>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        short_way: impl Fn(&mut Decoder, &mut BytesInput) -> Option<T>,
        wanted: impl Fn(OwnedFrame) -> Option<T>,
    ) -> Poll<Option<Result<T, StreamError<E>>>>
    where
        S: Stream<Item = Result<Bytes, E>>,
    {
        let mut this = self.project();
        loop {
            // Endless ready input must leave room for other tasks.
            let budget = ready!(coop::poll_proceed(cx));
            if this.ending.is_none() && !this.input.is_empty() {
                if let Some(item) = short_way(this.decoder, this.input) {
                    budget.made_progress();
                    return Poll::Ready(Some(Ok(item)));
                }
            }
            // Also when the input is used up: the call behind an event gives back what a large one took.
            match this.decoder.decode_bytes(this.input) {
                Ok(None) => {}
                Ok(Some(frame)) => {
                    budget.made_progress();
                    if this.ending.is_some() {
                        let (place, frame) = placed(frame, this.ending.as_ref());
                        if place != Place::Within {
                            this.chunks.set(None);
                            this.input.clear();
                            *this.ending = None;
                        }
                        match wanted(frame).filter(|_| place != Place::Behind) {
                            Some(item) => return Poll::Ready(Some(Ok(item))),
                            None => continue,
                        }
                    }
                    if let Some(item) = wanted(frame) {
                        return Poll::Ready(Some(Ok(item)));
                    }
                    continue;
                }
                Err(error) => {
                    budget.made_progress();
                    return Poll::Ready(Some(Err(StreamError::Dropped(error))));
                }
            }
            // An idle stream keeps no chunk in memory, which may be a share of something large.
            this.input.clear();
            let Some(chunks) = this.chunks.as_mut().as_pin_mut() else { return Poll::Ready(None) };
            match ready!(chunks.poll_next(cx)) {
                Some(Ok(chunk)) => {
                    budget.made_progress();
                    this.input.replace(chunk);
                }
                end => {
                    this.chunks.set(None);
                    let missing = this.ending.take().map(|_| StreamError::UnexpectedEnd);
                    let error = end.and_then(Result::err).map(StreamError::Transport).or(missing);
                    return Poll::Ready(error.map(Err));
                }
            }
        }
    }
}

/// By value and out of the way: an event of a stream without an ending stays where it was made.
#[inline(never)]
fn placed(frame: OwnedFrame, ending: Option<&Ending>) -> (Place, OwnedFrame) {
    let place = match (&frame, ending) {
        (OwnedFrame::Event(event), Some(ending)) => ending.place_of(&event.as_event()),
        _ => Place::Within,
    };
    (place, frame)
}

/// Large enough that most events lie in one chunk and are shared, small enough per connection.
const READ_BYTES: usize = 16 * 1024;

pin_project! {
    /// The chunks of a reader: the source of [`EventStream::from_reader`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// use futures_util::StreamExt as _;
    /// use sse_tokio::{Decoder, EventStream, ReaderChunks};
    ///
    /// let decoder = Decoder::new().with_max_event_bytes(10);
    /// let mut events = EventStream::with_decoder(ReaderChunks::new(&b"data: 0123456789\n\n"[..]), decoder);
    /// assert!(events.next().await.unwrap().is_err());
    /// # }
    /// ```
    #[derive(Debug)]
    pub struct ReaderChunks<R> {
        #[pin]
        stream: ReaderStream<R>,
    }
}

impl<R: AsyncRead> ReaderChunks<R> {
    /// Reads up to 16 KiB at a time.
    pub fn new(reader: R) -> Self {
        Self { stream: ReaderStream::with_capacity(reader, READ_BYTES) }
    }
}

impl<R: AsyncRead> Stream for ReaderChunks<R> {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.project().stream.poll_next(cx)
    }
}
