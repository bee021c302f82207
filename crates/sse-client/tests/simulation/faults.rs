//! What may go wrong.

use fastrand::Rng;

use crate::terms::Terms;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// The attempt fails before it reaches the server.
    Refuse,
    /// The attempt fails before it reaches the server, and would at any time.
    Futile,
    /// The request is lost, and nobody says so.
    LoseRequest,
    /// The server takes the request and never answers.
    NoHead,
    /// The answer takes its time: it may come when the client is at its next attempt.
    SlowHead,
    /// The connection breaks, and the client hears of it.
    Reset,
    /// The connection ends anywhere as if that were the end of the stream: a proxy's doing.
    Eof,
    /// The connection breaks, and the client does not hear of it.
    HalfOpen,
    /// Chunks take their time: a stall in mid-event, bytes of a connection that has been given up.
    SlowChunks,
    /// Chunks of a few bytes.
    SmallChunks,
    /// The server says that it is overloaded, with or without `Retry-After`.
    Unavailable,
    /// The server ends the stream after a few events, or none.
    CloseEarly,
    /// The server gives an answer that ends a subscription for good.
    Fatal,
}

impl Fault {
    const ALL: [Self; 13] = [
        Self::Refuse,
        Self::Futile,
        Self::LoseRequest,
        Self::NoHead,
        Self::SlowHead,
        Self::Reset,
        Self::Eof,
        Self::HalfOpen,
        Self::SlowChunks,
        Self::SmallChunks,
        Self::Unavailable,
        Self::CloseEarly,
        Self::Fatal,
    ];
}

/// The faults of a schedule: some of all there are, so that each of them is also seen without the others.
#[derive(Debug)]
pub(crate) struct Faults {
    some: Vec<Fault>,
}

impl Faults {
    pub(crate) fn roll(rng: &mut Rng, terms: &Terms) -> Self {
        let is_noticed = |fault: Fault| match fault {
            // Only a deadline ends these, so a client without it would wait for ever, as is its user's wish.
            Fault::LoseRequest | Fault::NoHead => terms.head.or(terms.total).is_some(),
            Fault::HalfOpen => terms.byte_idle.or(terms.event_idle).or(terms.total).is_some(),
            _ => true,
        };
        let mut some: Vec<_> = Fault::ALL.into_iter().filter(|fault| is_noticed(*fault) && rng.u8(..) < 80).collect();
        if rng.u8(..) < 200 {
            some.retain(|fault| !matches!(fault, Fault::Fatal | Fault::Futile));
        }
        Self { some }
    }

    /// Whether it happens now.
    pub(crate) fn strikes(&self, rng: &mut Rng, fault: Fault) -> bool {
        self.some.iter().any(|one| *one as u8 == fault as u8) && rng.bool()
    }

    /// From now on all goes well.
    pub(crate) fn heal(&mut self) {
        self.some.clear();
    }
}
