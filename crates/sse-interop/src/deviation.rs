//! What peers do otherwise than the standard, exactly: a peer that changes is noticed.

use sse_conformance::oracle;

use crate::list::{CUT, Event};
use crate::wire::Request;

/// One thing that one peer does otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deviation {
    /// The data is the JSON text of what was to be sent.
    JsonData,
    /// IDs are the server's own.
    OwnIds,
    /// An event with empty data cannot be sent, though its ID can.
    NoEmptyData,
    /// Only LF is taken for a line break in data, and a CR is sent as it is: what comes behind it is another line of
    /// the stream, which is no data, or it ends the event.
    RawCr,
    /// CR LF in data is two line breaks.
    CrLfIsTwoLineBreaks,
    /// Line breaks at the beginning of data are lost.
    NoLeadingLineBreaks,
    /// A byte order mark at the beginning of a line of data is lost.
    NoByteOrderMarks,
    /// An ID is taken before its event is whole, so that an event that was cut is lost.
    IdOfUnfinishedEvent,
    /// The last event ID is sent in this parameter of the query, and not in the header.
    IdInQuery(&'static str),
    /// The first request is a `POST`. Only those that resume are a `GET`.
    BeginsWithPost,
    /// It is a call, a `POST` that is not made again, of which no event has an ID.
    Call,
    /// A block with `retry` alone is reported as an event of this type.
    RetryIsAnEvent(&'static str),
}

impl Deviation {
    /// In words, for the table.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::JsonData => "sends data as JSON text",
            Self::OwnIds => "sends IDs of its own",
            Self::NoEmptyData => "cannot send empty data",
            Self::RawCr => "sends CR in data as it is, and so loses text behind it",
            Self::CrLfIsTwoLineBreaks => "sends CR LF in data as two line breaks",
            Self::NoLeadingLineBreaks => "loses line breaks at the beginning of data",
            Self::NoByteOrderMarks => "loses byte order marks at the beginning of lines of data",
            Self::IdOfUnfinishedEvent => "takes the ID of an event that was cut, and so loses the event",
            Self::IdInQuery(_) => "sends the last event ID in the query, not in the header",
            Self::BeginsWithPost => "begins with a `POST`, and resumes by `GET`",
            Self::Call => "is asked by a `POST`, sends no IDs, and is asked nothing again",
            Self::RetryIsAnEvent(_) => "takes a block with `retry` alone for an event",
        }
    }

    /// What becomes of the list, line breaks as they were given.
    pub(crate) fn of_events(self, list: &mut Vec<Event>) {
        match self {
            Self::JsonData => each(list, |data| serde_json::Value::from(data).to_string()),
            Self::NoEmptyData => list.retain(|event| !event.data.is_empty()),
            Self::RawCr => *list = list.drain(..).flat_map(with_raw_cr).collect(),
            Self::CrLfIsTwoLineBreaks => each(list, |data| data.replace('\r', "\n")),
            Self::NoLeadingLineBreaks => each(list, |data| data.trim_start_matches(['\r', '\n']).to_owned()),
            Self::NoByteOrderMarks => each(list, |data| {
                let lines: Vec<_> = data.split('\n').map(|line| line.trim_start_matches('\u{feff}')).collect();
                lines.join("\n")
            }),
            Self::RetryIsAnEvent(event_type) => {
                // Once a connection: at the beginning and where it was cut.
                let none = Event::new("", event_type, "");
                for number in CUT.into_iter().rev() {
                    list.insert(number - 1, none.clone());
                }
                list.insert(0, none);
            }
            Self::IdOfUnfinishedEvent => list.retain(|event| CUT.iter().all(|number| event.id != number.to_string())),
            Self::Call => list.iter_mut().for_each(|event| event.id.clear()),
            Self::IdInQuery(_) | Self::BeginsWithPost | Self::OwnIds => {}
        }
    }

    /// What becomes of the requests.
    pub(crate) fn of_requests(self, requests: &mut [Request]) {
        let mut requests = requests.iter_mut();
        let first = requests.next();
        match self {
            Self::BeginsWithPost | Self::Call => {
                if let Some(request) = first {
                    request.method = "POST".to_owned();
                }
            }
            Self::IdOfUnfinishedEvent => {
                for (request, number) in requests.zip(CUT) {
                    request.last_event_id = Some(number.to_string());
                }
            }
            Self::IdInQuery(name) => {
                for request in requests {
                    request.query = request.last_event_id.take().map(|id| format!("{name}={id}"));
                }
            }
            _ => {}
        }
    }
}

fn each(list: &mut [Event], change: impl Fn(&str) -> String) {
    for event in list {
        event.data = change(&event.data);
    }
}

/// What a client of the standard makes of an event whose data was cut into lines at LF alone.
fn with_raw_cr(event: Event) -> Vec<Event> {
    let Event { id, event, data } = event;
    let lines: String = data.split('\n').map(|line| format!("data: {line}\n")).collect();
    let outcome = oracle::interpret(format!("event: {event}\nid: {id}\n{lines}\n").as_bytes());
    let events = outcome.events();
    events.map(|event| Event::new(&event.last_event_id, &event.event_type, &event.data)).collect()
}
