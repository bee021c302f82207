//! A real client, its updates written down as a page would see them.

use std::time::Duration;

use futures_util::StreamExt as _;
use sse_tokio::{Connect, EventSource, Policy, RetriedStatuses, Update};

use super::exchange::Entry;

/// The policy that comes closest to a browser's, but for the waits: what is checked here is order, not time.
pub(super) fn policy() -> Policy {
    Policy::default()
        .with_retried_statuses(RetriedStatuses::None)
        .with_reconnection_time(Duration::from_millis(20))
        .with_max_backoff(Duration::from_millis(100))
}

/// Follows `source` to its end. `Err` says what no browser would do.
pub(super) async fn run<C: Connect>(source: EventSource<C>, log: &mut Vec<Entry>) -> Result<(), String> {
    let mut updates = source.updates();
    while let Some(update) = updates.next().await {
        log.push(match update {
            Ok(Update::Open(_)) => Entry::Open { open: true },
            Ok(Update::Event(event)) => Entry::Event {
                event_type: event.event_type().into(),
                data: event.data().into(),
                id: event.last_event_id().into(),
            },
            Ok(Update::Waiting { .. }) => Entry::error(0),
            Ok(Update::Dropped(error)) => return Err(format!("an event was dropped: {error}")),
            Ok(_) => continue,
            // The page's last `error` event is for any end, the proper one (below) included.
            Err(_) => break,
        });
    }
    log.push(Entry::error(2));
    Ok(())
}
