//! HTTP/2 connections that requests to one origin share.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::uri::Authority;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http2::SendRequest;
use pin_project_lite::pin_project;

use crate::alert::Alert;

/// The most requests at a time on one connection. RFC 9113, 6.5.2, recommends to servers that they allow no fewer. One
/// more than a server allows would wait for another to end, and event streams do not end.
const MAX_STREAMS: usize = 100;

/// The connections at hand, by origin (all are of `https`). They are held by the responses that come over them and by
/// nothing else: with the last of these a connection is closed.
#[derive(Default)]
pub(crate) struct Connections(Mutex<HashMap<Authority, Arc<Slot>>>);

/// What is known of one origin. Locked while a connection is opened, so that those who want one at the same time wait
/// for it instead of opening each their own.
pub(crate) type Slot = tokio::sync::Mutex<Known>;

#[derive(Default)]
pub(crate) struct Known {
    shared: Vec<Weak<Shared>>,
    /// It chose HTTP/1.1 when it was asked last, which cannot be shared: nobody has to wait for anybody.
    pub(crate) speaks_http1: bool,
}

/// A connection that takes several requests at a time.
pub(crate) struct Shared {
    requests: SendRequest<Full<Bytes>>,
    /// Why the server ended it.
    pub(crate) alert: Alert,
    /// A request was given up before its response head: perhaps the network has lost it. Those on it go on; others had
    /// better ask elsewhere.
    suspect: AtomicBool,
}

impl Connections {
    /// The slot of an origin.
    pub(crate) fn slot(&self, authority: &Authority) -> Arc<Slot> {
        let mut slots = self.lock();
        if let Some(slot) = slots.get(authority) {
            return Arc::clone(slot);
        }
        // Redirects may lead to any number of origins: only what is in use is kept.
        slots.retain(|_, slot| Arc::strong_count(slot) > 1 || slot.try_lock().is_ok_and(|known| known.is_in_use()));
        Arc::clone(slots.entry(authority.clone()).or_default())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Authority, Arc<Slot>>> {
        // Nothing panics while it is held; if it did, the map would be whole all the same.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// A connection that takes another request.
    pub(crate) fn find(&mut self) -> Option<Arc<Shared>> {
        self.shared.retain(|shared| shared.strong_count() > 0);
        self.shared.iter().filter_map(Weak::upgrade).find(|shared| {
            // One of the references is the one just made.
            !shared.requests.is_closed()
                && !shared.suspect.load(Ordering::Relaxed)
                && Arc::strong_count(shared) <= MAX_STREAMS
        })
    }

    /// Offers a connection to others.
    pub(crate) fn add(&mut self, shared: &Arc<Shared>) {
        self.speaks_http1 = false;
        self.shared.push(Arc::downgrade(shared));
    }

    fn is_in_use(&self) -> bool {
        self.shared.iter().any(|shared| shared.strong_count() > 0)
    }
}

impl Shared {
    pub(crate) fn new(requests: SendRequest<Full<Bytes>>, alert: Alert) -> Arc<Self> {
        Arc::new(Self { requests, alert, suspect: AtomicBool::new(false) })
    }

    /// Sends a request. The connection lives as long as the response's body.
    pub(crate) async fn send(
        self: Arc<Self>,
        request: ClientRequest,
    ) -> Result<Response<ResponseBody>, TrySendError<ClientRequest>> {
        let mut unanswered = Unanswered(Some(&self));
        let response = self.requests.clone().try_send_request(request).await;
        unanswered.0 = None;
        drop(unanswered);
        Ok(response?.map(|incoming| ResponseBody { incoming, _shared: Some(self) }))
    }
}

type ClientRequest = Request<Full<Bytes>>;

/// Marks the connection of a request that is dropped while it waits.
struct Unanswered<'a>(Option<&'a Shared>);

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if let Some(shared) = self.0 {
            shared.suspect.store(true, Ordering::Relaxed);
        }
    }
}

pin_project! {
    /// The body of a response of an [`HttpClient`](crate::HttpClient). Dropping it ends the response: with it goes the
    /// connection, unless other responses come over it too.
    #[derive(Debug)]
    pub struct ResponseBody {
        #[pin]
        incoming: Incoming,
        // Dropped behind the body.
        _shared: Option<Arc<Shared>>,
    }
}

impl ResponseBody {
    /// Of a connection that nobody else uses.
    pub(crate) fn alone(incoming: Incoming) -> Self {
        Self { incoming, _shared: None }
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.project().incoming.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_in_use_is_forgotten() {
        let connections = Connections::default();
        let name = |number: u32| Authority::try_from(format!("{number}.test")).unwrap();
        let held = connections.slot(&name(0));
        for number in 1..100 {
            connections.slot(&name(number));
        }
        assert_eq!(connections.lock().len(), 2);
        assert!(Arc::ptr_eq(&held, &connections.slot(&name(0))));
    }
}
