//! What the client does, and what comes to it.

use sse_client::{CloseReason, End, ResponseHead, Step, Timeout};
use sse_codec::Frame;

use super::{Arrival, Attempt, Due, World};
use crate::faults::Fault;
use crate::laws::delivery::Given;
use crate::laws::knowledge::Gap;
use crate::laws::patience::Ending;
use crate::network::{Link, delay};
use crate::server::Answer;
use crate::story::quoted;
use crate::stream::{LineEnd, Stream};
use crate::tally::Met;

impl World<'_> {
    pub(super) fn begin_attempt(&mut self) {
        let number = self.attempts.len();
        let Step::Connect { last_event_id } = self.client.session.step() else { return };
        self.story.tell(self.now, "client", || match last_event_id {
            Some(id) => format!("begins attempt {number}, Last-Event-ID {}", quoted(id)),
            None => format!("begins attempt {number}"),
        });
        self.tally.count(Met::Attempt);
        self.delivery.asks(last_event_id, self.client.session.unsendable_last_event_id());
        self.knowledge.connects();
        self.patience.begins(self.now);
        let last_event_id = last_event_id.map(str::to_owned);
        if number > 0 && last_event_id.is_some() {
            self.tally.count(Met::Resumption);
        }
        self.client.session.handle_connecting(self.now);
        self.client.attempt = Some(number);
        self.attempts.push(Attempt {
            last_event_id,
            answer: Answer::Nothing,
            stream: Stream::new(LineEnd::Lf, false),
            link: Link::new(self.now, None),
            next: 0,
            events: None,
            is_served: false,
            arrived: 0,
        });
        if number >= self.bad_attempts {
            self.heal();
        }
        if self.faults.strikes(&mut self.rng, Fault::LoseRequest) {
            self.story.tell(self.now, "network", || format!("loses request {number}"));
        } else {
            let due = if self.faults.strikes(&mut self.rng, Fault::Futile) {
                Due::Client(number, Arrival::Futile)
            } else if self.faults.strikes(&mut self.rng, Fault::Refuse) {
                Due::Client(number, Arrival::Refusal)
            } else {
                Due::Request(number)
            };
            let at = self.now + delay(&mut self.rng);
            self.schedule(at, due);
        }
        self.look(None);
    }

    pub(super) fn arrive(&mut self, number: usize, arrival: Arrival) {
        let is_late = self.client.attempt != Some(number);
        if is_late {
            self.tally.count(Met::Late);
            self.story.tell(self.now, "network", || format!("drops {arrival:?}, which comes too late for {number}"));
            return;
        }
        match arrival {
            Arrival::Head => self.head(number),
            Arrival::Bytes(until) => self.receive(number, until),
            Arrival::Refusal => self.hear_end(number, End::Unsent, Ending::Unsent),
            Arrival::Futile => self.hear_end(number, End::Futile, Ending::Futile),
            Arrival::Eof => self.hear_end(number, End::Eof, Ending::Eof),
            Arrival::Break => self.hear_end(number, End::TransportError, Ending::Broken),
        }
    }

    fn head(&mut self, number: usize) {
        let answer = self.attempts[number].answer;
        self.story.tell(self.now, "client", || format!("has head {number}"));
        let event_stream: &[u8] = b"text/event-stream";
        let (status, content_type, retry_after) = match answer {
            Answer::Stream { .. } => (200, event_stream, None),
            Answer::Page => (200, &b"text/html"[..], None),
            Answer::Status(status, retry_after) => (status, event_stream, retry_after),
            Answer::Nothing => panic!("no answer has no head"),
        };
        let seconds = retry_after.map(|seconds| seconds.to_string());
        let head = ResponseHead::new(status)
            .with_content_type(Some(content_type))
            .with_retry_after(seconds.as_ref().map(String::as_bytes));
        self.client.session.handle_head(self.now, head);
        match answer {
            Answer::Stream { .. } => {
                self.patience.opens(self.now);
                self.look(None);
            }
            Answer::Page => self.look(Some(Ending::Page)),
            _ => self.look(Some(Ending::Status(status, retry_after))),
        }
    }

    fn receive(&mut self, number: usize, until: usize) {
        let Attempt { stream, arrived, .. } = &mut self.attempts[number];
        let chunk = &stream.bytes[*arrived..until];
        *arrived = until;
        self.story.tell(self.now, "client", || format!("receives {} on {number}", quoted(chunk)));
        self.patience.receives(self.now);
        let (mut had_event, mut ending) = (false, None);
        self.client.receive(self.now, chunk, |now, frame| {
            let (id, says) = match &frame {
                Ok(Frame::Event(event)) => {
                    (event.last_event_id.to_owned(), !event.data.is_empty() || event.event_type != "message")
                }
                _ => Default::default(),
            };
            self.story.tell(now, "client", || format!("is given {frame:?}"));
            assert_ne!(ending, Some(Ending::Dropped), "goes on behind an event that was dropped");
            match self.delivery.give(&self.log, stream, until, frame) {
                Given::Event { index, is_repeated, dropped } => {
                    had_event = true;
                    let gap = self.knowledge.sees(index, &id, dropped);
                    let is_last = self.terms.has_ending && index + 1 == self.log.len();
                    if is_last {
                        ending = Some(Ending::LastEvent);
                    }
                    self.patience.sees_event(now, says || is_last);
                    if !says {
                        self.tally.count(Met::Priming);
                    }
                    self.story.tell(now, "client", || format!("knows it for event {}, gap: {gap:?}", index + 1));
                    self.tally.count(if is_repeated { Met::Again } else { Met::Event });
                    match gap {
                        Gap::Lost(events) if events > dropped as u64 => self.tally.count(Met::CountedGap),
                        Gap::Unknown => self.tally.count(Met::Unknown),
                        Gap::None | Gap::Lost(_) | Gap::Again(_) => {}
                    }
                }
                Given::Dropped => {
                    self.patience.sees_drop(now);
                    had_event = true;
                    if self.terms.has_ending {
                        ending = Some(Ending::Dropped);
                    }
                    self.tally.count(Met::Dropped);
                }
                Given::Retry(time) => {
                    self.patience.is_told(time);
                    self.tally.count(Met::Retry);
                }
            }
        });
        if ending != Some(Ending::Dropped) {
            self.delivery.settle(&self.log, stream, until);
        }
        assert_eq!(self.client.session.last_event_id(), self.delivery.last_event_id);
        self.patience.listens(self.client.busy_until, had_event);
        self.look(ending);
    }

    fn hear_end(&mut self, number: usize, end: End, ending: Ending) {
        let Attempt { stream, arrived, .. } = &self.attempts[number];
        if stream.is_within_a_block(*arrived) {
            self.tally.count(Met::Unfinished);
        }
        self.story.tell(self.now, "client", || format!("hears of the end of {number}: {end:?}"));
        self.client.session.handle_end(self.now, end);
        self.look(Some(ending));
    }

    pub(super) fn let_time_pass(&mut self) {
        let is_connected = self.client.attempt.is_some();
        self.client.session.handle_timeout(self.now);
        let silence = self.patience.deadline().filter(|(at, _)| is_connected && self.now >= *at);
        if let Some((_, timeout)) = silence {
            self.tally.count(match timeout {
                Timeout::Head => Met::HeadTimeout,
                Timeout::Total => Met::TotalTimeout,
                _ => Met::Silence,
            });
            self.story.tell(self.now, "client", || format!("hears nothing: {timeout}"));
        }
        self.look(silence.map(|(_, timeout)| Ending::Silence(timeout)));
    }

    /// A timer that fires without a reason does no harm.
    pub(super) fn nudge(&mut self) {
        let deadline = self.client.deadline();
        if deadline.is_none_or(|at| self.now < at) && self.now >= self.client.busy_until && self.rng.bool() {
            self.client.session.handle_timeout(self.now);
            assert_eq!(self.client.deadline(), deadline, "an early timeout did something");
        }
    }

    /// Looks at what the session makes of what happened. `ending`: of the attempt at hand.
    fn look(&mut self, ending: Option<Ending>) {
        let step = self.client.session.step();
        let Some(ending) = ending else {
            return match step {
                Step::AwaitHead { deadline } | Step::Read { deadline } => {
                    assert_eq!(deadline, self.patience.deadline().map(|(at, _)| at), "a wrong deadline");
                }
                Step::Connect { .. } | Step::Wait { .. } | Step::Closed(_) => {
                    assert!(self.client.attempt.is_none(), "{step:?}, without a reason");
                }
            };
        };
        self.client.attempt = None;
        self.story.tell(self.now, "client", || match &step {
            Step::Wait { until, cause } => format!("waits until {:.3} s: {cause}", until.as_secs_f64()),
            Step::Closed(reason) => format!("is closed: {reason}"),
            step => format!("goes on: {step:?}"),
        });
        match (ending, &step) {
            (Ending::Status(404, _), Step::Wait { .. }) | (Ending::Eof, Step::Closed(CloseReason::Requested)) => {
                self.tally.count(Met::Decision);
            }
            (Ending::Status(_, Some(_)), Step::Wait { .. }) => self.tally.count(Met::RetryAfter),
            (Ending::Futile, _) => self.tally.count(Met::Futile),
            (Ending::Dropped, _) => self.tally.count(Met::Incomplete),
            _ => {}
        }
        self.patience.ends(self.now.max(self.client.busy_until), ending, &step);
    }
}
