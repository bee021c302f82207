//! The loop: what the session wants done, until there is something to report or nothing to do.

use std::mem;
use std::task::{Context, Poll, ready};

use futures_core::Stream as _;
use sse_client::{CloseReason, End, ReadyState, Step};
use sse_codec::{DecodeError, OwnedEvent, OwnedFrame};
use tokio::task::coop;

use super::chunk::Piece;
use super::outcome::Left;
use super::{EventOf, ItemOf, Phase, Updates, enter};
use crate::connect::Connect;
use crate::error::{Error, Failure};
use crate::explanation::Explanation;
use crate::monitor::Reporter;
use crate::update::{Update, update_of};

/// So many chunks in a row are a flood, in which there is no other moment for the deadlines.
const FLOOD: usize = 8;

/// How many chunks in a row that say nothing are read without a pause.
const MAX_CHUNKS: usize = 64;

impl<C: Connect> Updates<C> {
    pub(super) fn drive(&mut self, cx: &mut Context<'_>) -> Poll<Option<ItemOf<C>>> {
        if matches!(self.phase, Phase::Attempt(_)) && matches!(self.session.step(), Step::Connect { .. }) {
            // From here on, and not from when it was told of: what was made of that is no silence of the server.
            self.session.handle_connecting(self.timer.now());
        }
        let deadline = match self.session.step() {
            Step::Connect { .. } => return Poll::Ready(Some(Ok(self.begin()))),
            Step::AwaitHead { deadline } | Step::Read { deadline } => deadline,
            Step::Wait { until, .. } => Some(until),
            Step::Closed(_) => return self.poll_explanation(cx),
        };
        let _in_it = enter(&self.span);
        // Bytes before the timer: a consumer that was slow must not take what is already here for silence.
        let progress = match &mut self.phase {
            Phase::Attempt(attempt) => attempt.as_mut().poll(cx).map(|attempt| match attempt {
                Ok(response) => self.announce(response),
                Err(error) => {
                    let end = match &error {
                        error if self.connect.is_futile(error) => End::Futile,
                        error if self.connect.is_unsent(error) => End::Unsent,
                        _ => End::TransportError,
                    };
                    self.break_off(end, error)
                }
            }),
            Phase::Body { .. } => self.poll_body(cx),
            // The session comes from someone else, who has the connection that it thinks of.
            Phase::Idle if !matches!(self.session.step(), Step::Wait { .. }) => {
                self.session.handle_end(self.timer.now(), End::TransportError);
                Poll::Ready(self.settle(Left::Nothing))
            }
            Phase::Idle | Phase::Explanation(_) => Poll::Pending,
        };
        if progress.is_pending() {
            ready!(self.timer.poll(cx, deadline));
            return Poll::Ready(self.expire());
        }
        progress
    }

    /// An event of the chunk that is here already, which is where most events come from: by a way that is short.
    #[inline(always)]
    pub(crate) fn next_event(&mut self, cx: &mut Context<'_>) -> Option<OwnedEvent> {
        let Phase::Body { chunk, .. } = &mut self.phase else { return None };
        let piece = chunk.get()?;
        let Poll::Ready(budget) = coop::poll_proceed(cx) else { return None };
        let event = self.session.handle_whole_event(piece.arrived, &mut piece.input)?;
        budget.made_progress();
        self.reporter.event();
        Some(event)
    }

    /// The next event, by whatever way.
    #[inline(never)]
    pub(crate) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<EventOf<C>>> {
        loop {
            match ready!(self.poll_update(cx)) {
                Some(Ok(Update::Event(event))) => return Poll::Ready(Some(Ok(event))),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }

    /// Whatever happens next, by whatever way.
    #[inline(never)]
    pub(super) fn poll_update(&mut self, cx: &mut Context<'_>) -> Poll<Option<ItemOf<C>>> {
        loop {
            if matches!((self.session.step(), &self.phase), (Step::Closed(_), Phase::Idle)) {
                return Poll::Ready(None);
            }
            if let Some(item) = ready!(self.drive(cx)) {
                return Poll::Ready(Some(item));
            }
        }
    }

    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Option<ItemOf<C>>> {
        let Phase::Body { body, chunk, unbroken } = &mut self.phase else { return Poll::Pending };
        for _ in 0..MAX_CHUNKS {
            let mut now = None;
            // Each event and each chunk costs one unit of the task's budget, so that endless ready input leaves room for
            // other tasks.
            let budget = ready!(coop::poll_proceed(cx));
            if let Some(Piece { input, arrived }) = chunk.get() {
                // Also when the input is used up: the call behind an event gives back what a large one took.
                let frame = self.session.handle_bytes(*arrived, input);
                count(&self.reporter, &frame);
                if self.session.ready_state() == ReadyState::Closed {
                    budget.made_progress();
                    if frame.is_err() {
                        // Too large, and part of what is wanted as a whole.
                        return Poll::Ready(self.settle(Left::Nothing));
                    }
                    // That was the last event, or the mark behind it.
                    self.hang_up(None);
                    return Poll::Ready(update_of(frame).map(Ok));
                }
                if let Some(update) = update_of(frame) {
                    budget.made_progress();
                    return Poll::Ready(Some(Ok(update)));
                }
                chunk.clear();
                // What the consumer took its time over is no silence of the server.
                self.session.handle_waiting(*now.insert(self.timer.now()));
                if *unbroken >= FLOOD {
                    // The timer is looked at when there is nothing to read, and there always is. It gives a moment to what
                    // has piled up while the consumer was away: there may be an event behind so many comments.
                    if let Step::Read { deadline } = self.session.step() {
                        if self.timer.poll(cx, deadline).is_ready() {
                            return Poll::Ready(self.expire());
                        }
                    }
                }
            }
            let Poll::Ready(next) = body.as_mut().poll_next(cx) else {
                *unbroken = 0;
                return Poll::Pending;
            };
            match next {
                Some(Ok(bytes)) => {
                    budget.made_progress();
                    *unbroken = unbroken.saturating_add(1);
                    self.reporter.bytes(bytes.len());
                    // The clock is read by the chunk: an event costs less than that. Of one that was there already it came
                    // when the one before was used up.
                    chunk.set(bytes, now.unwrap_or_else(|| self.timer.now()));
                }
                // An attempt that got as far as a body was not futile, and neither is the next one.
                Some(Err(error)) => return Poll::Ready(self.break_off(End::TransportError, error)),
                None => {
                    self.session.handle_end(self.timer.now(), End::Eof);
                    return Poll::Ready(self.settle(Left::Nothing));
                }
            }
        }
        // Not every task has a budget.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Reads what the server says of its refusal, and then reports it.
    fn poll_explanation(&mut self, cx: &mut Context<'_>) -> Poll<Option<ItemOf<C>>> {
        let Phase::Explanation(explanation) = &mut self.phase else { return Poll::Ready(None) };
        ready!(explanation.poll(cx, &mut self.timer));
        let Phase::Explanation(explanation) = mem::replace(&mut self.phase, Phase::Idle) else {
            return Poll::Ready(None);
        };
        let Explanation { limit, head, read, .. } = *explanation;
        let cause = self.close_reason().and_then(CloseReason::cause).cloned();
        let failure = |cause| Failure::Response { cause, head: Box::new(head), body: read.freeze() };
        Poll::Ready(cause.map(|cause| Err(Error::new(limit, failure(cause)))))
    }
}

/// For the monitor. A dropped event is worth a warning in any case.
#[inline]
fn count<H>(reporter: &Reporter<H>, frame: &Result<Option<OwnedFrame>, DecodeError>) {
    match frame {
        Ok(Some(OwnedFrame::Event(_))) => reporter.event(),
        Ok(_) => {}
        Err(error) => {
            tracing::warn!(name: "sse.dropped", target: "sse", %error);
            reporter.dropped();
        }
    }
}
