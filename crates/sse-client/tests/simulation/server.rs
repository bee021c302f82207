//! The server: what it answers, and what it writes into a stream.

use std::time::Duration;

use fastrand::Rng;
use sse_codec::EventBlock;

use crate::faults::{Fault, Faults};
use crate::log::{Ids, Log};
use crate::stream::{LineEnd, Said, Stream};
use crate::terms::{ms, one_of, seconds};

/// Which events a new connection begins with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Replay {
    /// Those after the last event ID; without one, all.
    All,
    /// Those after the last event ID; without one, none: but an id of where that was comes first.
    FromTail,
    /// Those after the last event ID, but of all that there were no more than this many.
    Latest(usize),
    /// None.
    Never,
    /// All, whatever the last event ID.
    Anew,
}

impl Replay {
    /// Whether nothing is lost by it as long as ids are sent back.
    pub(crate) fn is_lossless(self) -> bool {
        matches!(self, Self::All | Self::FromTail)
    }
}

/// What a request is answered with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Nothing,
    /// A status, and seconds of `Retry-After`.
    Status(u16, Option<u64>),
    /// 200, but a page for people.
    Page,
    /// 200 and a stream: from this event on, of so many.
    Stream {
        from: usize,
        events: Option<usize>,
    },
}

#[derive(Debug)]
pub(crate) struct Server {
    replay: Replay,
    line_end: LineEnd,
    bom: bool,
    /// Comments when it has nothing to say.
    pub(crate) keep_alive: Option<Duration>,
    /// Streams begin with the id of where they begin.
    primes: bool,
    /// The streams end with the log, and then the answer is 204.
    pub(crate) ends: bool,
}

impl Server {
    pub(crate) fn roll(rng: &mut Rng, replay: Replay, log: &Log) -> Self {
        // Otherwise its last event would be replayed for ever.
        let has_end = log.ids.are_whole() && log.entries.iter().all(|entry| !entry.is_large);
        Self {
            replay,
            line_end: one_of(rng, &[LineEnd::Lf, LineEnd::Lf, LineEnd::Cr, LineEnd::CrLf]),
            bom: rng.u8(..) < 32,
            keep_alive: one_of(rng, &[None, Some(5), Some(15)]).map(seconds),
            primes: matches!(replay, Replay::FromTail) || (log.ids != Ids::Awkward && rng.u8(..) < 64),
            ends: has_end && !matches!(replay, Replay::Anew) && rng.bool(),
        }
    }

    pub(crate) fn answer(
        &self,
        rng: &mut Rng,
        faults: &Faults,
        log: &Log,
        now: Duration,
        last_event_id: Option<&str>,
    ) -> Answer {
        if faults.strikes(rng, Fault::NoHead) {
            return Answer::Nothing;
        }
        if faults.strikes(rng, Fault::Unavailable) {
            let retry_after = one_of(rng, &[None, Some(0), Some(1), Some(7), Some(120)]);
            return Answer::Status(one_of(rng, &[503, 503, 500, 429, 408, 529]), retry_after);
        }
        if faults.strikes(rng, Fault::Fatal) {
            return one_of(rng, &[Answer::Page, Answer::Status(404, None), Answer::Status(301, Some(1))]);
        }
        let available = log.len_at(now);
        let asked = last_event_id.and_then(|id| log.position_after(id));
        let from = match self.replay {
            Replay::All => asked.unwrap_or(0),
            Replay::FromTail => asked.unwrap_or(available),
            Replay::Latest(most) => asked.unwrap_or(0).max(available.saturating_sub(most)),
            Replay::Never => available,
            Replay::Anew => 0,
        };
        if self.ends && from == log.len() {
            return Answer::Status(204, None);
        }
        let events = faults.strikes(rng, Fault::CloseEarly).then(|| one_of(rng, &[0, 1, 1, 2, 5]));
        Answer::Stream { from, events }
    }

    /// What comes before the events.
    pub(crate) fn begin(&self, rng: &mut Rng, log: &Log, from: usize) -> Stream {
        let mut stream = Stream::new(self.line_end, self.bom);
        if self.primes {
            let id = log.cursor(from);
            stream.write(EventBlock::new().id(&id).expect("a cursor is plain"), Some(Said::Cursor(from)));
        }
        if rng.u8(..) < 32 {
            write_retry(rng, &mut stream);
        }
        stream
    }

    /// An event, and what may come before it.
    pub(crate) fn write_event(rng: &mut Rng, log: &Log, index: usize, stream: &mut Stream) {
        if rng.u8(..) < 16 {
            write_retry(rng, stream);
        }
        let mut block = log.block(index);
        if rng.u8(..) < 32 {
            block = block.comment("data: of a comment\n");
        }
        stream.write(block, Some(Said::Event(index)));
    }

    pub(crate) fn write_comment(stream: &mut Stream) {
        stream.write(EventBlock::new().comment("alive"), None);
    }
}

fn write_retry(rng: &mut Rng, stream: &mut Stream) {
    let time = one_of(rng, &[0, 40, 1000, 1000, 10_000, 100_000].map(ms));
    stream.write_retry(time, rng.bool());
}
