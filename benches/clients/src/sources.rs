//! The clients: each makes a stream of event sources' events, as its own documentation does it.

use std::hint::black_box;
use std::pin::Pin;

use bytes::Bytes;
use eventsource_client::Client as _;
use futures_util::{Stream, StreamExt as _, future::ready};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use sse_client::Policy;
use sse_codec::{BytesInput, Decoder, Frame, Input, OwnedFrame};
use sse_reqwest::RequestBuilderExt as _;
use sse_reqwest_client::RequestBuilderExt as _;

use crate::Result;

/// How many bytes of data each event has; of a drain, how many bytes each piece.
pub(crate) type Source = Pin<Box<dyn Stream<Item = usize>>>;

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
    Ok(Box::new(|url| {
        let source = sse_hyper::Connector::get(url)?.subscribe(Policy::default());
        Ok(source.map(|event| event.map_or(0, |event| event.data().len())).boxed_local())
    }))
}

fn sse_reqwest() -> Result<Open> {
    let client = reqwest::Client::new();
    Ok(Box::new(move |url| {
        let source = client.get(url).event_source()?;
        Ok(source.map(|event| event.map_or(0, |event| event.data().len())).boxed_local())
    }))
}

fn sse_reqwest_client() -> Result<Open> {
    let client = reqwest::Client::new();
    Ok(Box::new(move |url| {
        let source = client.get(url).into_event_source();
        Ok(source
            .filter_map(|event| {
                ready(match event {
                    Ok(sse_reqwest_client::SseEvent::Message(event)) => Some(event.data.len()),
                    _ => None,
                })
            })
            .boxed_local())
    }))
}

fn eventsource_client() -> Result<Open> {
    let transport = launchdarkly_sdk_transport::HyperTransport::new()?;
    Ok(Box::new(move |url| {
        let client = eventsource_client::ClientBuilder::for_url(url)
            .map_err(|error| format!("{error:?}"))?
            .build_with_transport(transport.clone());
        Ok(client
            .stream()
            .filter_map(|event| {
                ready(match event {
                    Ok(eventsource_client::SSE::Event(event)) => Some(event.data.len()),
                    _ => None,
                })
            })
            .boxed_local())
    }))
}

fn reqwest_eventsource() -> Result<Open> {
    let client = reqwest_0_12::Client::new();
    Ok(Box::new(move |url| {
        let source = reqwest_eventsource::EventSource::new(client.get(url))?;
        Ok(source
            .filter_map(|event| {
                ready(match event {
                    Ok(reqwest_eventsource::Event::Message(event)) => Some(event.data.len()),
                    _ => None,
                })
            })
            .boxed_local())
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
    Ok(Box::new(move |url| Ok(body(url)?.map(|bytes| bytes.len()).boxed_local())))
}

fn hyper_lent() -> Result<Open> {
    let body = hyper_body();
    Ok(Box::new(move |url| {
        let mut decoder = Decoder::new();
        let lens = body(url)?.map(move |bytes| {
            let (mut input, mut len) = (Input::new(&bytes), 0);
            while let Ok(Some(frame)) = decoder.decode(&mut input) {
                if let Frame::Event(event) = frame {
                    len += black_box(event.data).len();
                }
            }
            len
        });
        Ok(with_events(lens))
    }))
}

fn hyper_owned() -> Result<Open> {
    let body = hyper_body();
    Ok(Box::new(move |url| {
        let mut decoder = Decoder::new();
        let lens = body(url)?.map(move |bytes| {
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
                    _ => break len,
                }
            }
        });
        Ok(with_events(lens))
    }))
}

/// Without the pieces that end no event.
fn with_events(lens: impl Stream<Item = usize> + 'static) -> Source {
    lens.filter(|len| ready(*len > 0)).boxed_local()
}

fn reqwest_drain() -> Result<Open> {
    let client = reqwest::Client::new();
    Ok(Box::new(move |url| {
        Ok(futures_util::stream::once(client.get(url).send())
            .filter_map(|response| ready(response.ok()))
            .flat_map(|response| response.bytes_stream())
            .map(|bytes| bytes.map_or(0, |bytes| bytes.len()))
            .boxed_local())
    }))
}
