//! A session keeps its promises through any sequence of inputs.

use std::time::Duration;

use sse_client::{Deadlines, End, Limit, MAX_SENT_ID_BYTES, Policy, ReadyState, ResponseHead, Session, Step};
use sse_codec::{Frame, Input};

use crate::oracle;

/// Input: one byte for the kind of session, then operations of a byte and its operands.
///
/// # Panics
/// The session is early, sends an id that no event committed, leaves CLOSED, sends a `once` request twice, changes by an
/// input that does not fit its step or by an early timeout, or answers differently when asked twice.
pub fn session(input: &[u8]) {
    let Some((kind, mut rest)) = input.split_first() else {
        return;
    };
    let mut model = Model::new(*kind);
    while let Some((operation, operands)) = rest.split_first() {
        rest = model.apply(*operation, operands);
        model.check();
    }
}

/// The session and what is known of it from outside.
struct Model {
    session: Session,
    once: bool,
    /// What it is told, which may run backwards, and the latest of it.
    now: Duration,
    latest: Duration,
    attempts: u32,
    /// What the connection has carried, and the last event ID and the server's `retry` before it.
    stream: Vec<u8>,
    id_before: String,
    retry_before: Option<Duration>,
    /// Whether the connection has delivered an event.
    delivered: bool,
    /// What `Retry-After` asked for, if the response at hand was refused with one.
    retry_after: Duration,
    /// When the session began to wait, and until when.
    waiting: Option<(Duration, Duration)>,
    closed: Option<String>,
}

const MIN: Duration = Duration::from_millis(100);
const MAX_FAILURES: u32 = 3;

impl Model {
    fn new(kind: u8) -> Self {
        let once = kind & 1 != 0;
        let policy = Policy::default().with_min_reconnection_time(MIN);
        let policy = match kind >> 1 & 7 {
            1 => policy.with_max_failures(MAX_FAILURES),
            2 => policy.with_max_reconnects(3),
            3 => policy.with_max_outage(Duration::from_secs(30)),
            4 => policy.with_jitter_percent(0).with_max_backoff(Duration::ZERO),
            5 => policy.with_healthy_after(Duration::ZERO),
            _ => policy,
        };
        let session = if once { Session::once() } else { Session::subscribe(policy, 7) };
        let session = match kind >> 4 & 3 {
            1 => session.with_deadlines(Deadlines::NONE),
            2 => session.with_deadlines(Deadlines::default().with_byte_idle(Duration::from_secs(10))),
            3 => session.with_deadlines(Deadlines::default().with_event_idle(Duration::from_secs(10))),
            _ => session,
        };
        Self {
            session,
            once,
            now: Duration::ZERO,
            latest: Duration::ZERO,
            attempts: 0,
            stream: Vec::new(),
            id_before: String::new(),
            retry_before: None,
            delivered: false,
            retry_after: Duration::ZERO,
            waiting: None,
            closed: None,
        }
    }

    /// Does what the operation says and returns the bytes behind its operands.
    fn apply<'i>(&mut self, operation: u8, operands: &'i [u8]) -> &'i [u8] {
        let operand = operands.first().copied().unwrap_or(0);
        let behind = operands.get(1..).unwrap_or_default();
        match operation % 8 {
            0 => {
                let fits = matches!(self.session.step(), Step::Connect { .. });
                self.input(fits, |model| model.session.handle_connecting(model.now));
                self.attempts += u32::from(fits);
                self.retry_after = Duration::ZERO;
                return operands;
            }
            1 => {
                let fits = matches!(self.session.step(), Step::AwaitHead { .. });
                self.input(fits, |model| model.head(operand));
            }
            2 => {
                let (chunk, behind) = behind.split_at(behind.len().min(operand.into()));
                let fits = matches!(self.session.step(), Step::Read { .. });
                self.input(fits, |model| model.data(chunk, fits));
                return behind;
            }
            3 => {
                let end = [End::Eof, End::TransportError, End::Futile][usize::from(operand % 3)];
                let fits = matches!(self.session.step(), Step::AwaitHead { .. } | Step::Read { .. });
                self.input(fits, |model| model.session.handle_end(model.now, end));
            }
            4 => {
                self.timeout();
                return operands;
            }
            // Milliseconds, seconds, and straight to the next deadline.
            5 => self.now += Duration::from_millis(operand.into()),
            6 => self.now += Duration::from_secs(operand.into()),
            7 if operand == 255 => self.session.close(),
            7 if operand == 254 => self.now /= 2,
            _ => {
                let soon = Duration::from_secs(1 << 40);
                self.now = self.deadline().filter(|at| *at < soon).unwrap_or(self.now).max(self.now);
                self.timeout();
            }
        }
        behind
    }

    /// An input that does not fit the step changes nothing.
    fn input(&mut self, fits: bool, handle: impl FnOnce(&mut Self)) {
        self.latest = self.latest.max(self.now);
        let before = self.step();
        handle(self);
        assert!(fits || before == self.step(), "{before} became {}", self.step());
    }

    fn head(&mut self, operand: u8) {
        let status = [200, 200, 200, 204, 301, 404, 429, 503][usize::from(operand % 8)];
        let retry_after = operand & 16 != 0;
        let head = ResponseHead::new(status)
            .with_content_type((operand & 8 == 0).then_some(b"text/event-stream"))
            .with_retry_after(retry_after.then_some(b"7"));
        let awaits = matches!(self.session.step(), Step::AwaitHead { .. });
        self.session.handle_head(self.now, head);
        if awaits && matches!(self.session.step(), Step::Read { .. }) {
            assert_eq!((status, operand & 8), (200, 0), "opened");
            (self.id_before, self.retry_before) = (self.id(), self.retry());
            self.stream.clear();
            self.delivered = false;
        }
        if awaits && retry_after && status != 200 {
            self.retry_after = Duration::from_secs(7);
        }
    }

    fn data(&mut self, chunk: &[u8], reads: bool) {
        let mut input = Input::new(chunk);
        while let Ok(Some(frame)) = self.session.handle_data(self.now, &mut input) {
            assert!(reads, "{frame:?} from a session that does not read");
            self.delivered |= matches!(frame, Frame::Event(_));
        }
        if reads {
            assert!(input.is_empty(), "input left over");
            assert!(!self.delivered || self.session.failures() == 0, "a delivered event ends a row of failures");
            self.stream.extend_from_slice(chunk);
        }
    }

    /// A timeout does something exactly if there is a deadline and it has passed.
    fn timeout(&mut self) {
        self.latest = self.latest.max(self.now);
        let is_due = self.deadline().is_some_and(|at| self.latest >= at);
        let before = self.step();
        self.session.handle_timeout(self.now);
        assert_eq!(before != self.step(), is_due, "{before} at {:?}", self.now);
    }

    fn deadline(&self) -> Option<Duration> {
        match self.session.step() {
            Step::AwaitHead { deadline } | Step::Read { deadline } => deadline,
            Step::Wait { until, .. } => Some(until),
            Step::Connect { .. } | Step::Closed(_) => None,
        }
    }

    fn step(&self) -> String {
        format!("{:?}", self.session.step())
    }

    /// The last event ID by the oracle.
    fn id(&self) -> String {
        oracle::interpret_after(&self.id_before, &self.stream).last_event_id
    }

    /// The server's last `retry` by the oracle.
    fn retry(&self) -> Option<Duration> {
        oracle::interpret(&self.stream).retry_ms().map(Duration::from_millis).or(self.retry_before)
    }

    /// The least that the session may wait.
    fn floor(&self) -> Duration {
        self.retry().unwrap_or(Duration::from_secs(3)).max(MIN).max(self.retry_after)
    }

    fn check(&mut self) {
        let step = self.session.step();
        assert_eq!(step, self.session.step(), "asking twice");
        let id = self.id();
        assert_eq!(self.session.last_event_id(), id, "an id is taken at the blank line of its event");
        if let Some(closed) = &self.closed {
            assert_eq!(*closed, format!("{step:?}"), "closed is final");
        }
        let ready_state = match step {
            Step::Connect { last_event_id } => {
                let unsendable =
                    id.len() > MAX_SENT_ID_BYTES || id.contains(|char: char| char.is_ascii_control() && char != '\t');
                assert_eq!(last_event_id, Some(id.as_str()).filter(|id| !id.is_empty() && !unsendable));
                assert_eq!(self.session.unsendable_last_event_id(), Some(id.as_str()).filter(|_| unsendable));
                assert!(!self.once || self.attempts == 0, "a second request of a session that sends one");
                if let Some((_, until)) = self.waiting.take() {
                    assert!(self.latest >= until, "connects at {:?}, before {until:?}", self.latest);
                }
                ReadyState::Connecting
            }
            Step::Wait { until, .. } => {
                assert!(!self.once, "a session of one request waits");
                let floor = self.floor();
                let (since, promised) = *self.waiting.get_or_insert((self.latest, until));
                assert_eq!(until, promised, "the wait moved");
                assert!(until >= since.saturating_add(floor), "{until:?} is less than {floor:?} after {since:?}");
                ReadyState::Connecting
            }
            Step::AwaitHead { .. } => {
                assert!(self.waiting.is_none(), "left the wait without a Connect");
                ReadyState::Connecting
            }
            Step::Read { .. } => ReadyState::Open,
            Step::Closed(reason) => {
                if let sse_client::CloseReason::GaveUp { limit: Limit::Failures, .. } = reason {
                    assert_eq!(self.session.failures(), MAX_FAILURES, "gave up at another failure");
                }
                self.closed = Some(format!("{step:?}"));
                ReadyState::Closed
            }
        };
        assert_eq!(self.session.ready_state(), ready_state);
    }
}
