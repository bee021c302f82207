//! What is asked of our clients, what they reach, and what there is to be reached.

use std::fmt::Write as _;

use crate::Result;
use crate::report::Row;
use crate::server::EVENT_BYTES;
use crate::sources::{HYPER_BODY, Kind, LENT, OWNED};

/// Events for a second of CPU time: this much of what hyper's body gives alone.
const OF_BODY: f64 = 0.8;
/// And so many times what the fastest peer gives.
const OF_PEER: f64 = 3.0;

/// The table of goals, and what those that are missed are missed by.
pub(crate) fn write(out: &mut String, rows: &[Row]) -> Result<()> {
    let events = |name: &str| rows.iter().find(|row| row.name == name).map_or(f64::NAN, |row| row.events);
    let peers = || rows.iter().filter(|row| row.kind == Kind::Peer);
    let fastest = peers().map(|row| row.events).fold(0.0, f64::max);
    let smallest = peers().filter_map(|row| row.idle).fold(f64::INFINITY, f64::min);
    let body = rows.iter().find(|row| row.name == HYPER_BODY).ok_or("no row of the body alone")?;
    let body_idle = body.idle.unwrap_or(f64::NAN);

    writeln!(out, "\n## Goals\n")?;
    writeln!(out, "| client | goal | wanted | reached | limit | |")?;
    writeln!(out, "| --- | --- | ---: | ---: | ---: | --- |")?;
    for row in rows.iter().filter(|row| row.kind == Kind::Ours) {
        let mut at_least = |goal: &str, wanted: f64, reached: f64, limit: f64| {
            let verdict = verdict(reached >= wanted, limit >= wanted);
            writeln!(out, "| {} | {goal} | {wanted:.1} | {reached:.2} | {limit:.2} | {verdict} |", row.name)
        };
        at_least("events/s of CPU, of hyper's body", OF_BODY, row.events / body.events, events(OWNED) / body.events)?;
        at_least("events/s of CPU, times the fastest peer", OF_PEER, row.events / fastest, body.events / fastest)?;
        let (idle, limit) = (row.idle.unwrap_or(f64::NAN) / smallest, body_idle / smallest);
        let verdict = verdict(idle < 1.0, limit < 1.0);
        writeln!(
            out,
            "| {} | memory, below the smallest peer's | < 1 | {idle:.2} | {limit:.2} | {verdict} |",
            row.name
        )?;
    }

    let nanos = |events: f64| 1e9 / events;
    let alone = nanos(body.events);
    let more = |name: &str| user_mode(rows, name) - user_mode(rows, HYPER_BODY);
    writeln!(
        out,
        "\nThe limits are measured in the same run. hyper's body alone takes {alone:.0} ns for {EVENT_BYTES} bytes, and \
         {OF_PEER} times the fastest peer would be {:.0} ns. To {OF_BODY} of the body belong {:.0} ns for all that a client does \
         with an event. In user mode, *events lent* takes {:+.0} ns over the body: it decodes in a loop, with no client around \
         it, and the texts are gone with their piece. *Events owned*, {:+.0} ns, is the same with events that may be kept, \
         dropped one by one. What makes an event one's own is a share of its piece: all are taken by one atomic operation, but \
         each is given back by its own, which no event can do without that goes to another task and is not copied. A client \
         adds, to an event: the poll of a `Stream`, the task's budget, the session's times and the move of the result; \
         sse-hyper is at {:+.0} ns with that, sse-reqwest at {:+.0}.",
        nanos(OF_PEER * fastest),
        alone / OF_BODY - alone,
        more(LENT),
        more(OWNED),
        more("sse-hyper"),
        more("sse-reqwest"),
    )?;
    writeln!(
        out,
        "\nOf memory, the body's buffers and tasks are nearly all ({body_idle:.0} bytes); they are hyper's, and the same for \
         everybody. What a source of ours adds is the session, what the next request is made from, and the response's head \
         with its fields."
    )?;
    Ok(())
}

/// Nanoseconds for an event.
fn user_mode(rows: &[Row], name: &str) -> f64 {
    rows.iter().find(|row| row.name == name).map_or(f64::NAN, |row| row.nanos[0])
}

fn verdict(met: bool, within_reach: bool) -> &'static str {
    match (met, within_reach) {
        (true, _) => "met",
        (false, true) => "**missed**",
        (false, false) => "missed, **out of reach**",
    }
}
