//! A session keeps its promises through any sequence of inputs.

use std::time::Duration;

use sse_client::{End, Policy, ResponseHead, Session, Step};
use sse_codec::{Frame, Input};

use crate::oracle;

/// Input: one byte for the kind of session, then operations of a byte and its operands.
///
/// # Panics
/// The session is early, sends an id that no event committed, leaves CLOSED, sends a `once` request twice, or answers
/// differently when asked twice.
pub fn session(input: &[u8]) {
    let Some((kind, mut rest)) = input.split_first() else {
        return;
    };
    let mut model = Model::new(kind & 1 != 0);
    while let Some((operation, operands)) = rest.split_first() {
        rest = model.apply(*operation, operands);
        model.check();
    }
}

/// The session and what is known of it from outside.
struct Model {
    session: Session,
    once: bool,
    now: Duration,
    attempts: u32,
    /// What the connection has carried, and the last event ID before it.
    stream: Vec<u8>,
    id_before: String,
    /// The server's last `retry`.
    retry: Option<Duration>,
    /// When the session began to wait, and until when.
    waiting: Option<(Duration, Duration)>,
    closed: Option<String>,
}

impl Model {
    fn new(once: bool) -> Self {
        Self {
            session: if once { Session::once() } else { Session::subscribe(Policy::default(), 7) },
            once,
            now: Duration::ZERO,
            attempts: 0,
            stream: Vec::new(),
            id_before: String::new(),
            retry: None,
            waiting: None,
            closed: None,
        }
    }

    /// Does what the operation says and returns the bytes behind its operands.
    fn apply<'i>(&mut self, operation: u8, operands: &'i [u8]) -> &'i [u8] {
        let operand = operands.first().copied().unwrap_or(0);
        let behind = operands.get(1..).unwrap_or_default();
        let is_connect = matches!(self.session.step(), Step::Connect { .. });
        match operation % 8 {
            0 => {
                self.session.handle_connecting(self.now);
                self.attempts += u32::from(is_connect);
                return operands;
            }
            1 => {
                let status = [200, 200, 200, 204, 301, 404, 429, 503][usize::from(operand % 8)];
                let awaits = matches!(self.session.step(), Step::AwaitHead { .. });
                let head = ResponseHead::new(status)
                    .with_content_type((operand & 8 == 0).then_some(b"text/event-stream"))
                    .with_retry_after((operand & 16 != 0).then_some(b"7"));
                self.session.handle_head(self.now, head);
                if awaits && matches!(self.session.step(), Step::Read { .. }) {
                    self.id_before = self.id();
                    self.stream.clear();
                }
            }
            2 => {
                let (chunk, behind) = behind.split_at(behind.len().min(operand.into()));
                self.data(chunk);
                return behind;
            }
            3 => {
                let end = [End::Eof, End::TransportError, End::Futile][usize::from(operand % 3)];
                self.session.handle_end(self.now, end);
            }
            4 => {
                self.session.handle_timeout(self.now);
                return operands;
            }
            // Milliseconds, seconds, and straight to the next deadline.
            5 => self.now += Duration::from_millis(operand.into()),
            6 => self.now += Duration::from_secs(operand.into()),
            7 if operand == 255 => self.session.close(),
            _ => {
                let deadline = match self.session.step() {
                    Step::Wait { until, .. } => Some(until),
                    Step::AwaitHead { deadline } | Step::Read { deadline } => deadline,
                    _ => None,
                };
                self.now = deadline.filter(|at| *at < Duration::from_secs(1 << 40)).unwrap_or(self.now).max(self.now);
                self.session.handle_timeout(self.now);
            }
        }
        behind
    }

    fn data(&mut self, chunk: &[u8]) {
        let reads = matches!(self.session.step(), Step::Read { .. });
        let mut input = Input::new(chunk);
        while let Ok(Some(frame)) = self.session.handle_data(self.now, &mut input) {
            assert!(reads, "{frame:?} from a session that does not read");
            if let Frame::Retry(time) = frame {
                self.retry = Some(time);
            }
        }
        if reads {
            self.stream.extend_from_slice(chunk);
        }
    }

    /// The last event ID by the oracle.
    fn id(&self) -> String {
        oracle::interpret_after(&self.id_before, &self.stream).last_event_id
    }

    fn check(&mut self) {
        let step = self.session.step();
        assert_eq!(step, self.session.step(), "asking twice");
        let id = self.id();
        assert_eq!(self.session.last_event_id(), id, "an id is taken at the blank line of its event");
        if let Some(closed) = &self.closed {
            assert_eq!(*closed, format!("{step:?}"), "closed is final");
        }
        match step {
            Step::Connect { last_event_id } => {
                match last_event_id {
                    Some(sent) => assert_eq!(sent, id),
                    None => assert!(
                        id.is_empty() || id.contains(|char: char| char.is_ascii_control() && char != '\t'),
                        "{id:?}"
                    ),
                }
                assert!(!self.once || self.attempts == 0, "a second request of a session that sends one");
                if let Some((_, until)) = self.waiting.take() {
                    assert!(self.now >= until, "connects at {:?}, before {until:?}", self.now);
                }
            }
            Step::Wait { until, .. } => {
                assert!(!self.once, "a session of one request waits");
                let (since, promised) = *self.waiting.get_or_insert((self.now, until));
                assert_eq!(until, promised, "the wait moved");
                let floor = self.retry.unwrap_or(Duration::from_secs(3)).max(Duration::from_millis(100));
                assert!(until >= since.saturating_add(floor), "{until:?} is less than {floor:?} after {since:?}");
            }
            Step::Closed(_) => self.closed = Some(format!("{step:?}")),
            _ => assert!(self.waiting.is_none(), "left the wait without a Connect"),
        }
    }
}
