//! The clients: each is opened and read as its own documentation does it.

use std::hint::black_box;
use std::pin::Pin;

use bytes::Bytes;
use eventsource_client::Client as _;
use futures_util::future::{LocalBoxFuture, ready};
use futures_util::{Stream, StreamExt as _};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use sse_client::Policy;
use sse_codec::{BytesInput, Decoder, Frame, Input, OwnedFrame};
use sse_reqwest::RequestBuilderExt as _;
use sse_reqwest_client::RequestBuilderExt as _;

use crate::Result;

/// One that is open.
pub(crate) type Source = Box<dyn Take>;

/// Takes events until they have so many bytes of data, of a drain pieces of so many bytes. Gives how many they had: fewer
/// if it ended or failed.
pub(crate) trait Take {
    fn take(&mut self, bytes: usize) -> LocalBoxFuture<'_, usize>;
}

/// A stream, and how many bytes an item of it has; `None` if it is a failure.
struct Items<S, L>(S, L);

impl<S: Stream + Unpin, L: FnMut(S::Item) -> Option<usize>> Take for Items<S, L> {
    fn take(&mut self, bytes: usize) -> LocalBoxFuture<'_, usize> {
        let Self(items, len) = self;
        // All in one future: what an item costs is its client's, and nothing of this.
        Box::pin(async move {
            let mut taken = 0;
            while taken < bytes {
                let Some(len) = items.next().await.and_then(&mut *len) else { break };
                taken += len;
            }
            taken
        })
    }
}

fn items<S, L>(stream: S, len: L) -> Result<Source>
where
    S: Stream + Unpin + 'static,
    L: FnMut(S::Item) -> Option<usize> + 'static,
{
    Ok(Box::new(Items(stream, len)))
}

/// A client.
pub(crate) struct Candidate {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Makes one that can open many sources: they share what the crate lets them share.
    pub(crate) client: fn() -> Result<Open>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Ours,
    Peer,
    /// Reads the body and nothing else: what can be reached.
    Drain,
    /// Finds the events in the body, with no client around it. The events of each piece at once.
    Floor,
}

impl Kind {
    /// Whether it is to be asked what an idle source of it takes.
    pub(crate) fn is_client(self) -> bool {
        self != Self::Floor
    }
}

/// Opens a source.
pub(crate) type Open = Box<dyn Fn(&str) -> Result<Source>>;

pub(crate) const HYPER_BODY: &str = "hyper, body only";
pub(crate) const REQWEST_BODY: &str = "reqwest, body only";
pub(crate) const LENT: &str = "hyper, events lent";
pub(crate) const OWNED: &str = "hyper, events owned";

pub(crate) const ALL: [Candidate; 9] = [
    Candidate { name: "sse-hyper", kind: Kind::Ours, client: sse_hyper },
    Candidate { name: "sse-reqwest", kind: Kind::Ours, client: sse_reqwest },
    Candidate { name: "sse-reqwest-client 0.4", kind: Kind::Peer, client: sse_reqwest_client },
    Candidate { name: "eventsource-client 0.18", kind: Kind::Peer, client: eventsource_client },
    Candidate { name: "reqwest-eventsource 0.6", kind: Kind::Peer, client: reqwest_eventsource },
    Candidate { name: HYPER_BODY, kind: Kind::Drain, client: hyper_drain },
    Candidate { name: REQWEST_BODY, kind: Kind::Drain, client: reqwest_drain },
    Candidate { name: LENT, kind: Kind::Floor, client: hyper_lent },
    Candidate { name: OWNED, kind: Kind::Floor, client: hyper_owned },
];

pub(crate) fn by_name(name: &str) -> Result<&'static Candidate> {
    Ok(ALL.iter().find(|candidate| candidate.name == name).ok_or("no such client")?)
}

fn sse_hyper() -> Result<Open> {
    // Made before its time is taken, as those of the others are: it reads the platform's certificates.
    let client = sse_hyper::HttpClient::builder().build()?;
    Ok(Box::new(move |url| {
        let source = sse_hyper::Connector::get(url)?.with_service(client.clone()).subscribe(Policy::default());
        items(source, |event| Some(event.ok()?.data().len()))
    }))
}

fn sse_reqwest() -> Result<Open> {
    let client = reqwest::Client::new();
    Ok(Box::new(move |url| {
        let source = client.get(url).event_source()?;
        items(source, |event| Some(event.ok()?.data().len()))
    }))
}

fn sse_reqwest_client() -> Result<Open> {
    let client = reqwest::Client::new();
    Ok(Box::new(move |url| {
        let source = client.get(url).into_event_source();
        items(source, |event| match event.ok()? {
            sse_reqwest_client::SseEvent::Message(event) => Some(event.data.len()),
            _ => Some(0),
        })
    }))
}

fn eventsource_client() -> Result<Open> {
    let transport = launchdarkly_sdk_transport::HyperTransport::new()?;
    Ok(Box::new(move |url| {
        let client = eventsource_client::ClientBuilder::for_url(url)
            .map_err(|error| format!("{error:?}"))?
            .build_with_transport(transport.clone());
        items(client.stream(), |event| match event.ok()? {
            eventsource_client::SSE::Event(event) => Some(event.data.len()),
            _ => Some(0),
        })
    }))
}

fn reqwest_eventsource() -> Result<Open> {
    let client = reqwest_0_12::Client::new();
    Ok(Box::new(move |url| {
        let source = reqwest_eventsource::EventSource::new(client.get(url))?;
        items(source, |event| match event.ok()? {
            reqwest_eventsource::Event::Message(event) => Some(event.data.len()),
            reqwest_eventsource::Event::Open => Some(0),
        })
    }))
}

/// The body of a response, in the pieces that hyper reads.
fn hyper_body() -> impl Fn(&str) -> Result<Pin<Box<dyn Stream<Item = Bytes>>>> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    move |url| {
        let response = client.get(url.parse()?);
        Ok(futures_util::stream::once(response)
            .filter_map(|response| ready(response.ok()))
            .flat_map(|response| response.into_body().into_data_stream())
            .filter_map(|bytes| ready(bytes.ok()))
            .boxed_local())
    }
}

fn hyper_drain() -> Result<Open> {
    let body = hyper_body();
    Ok(Box::new(move |url| items(body(url)?, |bytes| Some(bytes.len()))))
}

fn hyper_lent() -> Result<Open> {
    let body = hyper_body();
    Ok(Box::new(move |url| {
        let mut decoder = Decoder::new();
        items(body(url)?, move |bytes| {
            let (mut input, mut len) = (Input::new(&bytes), 0);
            while let Ok(Some(frame)) = decoder.decode(&mut input) {
                if let Frame::Event(event) = frame {
                    len += black_box(event.data).len();
                }
            }
            Some(len)
        })
    }))
}

fn hyper_owned() -> Result<Open> {
    let body = hyper_body();
    Ok(Box::new(move |url| {
        let mut decoder = Decoder::new();
        items(body(url)?, move |bytes| {
            let (mut input, mut len) = (BytesInput::new(bytes), 0);
            loop {
                // The short way, as our clients go it.
                if let Some(event) = decoder.decode_whole_event(&mut input) {
                    len += event.data().len();
                    continue;
                }
                match decoder.decode_bytes(&mut input) {
                    Ok(Some(OwnedFrame::Event(event))) => len += event.data().len(),
                    Ok(Some(_)) => {}
                    _ => break Some(len),
                }
            }
        })
    }))
}

fn reqwest_drain() -> Result<Open> {
    let client = reqwest::Client::new();
    Ok(Box::new(move |url| {
        let body = futures_util::stream::once(client.get(url).send())
            .filter_map(|response| ready(response.ok()))
            .flat_map(|response| response.bytes_stream());
        items(body.boxed_local(), |bytes| Some(bytes.ok()?.len()))
    }))
}
