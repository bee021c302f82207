//! What a server sends to a client: everything behind the last event ID, with the hold in it.

use std::sync::Arc;

use futures_util::{Stream, stream};
use tokio::sync::watch;

use crate::list::{Event, HELD};

/// Becomes true when the client has what comes before the hold.
pub(crate) type Released = watch::Receiver<bool>;

/// The events behind the one with this ID, all of them without one. Does not end.
pub(crate) fn replay(
    list: Arc<[Event]>,
    last_event_id: Option<&str>,
    released: Released,
) -> impl Stream<Item = Event> + Send + use<> {
    // IDs are numbers from 1, so an ID is also the index of the next event.
    let next = last_event_id.and_then(|id| id.parse().ok()).unwrap_or(0);
    stream::unfold((list, next, released), async |(list, next, mut released)| {
        let Some(event) = list.get(next).cloned() else { return std::future::pending().await };
        if next + 1 >= HELD {
            released.wait_for(|released| *released).await.ok()?;
        }
        Some((event, (list, next + 1, released)))
    })
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, StreamExt as _};
    use tokio::sync::watch;

    use super::replay;
    use crate::list::{COUNT, HELD, events};

    #[test]
    fn waits_at_the_hold_and_goes_on_behind_an_id() {
        let (release, released) = watch::channel(false);
        let list = events();
        let mut all = Box::pin(replay(list.clone().into(), None, released.clone()));
        let mut take = |count| -> usize { std::iter::from_fn(|| all.next().now_or_never()).take(count).count() };
        assert_eq!(take(COUNT), HELD - 1);
        release.send_replace(true);
        assert_eq!(take(COUNT), COUNT - HELD + 1);

        let mut rest = Box::pin(replay(list.into(), Some("998"), released));
        let ids: Vec<_> = std::iter::from_fn(|| rest.next().now_or_never().flatten()).map(|event| event.id).collect();
        assert_eq!(ids, ["999", "1000"]);
    }
}
