//! The server: a response body over any stream of encoded blocks.

mod keep_alive;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, Pending, pending};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response};
use http_body::{Body, Frame};
use pin_project_lite::pin_project;
use sse_codec::EventBlock;

use keep_alive::KeepAlive;

pin_project! {
    /// An event stream as a response body: an [`http_body::Body`] over any [`Stream`] of encoded blocks.
    ///
    /// # Contract
    ///
    /// * **Blocks pass through untouched.** Each item of the stream is one or more whole blocks, as
    ///   [`EventBlock`] encodes them, and becomes one data frame that shares the item's memory. An event for a thousand
    ///   subscribers is encoded once and cloned as [`Bytes`].
    /// * **Nothing is held back and nothing is queued.** A block is asked for when the connection can take it and handed
    ///   on at once. A client that does not read leaves the stream unpolled: what that means for the events it
    ///   misses is the stream's business (keep a cursor into a shared log rather than a queue per client).
    ///   hyper writes the blocks that are ready together, up to 16 in a system call.
    /// * **Idle connections are kept open** by a comment each [`keep_alive`](Self::keep_alive) interval without a block,
    ///   which no client takes for an event.
    /// * **It ends cleanly**, when the stream does or when the future given to [`until`](Self::until) resolves. Every
    ///   client of the standard takes the end of the body for a reason to reconnect. (To make a client stay away, answer
    ///   its next request with status 204.)
    /// * **An error of the stream aborts the body**: the client sees a broken transfer, which it also reconnects
    ///   after. The error is handed on a moment later, so that the head and the blocks before it go out first, as far as
    ///   the socket takes them at once: hyper throws away what it has not written when a body fails. (Over HTTP/2 a client
    ///   may lose them even so, since a stream that is reset ends at once.)
    ///
    /// It is a plain body: hyper, axum, tower and anything else over `http` take it as it is.
    ///
    /// # Cost
    ///
    /// No task of its own: the connection's task polls it. An idle connection holds the stream, under 300 bytes of
    /// this body and one entry in tokio's timer wheel, which is touched once an interval and not once a block.
    ///
    /// # Panics
    ///
    /// Polling it outside a tokio runtime with timers enabled panics, as tokio's timers do, unless it is
    /// [`without_keep_alive`](Self::without_keep_alive).
    ///
    /// # Example
    ///
    /// A whole server: every second, everyone gets the same block.
    ///
    /// ```no_run
    /// use std::convert::Infallible;
    /// use std::time::Duration;
    ///
    /// use bytes::Bytes;
    /// use futures_util::stream;
    /// use hyper::{server::conn::http1, service::service_fn};
    /// use hyper_util::rt::TokioIo;
    /// use sse_hyper::{EventBlock, EventBody};
    /// use tokio::sync::watch;
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     // Encoded once, however many listen.
    ///     let (ticks, latest) = watch::channel(Bytes::new());
    ///     tokio::spawn(async move {
    ///         for tick in 0_u64.. {
    ///             let (id, data) = (tick.to_string(), format!("tick {tick}"));
    ///             let block = EventBlock::new().id(&id).expect("digits").data(&data).to_bytes();
    ///             ticks.send_replace(block);
    ///             tokio::time::sleep(Duration::from_secs(1)).await;
    ///         }
    ///     });
    ///
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    ///     loop {
    ///         let (socket, _) = listener.accept().await?;
    ///         socket.set_nodelay(true)?; // an event is a small packet that should leave at once
    ///         let latest = latest.clone();
    ///         tokio::spawn(http1::Builder::new().serve_connection(
    ///             TokioIo::new(socket),
    ///             service_fn(move |_request| {
    ///                 let blocks = stream::unfold(latest.clone(), async |mut latest| {
    ///                     latest.changed().await.ok()?;
    ///                     let block = latest.borrow_and_update().clone();
    ///                     Some((block, latest))
    ///                 });
    ///                 let body = EventBody::new(blocks).retry(Duration::from_secs(2));
    ///                 async { Ok::<_, Infallible>(body.into_response()) }
    ///             }),
    ///         ));
    ///     }
    /// }
    /// ```
    ///
    /// # Shutdown
    ///
    /// [`until`](Self::until) ends the body between two blocks; what its future resolves to is sent last, for example
    /// a `retry` that differs from client to client, so that they do not all return in one moment. Tell the HTTP
    /// server to shut down gracefully as well, and put a limit on how long that may take: a client that does not
    /// read is not polled, and so does not see the end either.
    ///
    /// # Stalled clients
    ///
    /// hyper polls a body only while the socket takes bytes, so no deadline inside a body can end a client that
    /// stopped reading. Set `TCP_USER_TIMEOUT`, or HTTP/2's keep-alive, on the connection.
    pub struct EventBody<S, U = Pending<Bytes>>
    where
        S: Stream,
        S::Item: IntoBlock,
    {
        retry: Option<Duration>,
        #[pin]
        blocks: S,
        #[pin]
        until: U,
        keep_alive: Option<KeepAlive>,
        // How the stream has failed, to be handed on when what came before has been written.
        failure: Option<<S::Item as IntoBlock>::Error>,
        ended: bool,
    }
}

impl<S, U> fmt::Debug for EventBody<S, U>
where
    S: Stream,
    S::Item: IntoBlock,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventBody").field("ended", &self.ended).finish_non_exhaustive()
    }
}

/// `X-Accel-Buffering`, which nginx and what imitates it obey.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

impl<S> EventBody<S>
where
    S: Stream,
    S::Item: IntoBlock,
{
    /// A body that sends what `blocks` yields and ends when it ends.
    ///
    /// Items are `Bytes` or `Result<Bytes, E>`, each one or more whole blocks of an event stream.
    ///
    /// ```
    /// use futures_util::stream;
    /// use http_body_util::BodyExt;
    /// use sse_hyper::{EventBlock, EventBody};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let hello = EventBlock::new().data("hello").to_bytes();
    /// let body = EventBody::new(stream::iter([hello]));
    /// assert_eq!(body.collect().await.unwrap().to_bytes(), "data: hello\n\n");
    /// # }
    /// ```
    pub fn new(blocks: S) -> Self {
        Self {
            retry: None,
            blocks,
            until: pending(),
            keep_alive: Some(KeepAlive::new(keep_alive::DEFAULT)),
            failure: None,
            ended: false,
        }
    }

    /// Ends the body as soon as `until` resolves, between two blocks, whatever the stream still has. What it
    /// resolves to is sent last: a whole block, or `Bytes::new()` for none.
    ///
    /// It is polled before the stream is, each time the connection asks for a frame.
    ///
    /// ```
    /// use futures_util::stream;
    /// use http_body_util::BodyExt;
    /// use std::time::Duration;
    /// use sse_hyper::{EventBlock, EventBody};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let (shut_down, shutting_down) = tokio::sync::oneshot::channel();
    /// let body = EventBody::new(stream::pending::<bytes::Bytes>()).until(async {
    ///     let _ = shutting_down.await;
    ///     // Everyone another number.
    ///     EventBlock::new().retry(Duration::from_millis(1234)).to_bytes()
    /// });
    /// shut_down.send(()).unwrap();
    /// assert_eq!(body.collect().await.unwrap().to_bytes(), "retry: 1234\n\n");
    /// # }
    /// ```
    pub fn until<U: Future<Output = Bytes>>(self, until: U) -> EventBody<S, U> {
        let Self { retry, blocks, keep_alive, failure, ended, .. } = self;
        EventBody { retry, blocks, until, keep_alive, failure, ended }
    }
}

impl<S, U> EventBody<S, U>
where
    S: Stream,
    S::Item: IntoBlock,
    U: Future<Output = Bytes>,
{
    /// Sends the reconnection time first, ahead of all blocks: how long clients wait before they reconnect, in
    /// whole milliseconds. Without it, clients use their own default of a few seconds.
    ///
    /// # Answers that can be resumed
    ///
    /// As the Model Context Protocol has them in revision 2025-11-25: an id per event, first an event that is an id and no
    /// message, so that there is something to resume behind from the beginning, and the word when to come back. Then the
    /// server may end the body whenever it likes. (In revision 2026-07-28 nothing is resumed: no ids, and keep-alives are
    /// the comments that this body sends by itself. A call whose body is dropped was cancelled.)
    ///
    /// ```
    /// use std::convert::Infallible;
    /// use std::time::Duration;
    ///
    /// use bytes::Bytes;
    /// use futures_util::stream;
    /// use http::{HeaderMap, Response};
    /// use http_body::Body;
    /// use sse_hyper::{EventBlock, EventBody, FieldError};
    ///
    /// /// Answers a `POST`, and the `GET` that asks for the rest: the messages are kept until all have been received.
    /// fn answer(
    ///     messages: &[String],
    ///     headers: &HeaderMap,
    /// ) -> Result<Response<impl Body<Data = Bytes, Error = Infallible> + use<>>, FieldError> {
    ///     let block = |id: usize, data: &str| Ok(EventBlock::new().id(&id.to_string())?.data(data).to_bytes());
    ///     let seen: Option<usize> = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    ///     // The priming event has the id 0, and the messages are counted from 1.
    ///     let all = [""].into_iter().chain(messages.iter().map(String::as_str)).enumerate();
    ///     let rest = all.skip(seen.map_or(0, |id| id.saturating_add(1)));
    ///     let blocks: Vec<_> = rest.map(|(id, data)| block(id, data)).collect::<Result<_, _>>()?;
    ///     Ok(EventBody::new(stream::iter(blocks)).retry(Duration::from_secs(1)).into_response())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use http_body_util::BodyExt as _;
    ///
    /// let messages = [r#"{"method":"notifications/progress"}"#.to_owned(), r#"{"id":7,"result":{}}"#.to_owned()];
    /// let mut headers = HeaderMap::new();
    /// let post = answer(&messages, &headers)?.into_body().collect().await?.to_bytes();
    /// assert!(post.starts_with(b"retry: 1000\n\nid: 0\ndata: \n\nid: 1\ndata: {\"method\""));
    /// headers.insert("last-event-id", "1".parse()?);
    /// let get = answer(&messages, &headers)?.into_body().collect().await?.to_bytes();
    /// assert_eq!(get, "retry: 1000\n\nid: 2\ndata: {\"id\":7,\"result\":{}}\n\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn retry(mut self, time: Duration) -> Self {
        self.retry = Some(time);
        self
    }

    /// Sends a comment when nothing was sent for `interval`: 15 seconds by default, 100 milliseconds at least.
    ///
    /// Comments keep proxies from closing an idle connection, tell the client that the server lives, and let the
    /// server find out that a client is gone. The standard advises some 15 seconds (section 9.2.7).
    pub fn keep_alive(mut self, interval: Duration) -> Self {
        self.keep_alive = Some(KeepAlive::new(interval));
        self
    }

    /// Never sends a comment, for a stream that is never idle or keeps itself alive. Needs no timer.
    pub fn without_keep_alive(mut self) -> Self {
        self.keep_alive = None;
        self
    }

    /// The response: status 200 and the three headers that an event stream needs to arrive event by event.
    ///
    /// * `Content-Type: text/event-stream`. A client of the standard fails for good without it. It is always UTF-8, so
    ///   no `charset` is named.
    /// * `Cache-Control: no-cache`. A cache must not answer a reconnection with what it stored of an earlier
    ///   connection, and must not wait for the end in order to store it.
    /// * `X-Accel-Buffering: no`. nginx (`proxy_buffering on`, its default) and proxies that follow it would otherwise
    ///   collect some kilobytes before they pass on the first event.
    ///
    /// What is missing on purpose: `Connection: keep-alive`, which HTTP/1.1 implies and HTTP/2 forbids, and
    /// `Content-Length`, which nobody knows. Behind a compressing layer, see that it flushes after each frame or
    /// leaves this content type alone.
    pub fn into_response(self) -> Response<Self> {
        let mut response = Response::new(self);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
        response
    }
}

impl<S, U> Body for EventBody<S, U>
where
    S: Stream,
    S::Item: IntoBlock,
    U: Future<Output = Bytes>,
{
    type Data = Bytes;
    type Error = <S::Item as IntoBlock>::Error;

    /// The next frame, always data: the reconnection time, blocks as the stream yields them, or a keep-alive comment.
    ///
    /// `None` is the end, after the stream's own, after `until`'s last block or after an error; every
    /// later call returns `None` too and does not touch the stream. `Pending` means that the stream has nothing
    /// now and that the connection has not been idle long enough for a comment; or that it has failed, which the next call
    /// says.
    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.project();
        if *this.ended {
            return Poll::Ready(None);
        }
        if let Some(error) = this.failure.take() {
            *this.ended = true;
            return Poll::Ready(Some(Err(error)));
        }
        let block = if let Some(time) = this.retry.take() {
            EventBlock::new().retry(time).to_bytes()
        } else if let Poll::Ready(last) = this.until.poll(cx) {
            *this.ended = true;
            if last.is_empty() {
                return Poll::Ready(None);
            }
            return Poll::Ready(Some(Ok(Frame::data(last))));
        } else if let Poll::Ready(next) = this.blocks.poll_next(cx) {
            match next.map(IntoBlock::into_block) {
                Some(Ok(block)) => block,
                Some(Err(error)) => {
                    *this.failure = Some(error);
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                None => {
                    *this.ended = true;
                    return Poll::Ready(None);
                }
            }
        } else {
            let Some(keep_alive) = this.keep_alive else {
                return Poll::Pending;
            };
            let comment = ready!(keep_alive.poll_idle(cx));
            return Poll::Ready(Some(Ok(Frame::data(comment))));
        };
        if let Some(keep_alive) = this.keep_alive {
            keep_alive.sent();
        }
        Poll::Ready(Some(Ok(Frame::data(block))))
    }

    /// True once the end was reached; a body that is about to end does not know it.
    fn is_end_stream(&self) -> bool {
        self.ended
    }
}

/// An item of the stream under an [`EventBody`]: `Bytes`, or `Result<Bytes, E>` where the source can fail.
///
/// Sealed: these two are all there are.
pub trait IntoBlock: sealed::Sealed {
    /// How the source fails; what the body's [`Body::Error`] is.
    type Error;

    /// The encoded block or blocks.
    ///
    /// # Errors
    ///
    /// The item's own error.
    fn into_block(self) -> Result<Bytes, Self::Error>;
}

impl IntoBlock for Bytes {
    type Error = Infallible;

    fn into_block(self) -> Result<Bytes, Infallible> {
        Ok(self)
    }
}

impl<E> IntoBlock for Result<Bytes, E> {
    type Error = E;

    fn into_block(self) -> Self {
        self
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for bytes::Bytes {}
    impl<E> Sealed for Result<bytes::Bytes, E> {}
}
