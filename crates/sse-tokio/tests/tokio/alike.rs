//! Whoever reads a source, by whatever way, sees the same: a plain loop over the session, `Updates`, and `EventSource`.

use std::fmt::Debug;
use std::time::Duration;

use futures_util::StreamExt as _;
use sse_client::{End, Step};
use sse_codec::{Frame, Input};
use sse_tokio::{Counters, Ending, EventSource, Monitor, Policy, ResponseHead, Retries, Session, State, Update};
use tokio::time::advance;

use crate::server::{MS, Piece, Reply, Reset, S, Server, answer, ok};

/// How many scripts are played.
const SCRIPTS: u64 = 3_000;

/// What streams are put together from.
const TEXT: [&str; 22] = [
    "data: a\n\n",
    "data: b\n\n",
    "id: 1\ndata: c\n\n",
    "event: t\ndata: d\n\n",
    "data: e\ndata: f\n\n",
    "data\n\n",
    "id: 2\n\n",
    "id\n\n",
    "id: \u{1}\ndata: g\n\n",
    ": c\n",
    ":\n\n",
    "retry: 5\n",
    "retry: 0\n\n",
    "retry: x\n",
    "data: more than thirty bytes, which is too many\n\n",
    "data: end\n\n",
    "data",
    "id: 9\nda",
    "\r",
    "\n\n",
    "\u{feff}",
    "data: h\r\r",
];

/// What happens, as text.
type Story = Vec<String>;

fn say(story: &mut Story, what: &str, of: impl Debug) {
    story.push(format!("{what} {of:?}"));
}

/// What the source is to do, and what it meets.
struct Script {
    replies: Vec<Reply>,
    once: bool,
    ending: Option<fn() -> Ending>,
}

impl Script {
    fn new(seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let endings: [Option<fn() -> Ending>; 4] = [
            None,
            None,
            Some(|| Ending::at(|event| event.data == "end")),
            Some(|| Ending::before(|event| event.data == "end")),
        ];
        let replies = (0..rng.usize(1..5)).map(|_| match rng.u8(..8) {
            0 => Reply::Refuse(Reset { futile: false, unsent: false }),
            1 => answer(if rng.u8(..10) > 0 { 503 } else { 404 }, []),
            _ => ok((0..rng.usize(..6)).map(|_| match rng.u8(..8) {
                0 => Piece::Pause(S),
                1 => Piece::Fail,
                _ => {
                    let text: String = (0..rng.usize(..9)).map(|_| TEXT[rng.usize(..TEXT.len())]).collect();
                    // Cut anywhere.
                    Piece::Chunk(text.into_bytes()[..].iter().copied().skip(rng.usize(..3)).collect())
                }
            })),
        });
        let replies = replies.collect();
        Self { replies, once: rng.u8(..4) == 0, ending: endings[rng.usize(..4)] }
    }

    fn session(&self) -> Session {
        let policy = Policy::default().with_jitter_percent(0).with_max_failures(3);
        let session = if self.once {
            Session::once_with_retries(Retries::Unanswered, policy, 1)
        } else {
            Session::subscribe(policy, 1)
        };
        let session = session.with_max_event_bytes(30);
        match self.ending {
            Some(ending) => session.with_ending(ending()),
            None => session,
        }
    }

    fn source(&self) -> EventSource<Server> {
        EventSource::new(Server::new(self.replies.clone()), self.session())
    }

    /// As the documentation of `sse-client` says it, by lent frames.
    fn plainly(&self) -> (Story, [u64; 6]) {
        let mut session = self.session().with_comments(true);
        let (mut story, mut counts, mut now) = (Story::new(), [0; 6], Duration::ZERO);
        let mut replies = self.replies.iter();
        let mut pieces = [].iter();
        loop {
            match session.step() {
                Step::Connect { last_event_id } => {
                    say(&mut story, "connecting", (last_event_id, session.unsendable_last_event_id()));
                    counts[0] += 1;
                    session.handle_connecting(now);
                }
                Step::AwaitHead { .. } => match replies.next() {
                    Some(Reply::Answer(head, body)) => {
                        pieces = body.iter();
                        let head = ResponseHead::new(head.status).with_content_type(Some(head.content_type.as_bytes()));
                        session.handle_head(now, head);
                        if matches!(session.step(), Step::Read { .. }) {
                            say(&mut story, "open", ());
                            counts[1] += 1;
                        }
                    }
                    Some(_) => session.handle_end(now, End::TransportError),
                    None => session.handle_head(now, ResponseHead::new(204)),
                },
                Step::Read { .. } => match pieces.next() {
                    Some(Piece::Chunk(chunk)) => {
                        counts[5] += chunk.len() as u64;
                        let mut input = Input::new(chunk);
                        loop {
                            match session.handle_data(now, &mut input) {
                                Ok(None) => break,
                                Ok(Some(Frame::Event(event))) => {
                                    counts[3] += 1;
                                    say(&mut story, "event", (event.event_type, event.data, event.last_event_id));
                                }
                                Ok(Some(Frame::Comment(comment))) => say(&mut story, "comment", comment),
                                Ok(Some(Frame::Retry(time))) => say(&mut story, "retry", time),
                                Ok(Some(other)) => panic!("{other:?}"),
                                Err(error) => {
                                    counts[4] += 1;
                                    if self.ending.is_none() {
                                        say(&mut story, "dropped", error);
                                    }
                                }
                            }
                        }
                        session.handle_waiting(now);
                    }
                    Some(Piece::Pause(time)) => now += *time,
                    Some(_) => session.handle_end(now, End::TransportError),
                    None => session.handle_end(now, End::Eof),
                },
                Step::Wait { until, cause } => {
                    say(&mut story, "waiting", cause);
                    counts[2] += 1;
                    now = until;
                    session.handle_timeout(now);
                }
                Step::Closed(reason) => {
                    counts[2] += u64::from(!reason.is_proper());
                    say(&mut story, "closed", reason);
                    return (story, counts);
                }
            }
        }
    }

    /// By `Updates`, and now and then slowly.
    async fn updates(&self) -> (Story, [u64; 6]) {
        let mut updates = self.source().updates();
        let (mut story, monitor) = (Story::new(), updates.monitor());
        let mut failed = false;
        while let Some(update) = updates.next().await {
            assert!(!failed, "an error is the last item");
            match update {
                Ok(Update::Connecting { last_event_id, unsendable_id, .. }) => {
                    say(&mut story, "connecting", (last_event_id.as_deref(), unsendable_id.as_deref()));
                }
                Ok(Update::Open(_)) => say(&mut story, "open", ()),
                Ok(Update::Event(event)) => {
                    say(&mut story, "event", (event.event_type(), event.data(), event.last_event_id()));
                }
                Ok(Update::Comment(comment)) => say(&mut story, "comment", &*comment),
                Ok(Update::Retry(time)) => say(&mut story, "retry", time),
                Ok(Update::Dropped(error)) => say(&mut story, "dropped", error),
                Ok(Update::Waiting { failure, .. }) => say(&mut story, "waiting", failure.cause()),
                Ok(other) => panic!("{other:?}"),
                Err(_) => failed = true,
            }
            if story.len() % 3 == 0 {
                advance(700 * MS).await;
            }
        }
        let reason = updates.close_reason().unwrap();
        assert_eq!(failed, !reason.is_proper());
        say(&mut story, "closed", reason);
        (story, counted(&monitor))
    }

    /// By `EventSource`: the events, and how it ended.
    async fn events(&self) -> (Story, [u64; 6]) {
        let mut source = self.source();
        let (mut story, monitor) = (Story::new(), source.monitor());
        while let Some(event) = source.next().await {
            if let Ok(event) = event {
                say(&mut story, "event", (event.event_type(), event.data(), event.last_event_id()));
            }
        }
        say(&mut story, "closed", source.close_reason().unwrap());
        (story, counted(&monitor))
    }
}

fn counted<H: Send + Sync + 'static>(monitor: &Monitor<H>) -> [u64; 6] {
    assert!(matches!(monitor.state(), State::Closed { .. }));
    let Counters { attempts, opened, lost, events, dropped, bytes, .. } = monitor.counters();
    [attempts, opened, lost, events, dropped, bytes]
}

#[tokio::test(start_paused = true)]
async fn all_ways_tell_the_same() {
    for seed in 0..SCRIPTS {
        let script = Script::new(seed);
        let plainly = script.plainly();
        assert_eq!(script.updates().await, plainly, "seed {seed}: updates");
        let (mut story, counts) = plainly;
        story.retain(|line| line.starts_with("event ") || line.starts_with("closed "));
        assert_eq!(script.events().await, (story, counts), "seed {seed}: events");
    }
}
