//! The way of a connection's bytes to the client: in order, but in any chunks, at any time, or not to the end.

use std::time::Duration;

use fastrand::Rng;
use sse_client::End;

use crate::faults::{Fault, Faults};
use crate::terms::{ms, one_of};

/// How a connection breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The client hears of it.
    Reset,
    /// The client takes it for the end of the stream.
    Eof,
    /// The client hears nothing, now or later.
    HalfOpen,
}

/// What comes out at the client's end.
pub(crate) enum Parcel {
    /// The bytes up to this one.
    Bytes(usize),
    End(End),
}

pub(crate) struct Link {
    /// It breaks behind so many bytes.
    pub(crate) cut: Option<(usize, Cut)>,
    /// So many bytes are on their way, or through.
    pub(crate) carried: usize,
    /// When the last of them arrives: what follows comes later.
    last: Duration,
    over: bool,
}

/// How long something takes that is not slow.
pub(crate) fn delay(rng: &mut Rng) -> Duration {
    one_of(rng, &[0, 0, 1, 10, 40].map(ms))
}

/// How long something takes that is.
pub(crate) fn slow(rng: &mut Rng) -> Duration {
    one_of(rng, &[100, 1000, 6000, 20_000, 60_000].map(ms))
}

impl Link {
    /// A link whose first byte comes after the head of the response.
    pub(crate) fn new(head: Duration, cut: Option<(usize, Cut)>) -> Self {
        Self { cut, carried: 0, last: head, over: false }
    }

    /// Carries what the server has written, and then its end if it `ends`. Gives the cut if it has come to that.
    pub(crate) fn carry(
        &mut self,
        now: Duration,
        (written, ends): (usize, bool),
        rng: &mut Rng,
        faults: &Faults,
        mut deliver: impl FnMut(Duration, Parcel),
    ) -> Option<Cut> {
        if self.over {
            return None;
        }
        let cut = self.cut.filter(|(at, _)| *at <= written);
        let until = cut.map_or(written, |(at, _)| at);
        while self.carried < until {
            let left = until - self.carried;
            self.carried += match rng.u8(..4) {
                _ if faults.strikes(rng, Fault::SmallChunks) => rng.usize(1..=left.min(8.max(left / 16))),
                0 | 1 => left,
                _ => rng.usize(1..=left),
            };
            let time = if faults.strikes(rng, Fault::SlowChunks) { slow(rng) } else { delay(rng) };
            self.last = self.last.max(now + time);
            deliver(self.last, Parcel::Bytes(self.carried));
        }
        let end = match cut {
            Some((_, Cut::Reset)) => Some(End::TransportError),
            Some((_, Cut::Eof)) => Some(End::Eof),
            Some((_, Cut::HalfOpen)) => None,
            None => ends.then_some(End::Eof),
        };
        self.over = cut.is_some() || ends;
        if let Some(end) = end {
            deliver(self.last.max(now + delay(rng)), Parcel::End(end));
        }
        cut.map(|(_, cut)| cut)
    }
}
