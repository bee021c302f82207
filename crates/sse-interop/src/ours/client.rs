//! Our clients, as browsers do it.

use futures_util::{Stream, StreamExt as _};
use sse_hyper::{OwnedEvent, Policy};

use crate::list::Event;
use crate::pair::{Client, Start};
use crate::setting::Setting;
use crate::wire::PATH;
use crate::{Error, Result};

/// The client of sse-hyper, as its documentation shows it.
pub(crate) fn hyper(_: &Setting, origin: String) -> Start<'_, Client> {
    Box::pin(async move {
        let connector = sse_hyper::Connector::get(&format!("{origin}{PATH}"))?;
        Ok(follow(connector.subscribe(Policy::default()), as_it_is))
    })
}

/// The client of sse-reqwest.
pub(crate) fn reqwest(_: &Setting, origin: String) -> Start<'_, Client> {
    Box::pin(async move {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let request = client.get(format!("{origin}{PATH}"));
        Ok(follow(sse_reqwest::Connector::new(request)?.subscribe(Policy::default()), as_it_is))
    })
}

fn as_it_is(event: &OwnedEvent) -> Result<Option<Event>> {
    Ok(Some(Event::new(event.last_event_id(), event.event_type(), event.data())))
}

/// Reports what `read` makes of what an event source of ours yields.
pub(super) fn follow<E: Send + 'static>(
    mut source: impl Stream<Item = std::result::Result<OwnedEvent, E>> + Send + Unpin + 'static,
    read: fn(&OwnedEvent) -> Result<Option<Event>>,
) -> Client
where
    Error: From<E>,
{
    Client::spawn(async move |events| {
        while let Some(event) = source.next().await {
            if let Some(event) = read(&event?)? {
                events.send(event)?;
            }
        }
        Ok(())
    })
}
