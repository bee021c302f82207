//! What a server says of its refusal: the beginning of the body of a response that is no event stream.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use sse_client::Limit;
use tokio::task::coop;

use crate::timer::Timer;

/// How much of an error response is read, and how long it may take.
const EXPLANATION_BYTES: usize = 64 * 1024;
const EXPLANATION_TIME: Duration = Duration::from_secs(2);

/// How many chunks in a row are read without a pause.
const MAX_CHUNKS: usize = 64;

/// A refusal whose body is being read.
pub(crate) struct Explanation<H, B> {
    pub(crate) limit: Option<Limit>,
    pub(crate) head: H,
    /// `None`: enough has been read.
    pub(crate) body: Option<Pin<Box<B>>>,
    pub(crate) read: BytesMut,
    deadline: Duration,
}

impl<H, B> Explanation<H, B> {
    pub(crate) fn new(limit: Option<Limit>, head: H, body: Pin<Box<B>>, now: Duration) -> Self {
        let deadline = now.saturating_add(EXPLANATION_TIME);
        Self { limit, head, body: Some(body), read: BytesMut::new(), deadline }
    }

    /// Reads. Ready when enough has been read, or enough time has passed.
    pub(crate) fn poll<E: Error>(&mut self, cx: &mut Context<'_>, timer: &mut Timer) -> Poll<()>
    where
        B: Stream<Item = Result<Bytes, E>>,
    {
        for _ in 0..MAX_CHUNKS {
            let Some(body) = self.body.as_mut().filter(|_| self.read.len() < EXPLANATION_BYTES) else {
                return Poll::Ready(());
            };
            // Endless ready input leaves room for other tasks; the timer would find no budget either.
            let Poll::Ready(budget) = coop::poll_proceed(cx) else {
                if timer.now() < self.deadline {
                    return Poll::Pending;
                }
                return Poll::Ready(());
            };
            match body.as_mut().poll_next(cx) {
                Poll::Ready(Some(Ok(chunk))) => {
                    budget.made_progress();
                    let wanted = chunk.len().min(EXPLANATION_BYTES - self.read.len());
                    self.read.extend_from_slice(&chunk[..wanted]);
                }
                // An explanation that breaks off explains as far as it goes.
                Poll::Ready(Some(Err(_)) | None) => return Poll::Ready(()),
                Poll::Pending => return timer.poll(cx, Some(self.deadline)),
            }
        }
        // Not every task has a budget.
        if timer.now() >= self.deadline {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
