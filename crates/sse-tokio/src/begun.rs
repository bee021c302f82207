//! An event source that begins with a response which is there already.

use std::fmt;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use sse_client::{Policy, ResponseHead, Session};

use crate::connect::{Connect, Response};
use crate::source::EventSource;

/// Goes on from a response that the caller has asked for and looked at: the first attempt is that response, for which
/// nothing is sent, and what is sent on each further one is the business of `C`.
///
/// For a call by `POST` whose answer is resumed by `GET`, as in the Model Context Protocol. The adapters' connectors make
/// it: `Connector::beginning_with`. A response that is no event stream, or ends before there is an ID to resume after, is
/// lost like any connection: whether the next request makes sense then is for an
/// [`ErrorStrategy`](crate::ErrorStrategy) to say, which is told the [last event ID](crate::Lost::last_event_id).
///
/// ```
/// # use std::{future::{Ready, ready}, io};
/// # use bytes::Bytes;
/// # use futures_util::stream;
/// # use sse_tokio::{Connect, Response, ResponseHead};
/// # struct Rest;
/// # impl Connect for Rest {
/// #     type Head = u16;
/// #     type Error = io::Error;
/// #     type Body = stream::Iter<std::vec::IntoIter<io::Result<Bytes>>>;
/// #     type Attempt = Ready<io::Result<Response<u16, Self::Body>>>;
/// #     fn connect(&mut self, last_event_id: Option<&str>) -> Self::Attempt {
/// #         assert_eq!(last_event_id, Some("1"));
/// #         ready(Ok(Response { head: 200, body: stream::iter(vec![Ok("id: 2\ndata: b\n\n".into())]) }))
/// #     }
/// #     fn response_head<'h>(&mut self, status: &'h u16) -> ResponseHead<'h> {
/// #         ResponseHead::new(*status).with_content_type(Some(b"text/event-stream"))
/// #     }
/// # }
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// use futures_util::StreamExt as _;
/// use sse_tokio::{Begun, Policy};
///
/// // `Rest` is a server in memory that is asked for what comes behind event 1.
/// let first = Response { head: 200, body: stream::iter(vec![Ok("id: 1\ndata: a\n\n".into())]) };
/// let mut events = Begun::new(first, Rest).subscribe(Policy::default());
/// assert_eq!(events.next().await.unwrap().unwrap().data(), "a");
/// assert_eq!(events.next().await.unwrap().unwrap().data(), "b");
/// # }
/// ```
pub struct Begun<C: Connect> {
    first: Option<Response<C::Head, C::Body>>,
    then: C,
}

impl<C: Connect> Begun<C> {
    /// From a response in the terms of `C`.
    pub fn new(first: Response<C::Head, C::Body>, then: C) -> Self {
        Self { first: Some(first), then }
    }

    /// An event source that reconnects by this policy, and resumes after the last event.
    #[must_use]
    pub fn subscribe(self, policy: Policy) -> EventSource<Self> {
        EventSource::subscribe(self, policy)
    }

    /// An event source driven by this session.
    #[must_use]
    pub fn with_session(self, session: Session) -> EventSource<Self> {
        EventSource::new(self, session)
    }
}

impl<C: Connect> fmt::Debug for Begun<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").field("begun", &self.first.is_none()).finish_non_exhaustive()
    }
}

impl<C: Connect> Connect for Begun<C> {
    type Head = C::Head;
    type Error = C::Error;
    type Body = C::Body;
    type Attempt = BegunAttempt<C>;

    fn connect(&mut self, last_event_id: Option<&str>) -> Self::Attempt {
        let attempt = match self.first.take() {
            Some(first) => Attempt::First { response: ready(Ok(first)) },
            None => Attempt::Further { attempt: self.then.connect(last_event_id) },
        };
        BegunAttempt { attempt }
    }

    fn response_head<'h>(&mut self, head: &'h C::Head) -> ResponseHead<'h> {
        self.then.response_head(head)
    }

    fn is_futile(&self, error: &C::Error) -> bool {
        self.then.is_futile(error)
    }

    fn is_unsent(&self, error: &C::Error) -> bool {
        self.then.is_unsent(error)
    }
}

pin_project! {
    /// An attempt of [`Begun`]: the first one is ready.
    pub struct BegunAttempt<C: Connect> {
        #[pin]
        attempt: Attempt<Ready<ResultOf<C>>, C::Attempt>,
    }
}

type ResultOf<C> = Result<Response<<C as Connect>::Head, <C as Connect>::Body>, <C as Connect>::Error>;

pin_project! {
    #[project = Projected]
    enum Attempt<R, A> {
        First { response: R },
        Further { #[pin] attempt: A },
    }
}

impl<C: Connect> Future for BegunAttempt<C> {
    type Output = ResultOf<C>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().attempt.project() {
            Projected::First { response } => Pin::new(response).poll(cx),
            Projected::Further { attempt } => attempt.poll(cx),
        }
    }
}

impl<C: Connect> fmt::Debug for BegunAttempt<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BegunAttempt").finish_non_exhaustive()
    }
}
