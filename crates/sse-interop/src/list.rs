//! The events that every server sends and every client must see.

use serde::{Deserialize, Serialize};

/// One event, as a server is given it and as a client reports it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Event {
    /// The last event ID.
    pub(crate) id: String,
    /// The event type.
    pub(crate) event: String,
    /// The data.
    pub(crate) data: String,
}

impl Event {
    pub(crate) fn new(id: &str, event: &str, data: &str) -> Self {
        Self { id: id.to_owned(), event: event.to_owned(), data: data.to_owned() }
    }
}

/// How many there are.
pub(crate) const COUNT: usize = 1000;

/// Servers hold this event and all later ones back until the client has the one before it: what is flushed must be
/// delivered, however little it is.
pub(crate) const HELD: usize = 11;

/// The data of the last event before the hold.
pub(crate) const HOLD: &str = "-- hold --";

/// In the data of these the connection is cut.
pub(crate) const CUT: [usize; 2] = [399, 703];

/// The data of the last event.
pub(crate) const END: &str = "-- end --";

/// All of them, the same each time. The last event ID of each is its number, from 1.
pub(crate) fn events() -> Vec<Event> {
    (1..=COUNT).map(event).collect()
}

fn event(number: usize) -> Event {
    let event = match number % 5 {
        1 => "tick",
        3 => "知らせ",
        _ => "message",
    };
    Event::new(&number.to_string(), event, &data(number))
}

fn data(number: usize) -> String {
    if number == COUNT {
        return END.to_owned();
    }
    if number == HELD - 1 {
        return HOLD.to_owned();
    }
    if CUT.contains(&number) {
        return format!("a whole line of {number}\n{} is in its second line\nand a third", scissors(number));
    }
    match number % 19 {
        0 => String::new(),
        1 => format!("{{\"number\":{number},\"text\":\"JSON \\n\"}}"),
        2 => format!("line 1 of {number}\nline 2\nline 3"),
        3 => format!("a lone CR\rin {number}"),
        4 => format!("CRLF\r\nin {number}"),
        5 => format!("ひらがな 漢字 🦀 e\u{301} ÿ {number}"),
        6 => format!(" leading space {number}"),
        7 => format!("line break at the end {number}\n"),
        8 => format!("\nline break at the beginning {number}"),
        9 => format!("data: like a field {number}\n: like a comment\nid: 7\n\nevent: none\nretry: 1"),
        10 => format!("\u{feff}byte order mark {number}"),
        11 => format!("no line ends: \u{85} \u{2028} \u{2029} \u{b} \u{c} {number}"),
        12 => format!("NUL \0 and other controls \u{1} \u{1b} \u{7f} {number}"),
        13 => "\n".to_owned(),
        14 => "\r\n\r\r\n\n".to_owned(),
        15 => " ".to_owned(),
        // Longer than a buffer here and there, each character cut somewhere.
        16 => "é漢🦀 ".repeat(2 * number),
        17 => format!("CR at the end {number}\r"),
        _ => format!("event {number}"),
    }
}

/// The text in an event's data behind which the connection is cut.
pub(crate) fn scissors(number: usize) -> String {
    format!("-- cut {number} --")
}

/// The list as a client of the standard sees it: an event stream has one kind of line break.
pub(crate) fn as_received(mut events: Vec<Event>) -> Vec<Event> {
    for event in &mut events {
        event.data = with_lf(&event.data);
    }
    events
}

/// The text with LF for each line break.
pub(crate) fn with_lf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// What all peers read.
pub(crate) fn to_json(events: &[Event]) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(events)
}

#[cfg(test)]
mod tests {
    use super::{CUT, END, HELD, HOLD, as_received, events, scissors};

    #[test]
    fn has_what_goes_wrong_elsewhere() {
        let all = events();
        let some = |is: fn(&str) -> bool| all.iter().filter(|event| is(&event.data)).count();
        assert!(some(str::is_empty) > 40);
        assert!(some(|data| data.contains('\r')) > 100);
        assert!(some(|data| data.contains('\n')) > 200);
        assert!(some(|data| !data.is_ascii()) > 200);
        assert!(some(|data| data.len() > 8192) > 10);
        assert!(all.iter().any(|event| !event.event.is_ascii()));
    }

    #[test]
    fn ends_once_and_is_held_and_cut_where_nothing_else_is() {
        let all = events();
        assert_eq!(all.iter().position(|event| event.data.contains(END)), Some(all.len() - 1));
        assert_eq!(all.iter().position(|event| event.data.contains(HOLD)), Some(HELD - 2));
        for number in CUT {
            let cut: Vec<_> = all.iter().filter(|event| event.data.contains(&scissors(number))).collect();
            assert_eq!(cut.len(), 1);
            assert_eq!(cut[0].id, number.to_string());
            assert!(number > HELD);
        }
    }

    #[test]
    fn is_received_with_one_kind_of_line_break() {
        let received = as_received(events());
        assert!(received.iter().all(|event| !event.data.contains('\r')));
        assert_eq!(received[16].data, "CR at the end 17\n");
        assert_eq!(received[13].data, "\n\n\n\n");
    }
}
