//! Comments on an idle connection.

use std::future::Future;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use sse_codec::EventBlock;
use tokio::time::{Instant, Sleep, sleep};

/// Unless the user says otherwise: as the standard advises (section 9.2.7), and below the 30 to 60 seconds after
/// which common proxies give up.
pub(super) const DEFAULT: Duration = Duration::from_secs(15);

/// Below this a mistake in the unit would fill the connection with comments.
pub(super) const MIN: Duration = Duration::from_millis(100);

/// The empty comment: the shortest block that is liveness and not an event. One for all connections.
static COMMENT: LazyLock<Bytes> = LazyLock::new(|| EventBlock::new().comment("").to_bytes());

/// Says when a comment is due.
///
/// Sending a block only notes the time; the timer is moved when it fires, so that a busy stream costs a clock reading
/// a block and not an operation on the runtime's timer wheel.
#[derive(Debug)]
pub(super) struct KeepAlive {
    interval: Duration,
    last_sent: Option<Instant>,
    /// Made when first needed: a body may be built outside the runtime.
    timer: Option<Pin<Box<Sleep>>>,
}

impl KeepAlive {
    pub(super) fn new(interval: Duration) -> Self {
        Self { interval: interval.max(MIN), last_sent: None, timer: None }
    }

    /// Something was sent: the idle time starts anew.
    pub(super) fn sent(&mut self) {
        self.last_sent = Some(Instant::now());
    }

    /// Ready with a comment when nothing was sent for the interval, counted from the first call at the earliest.
    pub(super) fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        let interval = self.interval;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(interval)));
        loop {
            ready!(timer.as_mut().poll(cx));
            let now = Instant::now();
            // The timer fired, so the interval is not so long that the sum could overflow.
            match self.last_sent.map(|sent| sent + interval) {
                Some(due) if due > now => timer.as_mut().reset(due),
                _ => {
                    timer.as_mut().reset(now + interval);
                    return Poll::Ready(COMMENT.clone());
                }
            }
        }
    }
}
