//! Whether what a pair did is what it had to do.

use std::time::{Duration, Instant};

use crate::Result;
use crate::deviation::Deviation;
use crate::list::{Event, as_received};
use crate::wire::{Cut, Request};

/// What a pair did.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// What the client reported, up to the end.
    pub(crate) seen: Vec<Event>,
    /// What the wire overheard, and when.
    pub(crate) requests: Vec<(Request, Instant)>,
    /// The cuts that never came.
    pub(crate) cuts_left: usize,
    /// Why it stopped before the end.
    pub(crate) trouble: Option<String>,
}

/// What it saw and asked for, if that is what the list, the cuts and these deviations make of it.
///
/// # Errors
///
/// The first difference.
pub(crate) fn judge(list: &[Event], outcome: &Outcome, cuts: &[Cut], deviations: &[Deviation]) -> Result<String> {
    let Outcome { seen, requests, cuts_left, trouble } = outcome;
    let mut events = list.to_vec();
    for deviation in deviations {
        deviation.of_events(&mut events);
    }
    let events = as_received(events);

    let verdict = (|| {
        same_events(&events, seen, deviations.contains(&Deviation::OwnIds))?;
        if let Some(trouble) = trouble {
            return Err(trouble.clone());
        }
        if *cuts_left > 0 {
            return Err(format!("{cuts_left} cuts were never made"));
        }
        let asked: Vec<_> = requests.iter().map(|(request, _)| request.clone()).collect();
        let mut expected = expected_requests(&events, seen, &asked, cuts);
        for deviation in deviations {
            deviation.of_requests(&mut expected);
        }
        if asked != expected {
            return Err(format!("expected were the requests {expected:?}"));
        }
        seldom_in_vain(requests)
    })();
    match verdict {
        Ok(()) => Ok(format!("{} events, {} connections", seen.len(), requests.len())),
        Err(error) => {
            let asked: Vec<_> = requests.iter().map(|(request, _)| request).collect();
            let trouble = trouble.as_deref().unwrap_or("seen to the end");
            Err(format!("{error} ({} events, {trouble}; requests {asked:?})", seen.len()).into())
        }
    }
}

/// Everything once, in order, as it was sent.
fn same_events(expected: &[Event], seen: &[Event], own_ids: bool) -> std::result::Result<(), String> {
    let same = |(expected, seen): (&Event, &Event)| {
        expected.event == seen.event && expected.data == seen.data && (expected.id == seen.id) != own_ids
    };
    if let Some(at) = expected.iter().zip(seen).position(|pair| !same(pair)) {
        return Err(format!("event {} is {} instead of {}", at + 1, short(&seen[at]), short(&expected[at])));
    }
    if seen.len() != expected.len() {
        return Err(format!("{} events instead of {}", seen.len(), expected.len()));
    }
    Ok(())
}

/// The first connection asks for nothing; the others for what is behind the last whole event before the cut. Where the
/// server does not know yet that there was one, it refuses, and is asked again.
fn expected_requests(events: &[Event], seen: &[Event], asked: &[Request], cuts: &[Cut]) -> Vec<Request> {
    let seen_as = |number: usize| {
        let place = events.iter().position(|event| event.id == number.to_string())?;
        Some(seen.get(place)?.id.as_str())
    };
    let mut expected = vec![Request::get(None)];
    for cut in cuts {
        let asked = asked.get(expected.len()..).unwrap_or_default();
        let resumed = Request::get(match *cut {
            Cut::In(number) | Cut::InOnceRead(number) | Cut::HalfIn(number) => seen_as(number - 1),
            Cut::ByServer(number) => seen_as(number),
            // Somewhere; but nobody could have guessed an ID that was not sent.
            Cut::After(_) => {
                let asked = asked.first().and_then(|request| request.last_event_id.as_deref());
                seen.iter().map(|event| event.id.as_str()).find(|id| Some(*id) == asked)
            }
        });
        let times = match cut {
            // Twice at least, or nothing was refused.
            Cut::HalfIn(_) => asked.iter().take_while(|request| **request == resumed).count().max(2),
            _ => 1,
        };
        expected.extend(std::iter::repeat_n(resumed, times));
    }
    expected
}

/// The least that our clients wait, however little the server asks for.
const LEAST_WAIT: Duration = Duration::from_millis(100);

/// A server whose connections bring nothing is asked ever more seldom. (A request that is repeated shows that its
/// connection brought nothing.)
fn seldom_in_vain(requests: &[(Request, Instant)]) -> std::result::Result<(), String> {
    let mut least = LEAST_WAIT;
    for pair in requests.windows(2) {
        let [(before, then), (request, now)] = pair else { continue };
        if request != before {
            least = LEAST_WAIT;
            continue;
        }
        let wait = *now - *then;
        if wait < least {
            return Err(format!("a wait of {wait:?} behind a connection that brought nothing, instead of {least:?}"));
        }
        least *= 2;
    }
    Ok(())
}

/// An event for a message: the beginning of it.
fn short(event: &Event) -> String {
    let beginning: String = event.data.chars().take(60).collect();
    format!("{} {} {beginning:?}", event.id, event.event)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Outcome, judge};
    use crate::deviation::Deviation::*;
    use crate::list::{CUT, as_received, events};
    use crate::wire::{Cut, Request};

    const CUTS: [Cut; 2] = [Cut::In(CUT[0]), Cut::In(CUT[1])];

    fn asking(id: usize) -> (Request, Instant) {
        (Request::get(Some(&id.to_string())), Instant::now())
    }

    /// What a pair does in which nobody deviates.
    fn flawless() -> Outcome {
        let requests = vec![(Request::get(None), Instant::now()), asking(CUT[0] - 1), asking(CUT[1] - 1)];
        Outcome { seen: as_received(events()), requests, ..Outcome::default() }
    }

    fn verdict(change: impl FnOnce(&mut Outcome)) -> Result<String, String> {
        let mut outcome = flawless();
        change(&mut outcome);
        judge(&events(), &outcome, &CUTS, &[]).map_err(|error| error.to_string())
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
        assert!(verdict(|outcome| outcome.requests[2].0 = Request::get(None)).is_err());
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
            assert!(judge(&events(), &flawless(), &CUTS, &[deviation]).is_err(), "{deviation:?}");
        }
    }

    #[test]
    fn wants_a_refusal_where_the_server_does_not_know_of_the_cut() {
        let resumed = |times: u32| {
            let began = Instant::now();
            let again =
                (0..times).map(|n| (asking(CUT[0] - 1).0, began + Duration::from_millis(u64::from(n * n * 100))));
            let requests = std::iter::once((Request::get(None), began)).chain(again).collect();
            judge(&events(), &Outcome { requests, ..flawless() }, &[Cut::HalfIn(CUT[0])], &[]).is_ok()
        };
        assert!(!resumed(1), "nothing was refused");
        assert!(resumed(2) && resumed(3));
    }

    #[test]
    fn resumes_anywhere_where_it_could_not_see_the_cut() {
        let resumed = |ids: [usize; 2]| {
            let requests = vec![(Request::get(None), Instant::now()), asking(ids[0]), asking(ids[1])];
            judge(&events(), &Outcome { requests, ..flawless() }, &[Cut::After(1), Cut::After(1)], &[]).is_ok()
        };
        assert!(resumed([20, 900]));
        assert!(!resumed([20, 1001]), "no event has that ID");
    }

    #[test]
    fn wants_longer_waits_behind_connections_that_bring_nothing() {
        let waiting = |waits: [u64; 4]| {
            let mut time = Instant::now();
            let mut requests = vec![(Request::get(None), time)];
            for wait in waits {
                time += Duration::from_millis(wait);
                requests.push((asking(550).0, time));
            }
            judge(&events(), &Outcome { requests, ..flawless() }, &[Cut::ByServer(550); 4], &[]).is_ok()
        };
        assert!(waiting([0, 100, 200, 400]));
        assert!(!waiting([0, 100, 200, 200]), "as often for ever");
        assert!(!waiting([100, 50, 200, 400]), "sooner than ever");
    }
}
