//! What holds for a session whatever is done to it: one body for property tests and fuzzing alike.
//!
//! Not part of the API.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use sse_codec::{Frame, Input};

use crate::{Deadlines, End, Policy, ReadyState, ResponseHead, Session, Step};

/// Plays the sequence of operations that the bytes spell and asserts after each of them that
///
/// * `step` is pure;
/// * a closed session stays exactly as it is;
/// * an input that does not fit the step, and an early timeout, change nothing;
/// * no attempt begins before the reconnection time has passed, nor before `Retry-After` has;
/// * the last event ID is the one that a naive reading of the bytes commits, and is sent only if a header can hold it;
/// * `once` makes one attempt.
///
/// # Panics
/// If one of them does not hold.
pub fn session_obeys_laws(bytes: &[u8]) {
    let mut script = Script(bytes);
    let mut run = Run::new(&mut script);
    while !script.0.is_empty() {
        run.operation(&mut script);
    }
}

/// The bytes, read as choices. Used up, it chooses zero.
struct Script<'b>(&'b [u8]);

impl<'b> Script<'b> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.byte()) % choices.len()]
    }

    fn bytes(&mut self) -> &'b [u8] {
        let length = usize::from(self.byte() % 32).min(self.0.len());
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        bytes
    }
}

const MIN: Duration = Duration::from_millis(100);
const SNIPPETS: [&[u8]; 12] = [
    b"id: 1\n",
    b"id: 22\ndata\n\n",
    b"data: x\n\n",
    b"\n",
    b"\r",
    b"retry: 50\n",
    b"retry: 5000\r\n",
    b"retry: 99999999999999999999999\n",
    b": comment\n",
    b"id: \x01\n\n",
    b"id\n\n",
    "id: \u{20ac}\n\n".as_bytes(),
];

struct Run {
    session: Session,
    is_once: bool,
    now: Duration,
    attempts: u32,
    /// When the connection was lost and how long the server asked to wait then.
    lost: Option<(Duration, Duration)>,
    oracle: Oracle,
}

impl Run {
    fn new(script: &mut Script<'_>) -> Self {
        let is_once = script.byte() % 8 == 7;
        let session = if is_once {
            Session::once()
        } else {
            let mut policy =
                Policy::default().with_min_reconnection_time(MIN).with_jitter_percent(script.pick(&[50, 0, 100]));
            match script.byte() % 8 {
                5 => policy = policy.with_max_failures(3),
                6 => policy = policy.with_max_reconnects(3),
                7 => policy = policy.with_max_outage(Duration::from_secs(30)),
                _ => {}
            }
            Session::subscribe(policy, script.byte().into())
        };
        let idle = Duration::from_secs(20);
        let deadlines = Deadlines::default().with_head(idle).with_byte_idle(idle).with_event_idle(idle * 2);
        let session = session.with_deadlines(deadlines).with_comments(script.byte() % 2 == 1);
        Self { session, is_once, now: Duration::ZERO, attempts: 0, lost: None, oracle: Oracle::default() }
    }

    fn step(&self) -> String {
        let step = format!("{:?}", self.session.step());
        assert_eq!(step, format!("{:?}", self.session.step()), "step is not pure");
        step
    }

    fn operation(&mut self, script: &mut Script<'_>) {
        let before = self.step();
        // Half of the operations are the ones that the step asks for, so that sequences get somewhere.
        let fitting = match self.session.step() {
            Step::Connect { .. } => 0,
            Step::AwaitHead { .. } => 1,
            Step::Read { .. } => 2,
            Step::Wait { .. } | Step::Closed(_) => 4,
        };
        let operation = script.byte();
        let operation = if operation < 128 { fitting } else { operation % 8 };
        let (fits, is_closed) = (operation == fitting, matches!(self.session.step(), Step::Closed(_)));
        match operation {
            0 => self.connect(),
            1 => self.head(script),
            2 => self.data(script),
            3 => self.end(script),
            4 => self.pass_time(script),
            5 => self.timeout(),
            6 if script.byte() < 16 => self.session.close(),
            _ => {}
        }
        if operation < 3 && !fits || is_closed {
            assert_eq!(before, self.step(), "operation {operation} changed a step it does not fit");
        }
        self.check();
    }

    fn connect(&mut self) {
        if let Step::Connect { .. } = self.session.step() {
            self.attempts += 1;
        }
        self.session.handle_connecting(self.now);
    }

    fn head(&mut self, script: &mut Script<'_>) {
        let status = script.pick(&[200, 200, 200, 200, 503, 429, 500, 408, 204, 404]);
        let kind = script.pick(&["text/event-stream", "text/event-stream", "text/event-stream", "text/html"]);
        let retry_after = script.pick(&[None, Some("7"), Some("99999999999999999999"), Some("soon")]);
        let head = ResponseHead::new(status)
            .with_content_type(Some(kind.as_bytes()))
            .with_retry_after(retry_after.map(str::as_bytes));
        let asked = if status == 200 { Duration::ZERO } else { head.retry_after().unwrap_or_default() };
        let fits = matches!(self.session.step(), Step::AwaitHead { .. });
        self.session.handle_head(self.now, head);
        if fits && matches!(self.session.step(), Step::Read { .. }) {
            assert_eq!((status, kind), (200, "text/event-stream"));
            self.oracle.begin();
        }
        self.note_loss(asked);
    }

    fn data(&mut self, script: &mut Script<'_>) {
        let chunk = if script.byte() < 160 { script.pick(&SNIPPETS) } else { script.bytes() };
        let reads = matches!(self.session.step(), Step::Read { .. });
        let mut input = Input::new(chunk);
        while let Ok(Some(frame)) = self.session.handle_data(self.now, &mut input) {
            assert!(reads, "{frame:?} without a connection");
            if let Frame::Event(event) = frame {
                self.oracle.delivered.push(event.last_event_id.into());
            }
        }
        if reads {
            assert!(input.is_empty(), "input left over");
            self.oracle.feed(chunk);
            assert_eq!(self.session.failures() * u32::from(!self.oracle.delivered.is_empty()), 0);
        }
    }

    fn end(&mut self, script: &mut Script<'_>) {
        let end = script.pick(&[End::Eof, End::TransportError, End::Eof, End::TransportError, End::Futile]);
        self.session.handle_end(self.now, end);
        self.note_loss(Duration::ZERO);
    }

    fn pass_time(&mut self, script: &mut Script<'_>) {
        let (number, unit) = (u32::from(script.byte()), script.pick(&[1, 100, 1000, 10_000]));
        self.now = self.now.saturating_add(Duration::from_millis(unit) * number);
        self.timeout();
    }

    fn timeout(&mut self) {
        let due = match self.session.step() {
            Step::AwaitHead { deadline } | Step::Read { deadline } => deadline,
            Step::Wait { until, .. } => Some(until),
            Step::Connect { .. } | Step::Closed(_) => None,
        };
        let before = self.step();
        self.session.handle_timeout(self.now);
        let is_due = due.is_some_and(|due| self.now >= due);
        assert_eq!(before != self.step(), is_due, "due {due:?} at {:?}", self.now);
        self.note_loss(Duration::ZERO);
    }

    fn note_loss(&mut self, retry_after: Duration) {
        match self.session.step() {
            Step::Wait { .. } if self.lost.is_none() => self.lost = Some((self.now, retry_after)),
            _ => {}
        }
    }

    fn check(&mut self) {
        let floor = self.oracle.retry.unwrap_or(Duration::from_secs(3)).max(MIN);
        let ready = match self.session.step() {
            Step::Connect { last_event_id } => {
                if let Some((at, retry_after)) = self.lost {
                    let due = at.saturating_add(floor.max(retry_after));
                    assert!(self.now >= due, "attempt at {:?}, due at {due:?}", self.now);
                }
                let id = &self.oracle.id;
                let is_sendable = id.chars().all(|c| c == '\t' || !c.is_ascii_control());
                assert_eq!(last_event_id, Some(id.as_str()).filter(|id| !id.is_empty() && is_sendable));
                assert_eq!(self.session.unsendable_last_event_id().is_none(), is_sendable);
                assert!(!self.is_once || self.attempts == 0, "a second attempt");
                ReadyState::Connecting
            }
            Step::Wait { until, .. } => {
                assert!(!self.is_once, "`once` waits");
                let (at, retry_after) = self.lost.unwrap_or_default();
                assert!(until >= at.saturating_add(floor.max(retry_after)), "waits until {until:?} from {at:?}");
                ReadyState::Connecting
            }
            Step::AwaitHead { .. } => {
                self.lost = None;
                ReadyState::Connecting
            }
            Step::Read { .. } => ReadyState::Open,
            Step::Closed(_) => ReadyState::Closed,
        };
        assert_eq!(self.session.ready_state(), ready);
        assert_eq!(self.session.last_event_id(), self.oracle.id);
        if let Some(id) = self.oracle.delivered.last() {
            assert!(self.oracle.committed.contains(id), "{id:?} was never committed");
        }
    }
}

/// The ids and reconnection times of a stream, read line by line.
#[derive(Default)]
struct Oracle {
    /// The bytes of this connection.
    bytes: Vec<u8>,
    /// The last event ID when it began.
    inherited: String,
    id: String,
    retry: Option<Duration>,
    committed: Vec<String>,
    delivered: Vec<String>,
}

impl Oracle {
    fn begin(&mut self) {
        self.bytes.clear();
        self.delivered.clear();
        self.inherited = self.id.clone();
    }

    /// Reads the whole connection again, which is slow and hard to get wrong.
    fn feed(&mut self, chunk: &[u8]) {
        self.bytes.extend_from_slice(chunk);
        let text = self.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.bytes);
        let text = text.iter().enumerate().filter(|&(at, &byte)| byte != b'\n' || at == 0 || text[at - 1] != b'\r');
        let bytes: Vec<u8> = text.map(|(_, &byte)| byte).collect();
        let (mut buffer, mut lines) = (self.inherited.clone(), bytes.split(|&byte| byte == b'\r' || byte == b'\n'));
        // What has no line end yet is not a line.
        lines.next_back();
        self.id = self.inherited.clone();
        for line in lines {
            let line = String::from_utf8_lossy(line);
            let (field, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "" if line.is_empty() => {
                    self.id.clone_from(&buffer);
                    self.committed.push(buffer.clone());
                }
                "id" if !value.contains('\0') => buffer = value.into(),
                "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                    self.retry = Some(Duration::from_millis(value.parse().unwrap_or(u64::MAX)));
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn hold_for_any_sequence_of_operations(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            session_obeys_laws(&bytes);
        }
    }

    /// A law that only looks at closed sessions holds easily: the sequences must get somewhere.
    #[test]
    fn sequences_get_somewhere() {
        let (mut events, mut reconnects) = (0, 0);
        for seed in 0..500_u32 {
            let bytes: Vec<u8> =
                (0..600_u32).map(|i| ((i * 31 + seed).wrapping_mul(2_654_435_761) >> 13) as u8).collect();
            let mut script = Script(&bytes);
            let mut run = Run::new(&mut script);
            while !script.0.is_empty() {
                run.operation(&mut script);
                events += usize::from(!run.oracle.delivered.is_empty());
            }
            reconnects += usize::from(run.attempts > 2);
        }
        assert!(events > 1000 && reconnects > 100, "{events} {reconnects}");
    }
}
