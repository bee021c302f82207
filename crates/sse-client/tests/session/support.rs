//! A session on a virtual clock.

use std::time::Duration;

use sse_client::{CloseReason, End, Policy, ResponseHead, Session, Step};
use sse_codec::{Frame, Input};

pub(crate) const S: Duration = Duration::from_secs(1);
pub(crate) const MS: Duration = Duration::from_millis(1);

/// Without jitter, so that waits can be compared.
pub(crate) fn exact() -> Policy {
    Policy::default().with_jitter_percent(0)
}

pub(crate) struct Play {
    pub(crate) session: Session,
    pub(crate) now: Duration,
}

impl Play {
    pub(crate) fn new(session: Session) -> Self {
        Self { session, now: 1000 * S }
    }

    pub(crate) fn subscribe(policy: Policy) -> Self {
        Self::new(Session::subscribe(policy, 7))
    }

    /// Begins an attempt: the last event ID that is sent.
    #[track_caller]
    pub(crate) fn connect(&mut self) -> Option<String> {
        let Step::Connect { last_event_id } = self.session.step() else {
            panic!("{:?}", self.session.step());
        };
        let last_event_id = last_event_id.map(str::to_owned);
        self.session.handle_connecting(self.now);
        assert!(matches!(self.session.step(), Step::AwaitHead { .. }));
        last_event_id
    }

    pub(crate) fn head(&mut self, status: u16) {
        self.session.handle_head(self.now, event_stream(status));
    }

    /// Begins an attempt that succeeds.
    #[track_caller]
    pub(crate) fn open(&mut self) -> Option<String> {
        let last_event_id = self.connect();
        self.head(200);
        assert!(matches!(self.session.step(), Step::Read { .. }), "{:?}", self.session.step());
        last_event_id
    }

    /// Receives: the data of the events.
    pub(crate) fn data(&mut self, bytes: &str) -> Vec<String> {
        let mut input = Input::new(bytes.as_bytes());
        let mut events = Vec::new();
        while let Some(frame) = self.session.handle_data(self.now, &mut input).expect("no event is dropped") {
            if let Frame::Event(event) = frame {
                events.push(event.data.to_owned());
            }
        }
        events
    }

    pub(crate) fn end(&mut self, end: End) {
        self.session.handle_end(self.now, end);
    }

    /// Waits as long as the session says: how long that was.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> Duration {
        let Step::Wait { until, .. } = self.session.step() else {
            panic!("{:?}", self.session.step());
        };
        let waited = until - self.now;
        self.now = until;
        self.session.handle_timeout(self.now);
        waited
    }

    /// Lets time pass.
    pub(crate) fn pass(&mut self, time: Duration) {
        self.now += time;
        self.session.handle_timeout(self.now);
    }

    pub(crate) fn closed(&self) -> Option<&CloseReason> {
        match self.session.step() {
            Step::Closed(reason) => Some(reason),
            _ => None,
        }
    }
}

pub(crate) fn event_stream(status: u16) -> ResponseHead<'static> {
    ResponseHead::new(status).with_content_type(Some(b"text/event-stream"))
}
