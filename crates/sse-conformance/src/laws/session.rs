//! A session keeps its promises through any sequence of inputs.

mod model;
mod phase;
mod terms;

use std::time::Duration;

use bytes::Bytes;
use sse_client::{End, ResponseHead, Session, Step};
use sse_codec::{BytesInput, Input, OwnedFrame};

use crate::drive::{owned, written};
use model::Model;
use terms::Terms;

/// Input: two bytes for the kind of session, then operations of a byte and its operands.
///
/// # Panics
/// The session connects without a wait, early or late, sends an id that no event committed, leaves CLOSED, sends a
/// `once` request twice that must not be, gives up when it must not, reads on behind the last event, changes by an input that does not fit its step or by an early
/// timeout, gives other frames than the oracle, or answers differently when asked twice.
pub fn session(input: &[u8]) {
    let [kind, choices, rest @ ..] = input else {
        return;
    };
    let mut rest = rest;
    let mut player = Player::new(*kind, *choices);
    while let Some((operation, operands)) = rest.split_first() {
        rest = player.apply(*operation, operands);
        player.model.check(&player.session);
    }
}

/// How frames are asked for.
#[derive(Clone, Copy)]
enum Way {
    Lent,
    Owned,
    /// By the short way wherever there is one.
    OwnedShort,
}

/// Does to a session what the input says, and tells the model.
struct Player {
    session: Session,
    model: Model,
    /// What the session is told, which may run backwards.
    now: Duration,
}

impl Player {
    fn new(kind: u8, choices: u8) -> Self {
        let terms = Terms::of(kind, choices);
        Self { session: terms.session(kind.into()), model: Model::new(terms), now: Duration::ZERO }
    }

    /// Does what the operation says and returns the bytes behind its operands.
    fn apply<'i>(&mut self, operation: u8, operands: &'i [u8]) -> &'i [u8] {
        let operand = operands.first().copied().unwrap_or(0);
        let behind = operands.get(1..).unwrap_or_default();
        match operation % 8 {
            0 => {
                let fits = matches!(self.session.step(), Step::Connect { .. });
                self.input(fits, |player| player.session.handle_connecting(player.now));
                return operands;
            }
            1 => {
                let fits = matches!(self.session.step(), Step::AwaitHead { .. });
                self.input(fits, |player| player.head(operand));
            }
            2 => {
                let (chunk, behind) = behind.split_at(behind.len().min(operand.into()));
                let fits = matches!(self.session.step(), Step::Read { .. });
                let way = match (operation & 8 != 0, operation & 32 != 0) {
                    (false, _) => Way::Lent,
                    (true, false) => Way::Owned,
                    (true, true) => Way::OwnedShort,
                };
                self.input(fits, |player| player.data(chunk, way, operation & 16 != 0));
                return behind;
            }
            3 => {
                let end = [End::Eof, End::TransportError, End::Futile, End::Unsent][usize::from(operand % 4)];
                let fits = matches!(self.session.step(), Step::AwaitHead { .. } | Step::Read { .. });
                if fits && !matches!(end, End::Futile | End::Unsent) {
                    self.model.sent();
                }
                self.input(fits, |player| player.session.handle_end(player.now, end));
            }
            4 => {
                self.timeout();
                return operands;
            }
            // Milliseconds, seconds, and straight to the next deadline.
            5 => self.now += Duration::from_millis(operand.into()),
            6 => self.now += Duration::from_secs(operand.into()),
            7 if operand == 255 => {
                self.model.ask_to_close();
                self.session.close();
                assert!(matches!(self.session.step(), Step::Closed(_)), "not closed by close");
            }
            7 if operand == 254 => self.now /= 2,
            7 if operand == 253 => {
                let fits = matches!(self.session.step(), Step::Read { .. });
                let before = self.deadline();
                self.input(fits, |player| player.session.handle_waiting(player.now));
                if fits {
                    self.model.wait_for_more();
                }
                assert!(self.deadline() >= before, "{before:?} came forward to {:?}", self.deadline());
            }
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
        self.model.hear_of(self.now);
        let before = self.step();
        handle(self);
        assert!(fits || before == self.step(), "{before} became {}", self.step());
    }

    fn head(&mut self, operand: u8) {
        let status = [200, 200, 200, 204, 500, 404, 429, 503][usize::from(operand % 8)];
        let is_stream = operand & 8 == 0;
        let retry_after = [0, 7, 3600, 1][usize::from(operand >> 4 & 3)];
        let is_redirected = operand & 64 != 0;
        let text = retry_after.to_string();
        let head = ResponseHead::new(status)
            .with_content_type(is_stream.then_some(b"text/event-stream"))
            .with_retry_after((retry_after > 0).then_some(text.as_bytes()))
            .with_redirected(is_redirected);
        let awaits = matches!(self.session.step(), Step::AwaitHead { .. });
        self.session.handle_head(self.now, head);
        if !awaits {
            return;
        }
        let opened = matches!(self.session.step(), Step::Read { .. });
        assert_eq!(opened, status == 200 && is_stream, "{head:?}");
        if opened {
            self.model.sent();
        }
        if status != 200 {
            self.model.refuse(Duration::from_secs(retry_after), is_redirected);
        }
    }

    /// Hands over a chunk: all that it says, or up to the first frame, and what is left is lost with the connection.
    fn data(&mut self, chunk: &[u8], way: Way, only_one: bool) {
        let reads = matches!(self.session.step(), Step::Read { .. });
        let mut input = Input::new(chunk);
        let mut shared = BytesInput::new(Bytes::copy_from_slice(chunk));
        let mut frames = Vec::new();
        let mut used_up = false;
        while !used_up && (frames.is_empty() || !only_one) {
            let whole = match way {
                Way::OwnedShort => self.session.handle_whole_event(self.now, &mut shared),
                Way::Owned | Way::Lent => None,
            };
            let frame = match (whole, way) {
                (Some(event), _) => Ok(Some(owned(OwnedFrame::Event(event)))),
                (None, Way::Lent) => self.session.handle_data(self.now, &mut input).map(|frame| frame.map(written)),
                (None, _) => self.session.handle_bytes(self.now, &mut shared).map(|frame| frame.map(owned)),
            };
            used_up = frame == Ok(None);
            frames.extend(frame.transpose());
        }
        if !reads {
            assert_eq!(frames, [], "from a session that does not read");
            return;
        }
        let left = if matches!(way, Way::Lent) { input.remaining().len() } else { shared.remaining().len() };
        let is_over = matches!(self.session.step(), Step::Closed(_));
        assert!(!used_up || left == 0 || is_over, "asked for more with {left} bytes left");
        let ended = self.model.receive(&chunk[..chunk.len() - left], !chunk.is_empty(), frames);
        assert_eq!(is_over, ended, "its last event ends it, or one that was dropped, and nothing else");
        if !used_up {
            self.session.handle_end(self.now, End::TransportError);
        }
    }

    /// A timeout does something exactly if there is a deadline and it has passed.
    fn timeout(&mut self) {
        let latest = self.model.hear_of(self.now);
        let is_due = self.deadline().is_some_and(|at| latest >= at);
        let before = self.step();
        if is_due && matches!(self.session.step(), Step::AwaitHead { .. } | Step::Read { .. }) {
            self.model.sent();
        }
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
}
