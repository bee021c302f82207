//! Where an attempt begins, and what comes of it and of its connection.

use std::error::Error as _;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use sse_client::{CloseReason, End, Step};
use tokio::time::Instant;

use super::{Chunk, ItemOf, Phase, UpdateOf, Updates, enter};
use crate::connect::{Connect, Response};
use crate::error::{Error, Failure};
use crate::explanation::Explanation;
use crate::update::Update;

/// What an attempt or a connection left behind.
pub(super) enum Left<C: Connect> {
    Response(C::Head, Pin<Box<C::Body>>),
    Error(C::Error),
    Nothing,
}

impl<C: Connect> Updates<C> {
    pub(super) fn begin(&mut self) -> UpdateOf<C> {
        let last_event_id = match self.session.step() {
            Step::Connect { last_event_id } => last_event_id.map(str::to_owned),
            _ => None,
        };
        let unsendable_id = self.session.unsendable_last_event_id().map(str::to_owned);
        self.attempts += 1;
        let span = tracing::debug_span!(target: "sse", "sse.connection", attempt = self.attempts);
        self.span = (!span.is_disabled()).then(|| Box::new(span));
        let _in_it = enter(&self.span);
        tracing::debug!(name: "sse.connecting", target: "sse", attempt = self.attempts, last_event_id, "connecting");
        self.reporter.connecting(self.attempts);
        if let Some(id) = &unsendable_id {
            let beginning: String = id.chars().take(100).collect();
            tracing::warn!(
                name: "sse.unsendable_id",
                target: "sse",
                ?beginning,
                bytes = id.len(),
                "the last event ID cannot be sent in a header: the server starts where it likes"
            );
        }
        self.phase = Phase::Attempt(Box::pin(self.connect.connect(last_event_id.as_deref())));
        Update::Connecting { attempt: self.attempts, last_event_id, unsendable_id }
    }

    /// The head is there: what the session makes of it decides what the body is.
    pub(super) fn announce(&mut self, response: Response<C::Head, C::Body>) -> Option<ItemOf<C>> {
        let Response { head, body } = response;
        let body = Box::pin(body);
        self.session.handle_head(self.timer.now(), self.connect.response_head(&head));
        if !matches!(self.session.step(), Step::Read { .. }) {
            return self.settle(Left::Response(head, body));
        }
        tracing::debug!(name: "sse.open", target: "sse", attempt = self.attempts, "open");
        let head = Arc::new(head);
        self.reporter.open(&head);
        self.head = Some(Arc::clone(&head));
        self.phase = Phase::Body { body, chunk: Chunk::NONE, unbroken: 0 };
        Some(Ok(Update::Open(head)))
    }

    /// The attempt or the body ended with an error.
    pub(super) fn break_off(&mut self, end: End, error: C::Error) -> Option<ItemOf<C>> {
        self.session.handle_end(self.timer.now(), end);
        self.settle(Left::Error(error))
    }

    /// Time has passed.
    pub(super) fn expire(&mut self) -> Option<ItemOf<C>> {
        self.session.handle_timeout(self.timer.now());
        self.settle(Left::Nothing)
    }

    /// Reports what the last input led to, if the connection is gone.
    pub(super) fn settle(&mut self, left: Left<C>) -> Option<ItemOf<C>> {
        let (until, limit, cause) = match self.session.step() {
            Step::Connect { .. } | Step::AwaitHead { .. } | Step::Read { .. } => return None,
            Step::Wait { until, cause } => (Some(until), None, Some(cause.clone())),
            Step::Closed(CloseReason::GaveUp { limit, cause }) => (None, Some(*limit), Some(cause.clone())),
            Step::Closed(reason) => (None, None, reason.cause().cloned()),
        };
        self.hang_up(match &left {
            Left::Error(error) => Some(error),
            Left::Response(..) | Left::Nothing => None,
        });
        let cause = cause?;
        let failure = match left {
            Left::Response(head, body) if until.is_none() => {
                self.phase = Phase::Explanation(Box::new(Explanation::new(limit, head, body, self.timer.now())));
                return None;
            }
            Left::Response(head, _) => Failure::Response { cause, head: Box::new(head), body: Bytes::new() },
            Left::Error(source) => Failure::Transport { cause, source },
            Left::Nothing => Failure::Lost(cause),
        };
        Some(match until {
            Some(until) => {
                let until = self.timer.instant(until);
                let wait = until.saturating_duration_since(Instant::now());
                let error = failure.source().map(tracing::field::display);
                tracing::debug!(name: "sse.waiting", target: "sse", %failure, error, ?wait, "waiting");
                self.reporter.waiting(until, failure.cause());
                Ok(Update::Waiting { until, failure })
            }
            None => Err(Error::new(limit, failure)),
        })
    }
}
