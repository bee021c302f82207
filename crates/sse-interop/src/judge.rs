//! Whether what a pair did is what it had to do.

use crate::Result;
use crate::deviation::Deviation;
use crate::list::{CUT, Event, as_received};
use crate::wire::Request;

/// What a pair did.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// What the client reported, up to the end.
    pub(crate) seen: Vec<Event>,
    /// What the wire overheard.
    pub(crate) requests: Vec<Request>,
    /// The cuts that never came.
    pub(crate) cuts_left: usize,
    /// Why it stopped before the end.
    pub(crate) trouble: Option<String>,
}

/// What it saw and asked for, if that is what the list and these deviations make of it.
///
/// `blind`: nobody knows in which event the connection was cut.
///
/// # Errors
///
/// The first difference.
pub(crate) fn judge(list: &[Event], outcome: &Outcome, blind: bool, deviations: &[Deviation]) -> Result<String> {
    let mut events = list.to_vec();
    for deviation in deviations {
        deviation.of_events(&mut events);
    }
    events = as_received(events);
    let Outcome { seen, requests, cuts_left, trouble } = outcome;
    let so_far = || {
        let trouble = trouble.as_deref().unwrap_or("to its end");
        format!("{} events, requests {requests:?}, {trouble}", seen.len())
    };

    let own_ids = deviations.contains(&Deviation::OwnIds);
    let same = |(expected, seen): (&Event, &Event)| {
        expected.event == seen.event && expected.data == seen.data && (own_ids || expected.id == seen.id)
    };
    if let Some(at) = events.iter().zip(seen).position(|pair| !same(pair)) {
        return Err(
            format!("event {}: {} instead of {}; {}", at + 1, short(&seen[at]), short(&events[at]), so_far()).into()
        );
    }
    if seen.len() != events.len() || trouble.is_some() {
        return Err(format!("{} events expected; {}", events.len(), so_far()).into());
    }
    if *cuts_left > 0 {
        return Err(format!("{cuts_left} cuts were never made; {}", so_far()).into());
    }

    // The first connection asks for nothing; the others for what is behind the last whole event before the cut.
    let mut expected = vec![Request::default()];
    for (cut, number) in CUT.iter().enumerate() {
        let asked = requests.get(cut + 1).and_then(|request| request.last_event_id.as_ref());
        let before = events.iter().position(|event| event.id == (number - 1).to_string());
        let before = before.and_then(|index| seen.get(index));
        // Nobody could have guessed an ID that was not sent.
        let before = if blind { seen.iter().find(|event| Some(&event.id) == asked) } else { before };
        expected.push(Request { last_event_id: before.map(|event| event.id.clone()), query: None });
    }
    for deviation in deviations {
        deviation.of_requests(&mut expected);
    }
    if *requests != expected {
        return Err(format!("requests {requests:?} instead of {expected:?}").into());
    }
    Ok(format!("{} events, {} connections", seen.len(), requests.len()))
}

/// An event for a message: the beginning of it.
fn short(event: &Event) -> String {
    let beginning: String = event.data.chars().take(60).collect();
    format!("{} {} {beginning:?}", event.id, event.event)
}
