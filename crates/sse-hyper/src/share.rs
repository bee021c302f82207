//! HTTP/2 connections that requests to one origin share.

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bytes::Bytes;
use http::uri::Authority;
use http::{Request, Response};
use http_body_util::Full;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::TokioExecutor;

use crate::alert::Alert;
use crate::dial::BoxIo;
use crate::response::ResponseBody;

/// The most requests at a time on one connection, where the server allows as many: RFC 9113, 6.5.2, recommends to servers
/// that they allow no fewer. One more than it allows would wait for another to end, and event streams do not end. hyper,
/// too, takes a server to allow 100 until it has said how many.
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
    /// For what the server says of it. It belongs to the task that drives it: when that ends, or its runtime, the requests
    /// that it has not taken go back to those who made them.
    connection: Weak<Mutex<Http2>>,
    /// Why the server ended it.
    pub(crate) alert: Alert,
    /// A request was given up before its response head, or a response before its end: perhaps the network has lost it. Or
    /// the server says that it is not the right one. Those on it go on; others had better ask elsewhere.
    suspect: AtomicBool,
}

/// hyper's side of a connection.
pub(crate) type Http2 = http2::Connection<BoxIo, Full<Bytes>, TokioExecutor>;

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
        lock(&self.0)
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
                && Arc::strong_count(shared) <= shared.max_streams()
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
    /// Of a connection just opened, which is driven from here on.
    pub(crate) fn new(requests: SendRequest<Full<Bytes>>, connection: Http2, alert: Alert) -> Arc<Self> {
        let driven = Arc::new(Mutex::new(connection));
        let connection = Arc::downgrade(&driven);
        tokio::spawn(poll_fn(move |cx| Pin::new(&mut *lock(&driven)).poll(cx)));
        Arc::new(Self { requests, connection, alert, suspect: AtomicBool::new(false) })
    }

    /// How many requests at a time it takes: what the server says by `SETTINGS_MAX_CONCURRENT_STREAMS`, once that is here.
    fn max_streams(&self) -> usize {
        self.connection.upgrade().map_or(0, |connection| lock(&connection).current_max_send_streams().min(MAX_STREAMS))
    }

    fn suspect(&self) {
        self.suspect.store(true, Ordering::Relaxed);
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
        let mut response = response?;
        response.extensions_mut().insert(Carrier(Arc::downgrade(&self)));
        Ok(response.map(|incoming| ResponseBody::beside_others(incoming, self)))
    }
}

type ClientRequest = Request<Full<Bytes>>;

/// Marks the connection of a request that is dropped while it waits.
struct Unanswered<'a>(Option<&'a Shared>);

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if let Some(shared) = self.0 {
            shared.suspect();
        }
    }
}

/// Among a response's extensions: the connection that it came over, if that is shared.
#[derive(Clone)]
pub(crate) struct Carrier(Weak<Shared>);

impl Carrier {
    /// Keeps further requests off the connection.
    pub(crate) fn suspect(&self) {
        if let Some(shared) = self.0.upgrade() {
            shared.suspect();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // If anything panics while one is held, what is inside is whole all the same.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
