//! What is measured for the report: rows of figures, one row per shape and cut, or per shape and way to encode.

use std::hint::black_box;
use std::time::{Duration, Instant};

use benches::{decoders, encoders, floors};
use subject::decode::{self, Candidate};
use subject::encode::{self, Message, Takes};
use subject::shapes::{Cut, Shape};
use subject::{Tally, callgrind, shapes};

use crate::measure::{Runner, in_turn};
use crate::node;

/// Who a figure belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Ours,
    Peer,
    /// What nobody can do without.
    Floor,
}

/// What one candidate did.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// How it gets what it encodes. A decoder borrows its chunks.
    takes: Takes,
    /// Nanoseconds, or instructions, of all the bytes.
    pub(crate) cost: f64,
    /// What it handed out that is not what ours did.
    pub(crate) wrong: Option<String>,
}

/// What all of them did with one input.
pub(crate) struct Row {
    pub(crate) shape: &'static str,
    /// How the input is cut, or the way to encode.
    pub(crate) way: String,
    pub(crate) bytes: usize,
    pub(crate) events: usize,
    pub(crate) chunks: usize,
    pub(crate) figures: Vec<Figure>,
}

impl Row {
    pub(crate) fn figure(&self, name: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.name == name)
    }

    /// What it cost. Not a number if it was not measured, which no comparison takes for good.
    pub(crate) fn cost(&self, name: &str) -> f64 {
        self.figure(name).map_or(f64::NAN, |figure| figure.cost)
    }

    /// The fastest of the peers that are right.
    pub(crate) fn fastest_peer(&self) -> Option<&Figure> {
        let peers = self.figures.iter().filter(|figure| figure.kind == Kind::Peer && figure.wrong.is_none());
        peers.min_by(|a, b| a.cost.total_cmp(&b.cost))
    }

    /// Of encoding: the peer that comes nearest to ours, where both are given their strings in the same way; how many times
    /// as fast as it ours is; and how many times a copy of the data is.
    pub(crate) fn nearest_peer(&self) -> Option<(&'static str, f64, f64)> {
        let cost = |kind, takes| {
            let mut figures = self.figures.iter().filter(|figure| figure.kind == kind && figure.takes == takes);
            figures.next().map_or(f64::NAN, |figure| figure.cost)
        };
        let peers = self.figures.iter().filter(|figure| figure.kind == Kind::Peer && figure.wrong.is_none());
        let beside = peers.map(|peer| {
            (peer.name, peer.cost / cost(Kind::Ours, peer.takes), peer.cost / cost(Kind::Floor, peer.takes))
        });
        beside.min_by(|(_, a, _), (_, b, _)| a.total_cmp(b))
    }

    /// How many times as fast as the fastest peer it is.
    pub(crate) fn ratio(&self, name: &str) -> f64 {
        self.peer() / self.cost(name)
    }

    /// Finding line ends, by the faster way, and then checking UTF-8.
    pub(crate) fn bound(&self) -> f64 {
        self.search() + self.cost(floors::UTF8.name)
    }

    fn search(&self) -> f64 {
        self.cost(floors::MASKS.name).min(self.cost(floors::SEARCH.name))
    }

    /// How many times as fast as the fastest peer a decoder can be that lends: it looks for line ends, and copies what is
    /// cut or joined.
    pub(crate) fn limit_of_lending(&self) -> f64 {
        let copies = self.shape == "multi" || self.bytes / self.events > self.bytes / self.chunks;
        let copy = if copies { self.cost(floors::MEMCPY.name) } else { 0.0 };
        self.peer() / (self.search() + copy)
    }

    /// The same for one that lends as ours does, is given a share of each chunk, and gives back one for each event.
    pub(crate) fn limit_of_sharing(&self) -> f64 {
        let one = self.cost(floors::SHARE.name) / self.chunks as f64 / 2.0;
        let (taken, given_back) = (self.chunks, self.events.max(self.chunks));
        self.peer() / (self.cost(decode::LENT.name) + one * (taken + given_back) as f64)
    }

    fn peer(&self) -> f64 {
        self.fastest_peer().map_or(f64::NAN, |peer| peer.cost)
    }
}

fn candidates() -> impl Iterator<Item = (Kind, Candidate)> {
    let ours = [decode::LENT, decode::OWNED, decode::TOKIO].map(|candidate| (Kind::Ours, candidate));
    ours.into_iter().chain(decoders::PEERS.map(|candidate| (Kind::Peer, candidate)))
}

/// Decoding one shape, cut in one way.
pub(crate) fn decode(shape: &Shape, cut: Cut) -> Row {
    let chunks = &shape.chunks(cut);
    let expected = (decode::LENT.decode)(chunks);
    let mut figures = Vec::new();
    let mut runners: Vec<Runner<'_>> = Vec::new();
    for (kind, Candidate { name, decode }) in candidates() {
        figures.push(Figure {
            name,
            kind,
            takes: Takes::Borrowed,
            cost: f64::NAN,
            wrong: difference(decode(chunks), expected),
        });
        runners.push(Box::new(move |times| {
            let start = Instant::now();
            (0..times).for_each(|_| _ = black_box(decode(black_box(chunks))));
            start.elapsed()
        }));
    }
    for floors::Floor { name, run } in floors::ALL {
        figures.push(Figure { name, kind: Kind::Floor, takes: Takes::Borrowed, cost: f64::NAN, wrong: None });
        runners.push(Box::new(move |times| {
            let start = Instant::now();
            (0..times).for_each(|_| _ = black_box(run(black_box(chunks))));
            start.elapsed()
        }));
    }
    for (figure, cost) in figures.iter_mut().zip(in_turn(&mut runners)) {
        figure.cost = cost;
    }
    if let Some((cost, tally)) = node::decode(&shape.stream(cut), cut.length(shape)) {
        let (kind, takes) = (Kind::Peer, Takes::Borrowed);
        figures.push(Figure { name: node::NAME, kind, takes, cost, wrong: difference(tally, expected) });
    }
    // If nobody agrees, it may be ours that is wrong.
    assert!(figures.iter().any(|figure| figure.kind == Kind::Peer && figure.wrong.is_none()), "{}", shape.name);
    let bytes = chunks.iter().map(|chunk| chunk.len()).sum();
    Row { shape: shape.name, way: cut.name(), bytes, events: expected.events, chunks: chunks.len(), figures }
}

/// So many places for data that is to be encoded, spread over a page.
const PLACES: usize = 31;
const PAGE: usize = 4096;

/// The ways to encode: into a buffer that is used again, and each event a value of its own.
pub(crate) const WAYS: [&str; 2] = ["reused buffer", "fresh value"];

/// Encoding one message in one way.
pub(crate) fn encode(message: &Message, way: &str) -> Row {
    let output = (encode::REUSED.output)(message);
    let expected = tally_of(&output);
    let (ours, given, peers, floors) = if way == WAYS[0] {
        (vec![encode::REUSED], encode::REUSED_GIVEN, encoders::REUSED, encoders::MEMCPY_REUSED)
    } else {
        (vec![encode::FRESH, encode::SLICES], encode::FRESH_GIVEN, encoders::FRESH, encoders::MEMCPY_FRESH)
    };
    let ours = ours.into_iter().chain(given).map(|candidate| (Kind::Ours, candidate));
    let floors = floors.into_iter().map(|candidate| (Kind::Floor, candidate));
    let peers = peers.into_iter().map(|candidate| (Kind::Peer, candidate));
    // How fast bytes are copied depends on where they lie: in each round somewhere else, and for all the same.
    let placed: Vec<_> = (0..PLACES).map(|place| message.placed(place * PAGE / PLACES + place)).collect();
    let mut figures = Vec::new();
    let mut runners: Vec<Runner<'_>> = Vec::new();
    for (kind, candidate) in ours.chain(peers).chain(floors) {
        let wrong = difference(tally_of(&(candidate.output)(message)), expected).filter(|_| kind != Kind::Floor);
        let (name, takes) = (candidate.name, candidate.takes);
        figures.push(Figure { name, kind, takes, cost: f64::NAN, wrong });
        let mut places = placed.iter().cycle();
        runners.push(Box::new(move |times| {
            places.next().map_or(Duration::ZERO, |placed| (candidate.encode)(placed, times))
        }));
    }
    for (figure, cost) in figures.iter_mut().zip(in_turn(&mut runners)) {
        figure.cost = cost;
    }
    Row { shape: message.shape, way: way.to_owned(), bytes: output.len(), events: 1, chunks: 1, figures }
}

/// What a receiver reads in what an encoder wrote.
fn tally_of(output: &[u8]) -> Tally {
    (decode::LENT.decode)(&[bytes::Bytes::copy_from_slice(output)])
}

fn difference(tally: Tally, expected: Tally) -> Option<String> {
    let parts = [
        ("events", tally.events, expected.events),
        ("bytes of data", tally.data, expected.data),
        ("bytes of types", tally.types, expected.types),
        ("bytes of ids", tally.ids, expected.ids),
    ];
    let (what, got, expected) = parts.into_iter().find(|(_, got, expected)| got != expected)?;
    Some(format!("{got} {what} instead of {expected}"))
}

/// Work to count, in the order of [`instructions`].
pub(crate) fn count_instructions() {
    for shape in shapes::all() {
        let chunks = shape.chunks(Cut::Event);
        for (_, candidate) in candidates() {
            // Once before: what is found out once, such as the processor's features, is not counted.
            (candidate.decode)(&chunks);
            callgrind::counted(&mut || _ = black_box((candidate.decode)(&chunks)));
        }
    }
}

/// The instructions of decoding one event a chunk. None where there is no valgrind.
pub(crate) fn instructions() -> Vec<Row> {
    let counts = callgrind::count().unwrap_or_else(|error| {
        eprintln!("no instructions: {error}");
        Vec::new()
    });
    let mut counts = counts.into_iter();
    let mut rows = Vec::new();
    for shape in shapes::all() {
        let chunks = shape.chunks(Cut::Event);
        let expected = (decode::LENT.decode)(&chunks);
        let figures: Vec<_> = candidates()
            .map_while(|(kind, candidate)| {
                let wrong = difference((candidate.decode)(&chunks), expected);
                let (name, takes) = (candidate.name, Takes::Borrowed);
                Some(Figure { name, kind, takes, cost: counts.next()? as f64, wrong })
            })
            .collect();
        if !figures.is_empty() {
            let bytes = chunks.iter().map(|chunk| chunk.len()).sum();
            let (events, chunks) = (expected.events, chunks.len());
            rows.push(Row { shape: shape.name, way: Cut::Event.name(), bytes, events, chunks, figures });
        }
    }
    rows
}
