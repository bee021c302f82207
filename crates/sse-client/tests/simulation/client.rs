//! An adapter as it should be, over the real session: it moves bytes and sets a timer, and listens to one connection.

use std::time::Duration;

use sse_client::{Session, Step};
use sse_codec::{BytesInput, DecodeError, Frame, Input, OwnedFrame};

pub(crate) struct Client {
    pub(crate) session: Session,
    /// The attempt at hand. What comes of another one is dropped.
    pub(crate) attempt: Option<usize>,
    /// How late its timer is.
    lateness: Duration,
    /// It takes frames that share the chunk, instead of lent ones.
    shares: bool,
}

impl Client {
    pub(crate) fn new(session: Session, lateness: Duration, shares: bool) -> Self {
        Self { session, attempt: None, lateness, shares }
    }

    /// When its timer fires.
    pub(crate) fn timer(&self) -> Option<Duration> {
        let deadline = match self.session.step() {
            Step::AwaitHead { deadline } | Step::Read { deadline } => deadline,
            Step::Wait { until, .. } => Some(until),
            Step::Connect { .. } | Step::Closed(_) => None,
        };
        deadline.map(|deadline| deadline + self.lateness)
    }

    pub(crate) fn receive(
        &mut self,
        now: Duration,
        chunk: &[u8],
        mut give: impl FnMut(Result<Frame<'_>, DecodeError>),
    ) {
        if self.shares {
            let mut input = BytesInput::new(chunk.to_vec().into());
            loop {
                match self.session.handle_bytes(now, &mut input) {
                    Ok(Some(OwnedFrame::Event(event))) => give(Ok(Frame::Event(event.as_event()))),
                    Ok(Some(OwnedFrame::Retry(time))) => give(Ok(Frame::Retry(time))),
                    Ok(Some(other)) => panic!("not asked for: {other:?}"),
                    Ok(None) => break,
                    Err(error) => give(Err(error)),
                }
            }
        } else {
            let mut input = Input::new(chunk);
            while let Some(frame) = self.session.handle_data(now, &mut input).transpose() {
                give(frame);
            }
        }
    }
}
