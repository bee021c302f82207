//! One stream of the demo: its log, its ids, and where a client goes on in it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, stream};
use serde::Serialize;
use sse_codec::EventBlock;
use tokio::sync::watch;

use super::log::{Log, Read};

/// A stream that any number of clients follow, each at its own position.
pub(super) struct Feed {
    pub(super) log: Log,
    ids: Ids,
    /// The reconnection time sent first.
    pub(super) retry: Duration,
    /// Where a client without a last event ID begins, given the newest position.
    beginning: Box<dyn Fn(u64) -> u64 + Send + Sync>,
}

impl Feed {
    pub(super) fn new(log: Log, ids: Ids, retry: Duration) -> Self {
        Self { log, ids, retry, beginning: Box::new(|newest| newest) }
    }

    /// New clients begin at `beginning(newest position)` instead of at the newest event.
    pub(super) fn beginning_at(mut self, beginning: impl Fn(u64) -> u64 + Send + Sync + 'static) -> Self {
        self.beginning = Box::new(beginning);
        self
    }

    /// Appends an event, encoded here and nowhere else.
    pub(super) fn append(&self, event_type: &str, data: &impl Serialize) {
        let id = self.ids.format(self.log.next());
        self.log.append(encode(Some(&id), event_type, data));
    }

    /// The blocks that a client who says `last_event_id` has not seen, then those to come, for ever.
    ///
    /// What it missed and the log no longer holds is said by an event `gap`. The stream of a client that reads too
    /// slowly says so too, when the log has moved past it.
    pub(super) fn follow(self: &Arc<Self>, last_event_id: Option<&[u8]>) -> impl Stream<Item = Bytes> + Send + use<> {
        let (position, gap) = self.resume(last_event_id);
        let reader = Reader { feed: Arc::clone(self), position, gap, news: self.log.news() };
        stream::unfold(reader, async |mut reader| Some((reader.next().await?, reader)))
    }

    /// Where to go on behind `last_event_id`, and the `gap` to send first if that place cannot be told.
    fn resume(&self, last_event_id: Option<&[u8]>) -> (u64, Option<Bytes>) {
        let next = self.log.next();
        let beginning = (self.beginning)(next.saturating_sub(1)).max(self.log.first());
        let Some(id) = last_event_id.filter(|id| !id.is_empty()) else {
            return (beginning, None);
        };
        let reason = match self.ids.parse(id) {
            // An id somewhat ahead is that of a server whose clock was ahead of ours: its events are not sent twice.
            Some(Id::Known(position)) if position < next.saturating_add(self.log.capacity() as u64) => {
                return (position + 1, None);
            }
            Some(Id::Known(_)) => "the id lies ahead of this stream",
            Some(Id::OtherRun) => "the id is of an earlier run of this server, which kept nothing",
            None => "the id is none of this stream",
        };
        let from = String::from_utf8_lossy(id);
        (beginning, Some(self.gap(&from, beginning, None, reason)))
    }

    fn gap(&self, from: &str, to: u64, missed: Option<u64>, reason: &str) -> Bytes {
        encode(None, "gap", &Gap { from, to: &self.ids.format(to), missed, reason })
    }
}

/// One client's place in a feed.
struct Reader {
    feed: Arc<Feed>,
    position: u64,
    gap: Option<Bytes>,
    news: watch::Receiver<u64>,
}

impl Reader {
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(gap) = self.gap.take() {
            return Some(gap);
        }
        loop {
            match self.feed.log.read(self.position) {
                Read::Block(block) => {
                    self.position += 1;
                    return Some(block);
                }
                Read::Behind { first } => {
                    let missed = first - self.position;
                    let from = self.feed.ids.format(self.position.saturating_sub(1));
                    self.position = first;
                    return Some(self.feed.gap(&from, first, Some(missed), "no longer held"));
                }
                Read::NotYet => self.news.changed().await.ok()?,
            }
        }
    }
}

/// Data of an event `gap`: between the event `from`, which the client has, and the event `to`, which comes next, it missed
/// `missed` events (null: nobody knows how many).
#[derive(Serialize)]
struct Gap<'a> {
    from: &'a str,
    to: &'a str,
    missed: Option<u64>,
    reason: &'a str,
}

/// How positions are written as ids: `POSITION` where positions mean the same in every run of the server,
/// `RUN-POSITION` where they do not.
pub(super) struct Ids {
    run: Option<u64>,
}

enum Id {
    Known(u64),
    OtherRun,
}

impl Ids {
    /// Positions that a restarted server still understands.
    pub(super) fn lasting() -> Self {
        Self { run: None }
    }

    /// Positions within one run of the server, told apart by `run`.
    pub(super) fn of_run(run: u64) -> Self {
        Self { run: Some(run) }
    }

    fn format(&self, position: u64) -> String {
        match self.run {
            None => position.to_string(),
            Some(run) => format!("{run}-{position}"),
        }
    }

    fn parse(&self, id: &[u8]) -> Option<Id> {
        let id = std::str::from_utf8(id).ok()?;
        let Some(own_run) = self.run else {
            return number(id).map(Id::Known);
        };
        let (run, position) = id.split_once('-')?;
        let (run, position) = (number(run)?, number(position)?);
        Some(if run == own_run { Id::Known(position) } else { Id::OtherRun })
    }
}

/// A number in the one form that [`Ids::format`] writes: no sign, no leading zero.
fn number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// The only place where an event of the demo becomes bytes.
#[expect(clippy::expect_used, reason = "ids are digits, types are literals, data is a plain struct")]
fn encode(id: Option<&str>, event_type: &str, data: &impl Serialize) -> Bytes {
    let data = serde_json::to_string(data).expect("plain structs serialise");
    let mut block = EventBlock::new();
    if let Some(id) = id {
        block = block.id(id).expect("digits are a valid id");
    }
    block.event_type(event_type).expect("a literal without a line end").data(&data).to_bytes()
}
