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
        expected.event == seen.event && expected.data == seen.data && (expected.id == seen.id) != own_ids
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

#[cfg(test)]
mod tests {
    use super::{Outcome, judge};
    use crate::deviation::Deviation::*;
    use crate::list::{CUT, as_received, events};
    use crate::wire::Request;

    fn asking(id: usize) -> Request {
        Request { last_event_id: Some(id.to_string()), query: None }
    }

    /// What a pair does in which nobody deviates.
    fn flawless() -> Outcome {
        let requests = vec![Request::default(), asking(CUT[0] - 1), asking(CUT[1] - 1)];
        Outcome { seen: as_received(events()), requests, ..Outcome::default() }
    }

    fn verdict(change: impl FnOnce(&mut Outcome)) -> Result<String, String> {
        let mut outcome = flawless();
        change(&mut outcome);
        judge(&events(), &outcome, false, &[]).map_err(|error| error.to_string())
    }

    #[test]
    fn takes_what_is_flawless() {
        assert_eq!(verdict(|_| {}), Ok("1000 events, 3 connections".to_owned()));
    }

    #[test]
    fn notices_events_that_are_lost_doubled_late_or_changed() {
        assert!(verdict(|outcome| drop(outcome.seen.remove(398))).is_err());
        assert!(verdict(|outcome| drop(outcome.seen.pop())).is_err());
        assert!(verdict(|outcome| outcome.seen.insert(398, outcome.seen[398].clone())).is_err());
        assert!(verdict(|outcome| outcome.seen.push(outcome.seen[999].clone())).is_err());
        assert!(verdict(|outcome| outcome.seen.swap(700, 701)).is_err());
        assert!(verdict(|outcome| outcome.seen[5].data.push('\n')).is_err());
        assert!(verdict(|outcome| outcome.seen[5].event.push('s')).is_err());
        assert!(verdict(|outcome| outcome.seen[5].id.clear()).is_err());
    }

    #[test]
    fn notices_connections_that_were_not_cut_or_resumed_elsewhere() {
        assert!(verdict(|outcome| outcome.cuts_left = 1).is_err());
        assert!(verdict(|outcome| outcome.requests[1] = asking(CUT[0])).is_err());
        assert!(verdict(|outcome| outcome.requests[2] = Request::default()).is_err());
        assert!(verdict(|outcome| outcome.requests[0] = asking(0)).is_err());
        assert!(verdict(|outcome| outcome.requests.push(asking(1000))).is_err());
        assert!(verdict(|outcome| outcome.trouble = Some("gone".to_owned())).is_err());
    }

    #[test]
    fn notices_a_deviation_that_is_no_more() {
        let all = [
            JsonData,
            OwnIds,
            NoEmptyData,
            RawCr,
            CrLfIsTwoLineBreaks,
            NoLeadingLineBreaks,
            NoByteOrderMarks,
            IdOfUnfinishedEvent,
            IdInQuery("id"),
            RetryIsAnEvent("message"),
        ];
        for deviation in all {
            assert!(judge(&events(), &flawless(), false, &[deviation]).is_err(), "{deviation:?}");
        }
    }

    #[test]
    fn resumes_anywhere_where_it_could_not_see_the_cut() {
        let resumed = |ids: [usize; 2]| {
            let requests = vec![Request::default(), asking(ids[0]), asking(ids[1])];
            judge(&events(), &Outcome { requests, ..flawless() }, true, &[]).is_ok()
        };
        assert!(resumed([20, 900]));
        assert!(!resumed([20, 1001]), "no event has that ID");
    }
}
