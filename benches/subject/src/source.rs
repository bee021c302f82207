//! Our whole client over bytes that are there already: a session, its clock and its adapter, and no HTTP.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::iter::Cloned;
use std::slice;

use bytes::Bytes;
use futures_util::stream::{self, Iter};
use sse_tokio::{Connect, EventSource, Response, ResponseHead, Update};

use crate::decode::Candidate;
use crate::{Tally, drain};

/// The events of a source.
pub const SOURCE: Candidate = Candidate { name: "ours, source", decode: source };
/// Everything that happens to it.
pub const UPDATES: Candidate = Candidate { name: "ours, updates", decode: updates };

/// A server that sends these chunks and ends.
struct Server<'c>(&'c [Bytes]);

type Chunks<'c> = std::iter::Map<Cloned<slice::Iter<'c, Bytes>>, fn(Bytes) -> Result<Bytes, Infallible>>;

impl<'c> Connect for Server<'c> {
    type Head = ();
    type Error = Infallible;
    type Body = Iter<Chunks<'c>>;
    type Attempt = Ready<Result<Response<(), Self::Body>, Infallible>>;

    fn connect(&mut self, _: Option<&str>) -> Self::Attempt {
        let ok: fn(Bytes) -> Result<Bytes, Infallible> = Ok;
        ready(Ok(Response { head: (), body: stream::iter(self.0.iter().cloned().map(ok)) }))
    }

    fn response_head<'h>(&mut self, (): &'h ()) -> ResponseHead<'h> {
        ResponseHead::new(200).with_content_type(Some(b"text/event-stream"))
    }
}

fn source(chunks: &[Bytes]) -> Tally {
    let mut tally = Tally::default();
    drain(EventSource::once(Server(chunks)), |event| {
        let event = event.expect("no failure");
        tally.count(event.event_type(), event.data(), event.last_event_id());
    });
    tally
}

fn updates(chunks: &[Bytes]) -> Tally {
    let mut tally = Tally::default();
    drain(EventSource::once(Server(chunks)).updates(), |update| {
        if let Update::Event(event) = update.expect("no failure") {
            tally.count(event.event_type(), event.data(), event.last_event_id());
        }
    });
    tally
}
