//! What the next request is: the decision of who uses an event source.

use std::error::Error;
use std::pin::Pin;

/// Decides what each attempt requests, `R` being the request of an HTTP library.
///
/// For a fresh token, a changed query, the next one of several servers. The default of the adapters is to send the same
/// request each time. A closure from the last event ID to a future is one; a type that implements it can keep what it
/// needs from one attempt to the next.
///
/// ```
/// use sse_tokio::{NextRequest, RequestStrategy};
///
/// /// Goes from one server to the next with each attempt. (A request is an address here.)
/// struct RoundRobin {
///     servers: Vec<&'static str>,
///     attempts: usize,
/// }
///
/// impl RequestStrategy<String> for RoundRobin {
///     fn next_request(&mut self, _last_event_id: Option<&str>) -> NextRequest<String> {
///         let server = self.servers[self.attempts % self.servers.len()];
///         self.attempts += 1;
///         Box::pin(async move { Ok(format!("https://{server}/stream")) })
///     }
/// }
/// # let mut strategy = RoundRobin { servers: vec!["a.example", "b.example"], attempts: 0 };
/// # let _ = (strategy.next_request(None), strategy.next_request(Some("1")));
/// # assert_eq!(strategy.attempts, 2);
/// ```
pub trait RequestStrategy<R>: Send {
    /// The request of the attempt that begins now.
    ///
    /// The last event ID goes into the `Last-Event-ID` field without its doing. If it fails, so does the attempt, which is
    /// retried like any that the network made fail; with [`NoRequest`] it never is. The deadline of the response head covers the time that it takes.
    fn next_request(&mut self, last_event_id: Option<&str>) -> NextRequest<R>;
}

/// The error of a strategy that has no request, neither now nor later: a call that must not be made twice, a token that was
/// revoked. It ends the event source for good, also as the source of another error. It says what its reason says.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct NoRequest(Box<dyn Error + Send + Sync>);

impl NoRequest {
    /// For this reason: an error, or a text.
    pub fn new(reason: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(reason.into())
    }
}

/// A request in the making.
pub type NextRequest<R> = Pin<Box<dyn Future<Output = Result<R, Box<dyn Error + Send + Sync>>> + Send>>;

impl<R, F, M> RequestStrategy<R> for F
where
    F: FnMut(Option<&str>) -> M + Send,
    M: Future<Output = Result<R, Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    fn next_request(&mut self, last_event_id: Option<&str>) -> NextRequest<R> {
        Box::pin(self(last_event_id))
    }
}
