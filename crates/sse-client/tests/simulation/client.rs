//! An adapter as it should be, over the real session: it moves bytes and sets a timer, and listens to one connection.

use std::time::Duration;

use fastrand::Rng;
use sse_client::{Session, Step};
use sse_codec::{BytesInput, DecodeError, Frame, Input, OwnedFrame};

use crate::terms::{ms, one_of};

pub(crate) struct Client {
    pub(crate) session: Session,
    /// The attempt at hand. What comes of another one is dropped.
    pub(crate) attempt: Option<usize>,
    /// How late its timer is.
    lateness: Duration,
    /// What an event costs its user in time,
    slowness: Duration,
    /// and until when: what arrives in the meantime waits.
    pub(crate) busy_until: Duration,
    /// It takes frames that share the chunk, instead of lent ones.
    shares: bool,
}

impl Client {
    pub(crate) fn roll(rng: &mut Rng, session: Session) -> Self {
        Self {
            session,
            attempt: None,
            lateness: one_of(rng, &[0, 0, 1, 30].map(ms)),
            slowness: one_of(rng, &[0, 0, 0, 0, 2, 3000].map(ms)),
            busy_until: Duration::ZERO,
            shares: rng.bool(),
        }
    }

    /// What its timer is set to,
    pub(crate) fn deadline(&self) -> Option<Duration> {
        match self.session.step() {
            Step::AwaitHead { deadline } | Step::Read { deadline } => deadline,
            Step::Wait { until, .. } => Some(until),
            Step::Connect { .. } | Step::Closed(_) => None,
        }
    }

    /// and when it fires.
    pub(crate) fn timer(&self) -> Option<Duration> {
        self.deadline().map(|deadline| self.busy_until.max(deadline + self.lateness))
    }

    /// Takes a chunk, and then waits for another. `give` is told when it is given what.
    pub(crate) fn receive(
        &mut self,
        mut now: Duration,
        chunk: &[u8],
        mut give: impl FnMut(Duration, Result<Frame<'_>, DecodeError>),
    ) {
        let slowness = self.slowness;
        let mut give = |now: &mut Duration, frame: Result<Frame<'_>, DecodeError>| {
            let is_event = matches!(frame, Ok(Frame::Event(_)));
            give(*now, frame);
            *now += if is_event { slowness } else { Duration::ZERO };
        };
        if self.shares {
            let mut input = BytesInput::new(chunk.to_vec().into());
            loop {
                if let Some(event) = self.session.handle_whole_event(now, &mut input) {
                    give(&mut now, Ok(Frame::Event(event.as_event())));
                    continue;
                }
                match self.session.handle_bytes(now, &mut input) {
                    Ok(Some(OwnedFrame::Event(event))) => give(&mut now, Ok(Frame::Event(event.as_event()))),
                    Ok(Some(OwnedFrame::Retry(time))) => give(&mut now, Ok(Frame::Retry(time))),
                    Ok(Some(other)) => panic!("not asked for: {other:?}"),
                    Ok(None) => break,
                    Err(error) => give(&mut now, Err(error)),
                }
            }
        } else {
            let mut input = Input::new(chunk);
            while let Some(frame) = self.session.handle_data(now, &mut input).transpose() {
                give(&mut now, frame);
            }
        }
        self.session.handle_waiting(now);
        self.busy_until = now;
    }
}
