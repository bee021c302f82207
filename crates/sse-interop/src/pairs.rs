//! The table of pairs.

use crate::deviation::Deviation::{self, *};
use crate::ours;
use crate::pair::{Pair, StartClient, StartServer, blindly, in_mid_event};
use crate::peers::{axum, browser, curl, nginx, node, python};

/// Their servers.
const SERVERS: &[(&str, StartServer, &[Deviation])] = &[
    ("node-http", node::http, &[]),
    ("gzip", node::gzip, &[]),
    ("better-sse", node::better_sse, &[JsonData]),
    ("sse-starlette", python::starlette, &[]),
    ("axum", axum::sse, &[CrLfIsTwoLineBreaks, NoEmptyData]),
    ("nchan", nginx::nchan, &[OwnIds, RawCr]),
    ("nginx-proxy", nginx::proxy, &[]),
];

/// Our clients: each against each of their servers.
const OUR_CLIENTS: &[(&str, StartClient)] = &[("sse-hyper", ours::hyper), ("sse-reqwest", ours::reqwest)];

/// Their clients, each against our server.
const CLIENTS: &[(&str, StartClient, &[Deviation])] = &[
    ("chromium", browser::eventsource, &[]),
    ("eventsource", node::eventsource, &[]),
    ("undici", node::undici, &[]),
    ("httpx-sse", python::httpx, &[RetryIsAnEvent("message")]),
    (
        "fetch-event-source",
        browser::fetch,
        &[NoLeadingLineBreaks, NoByteOrderMarks, RetryIsAnEvent(""), IdOfUnfinishedEvent],
    ),
    ("event-source-polyfill", browser::polyfill, &[IdInQuery("lastEventId")]),
    ("curl", curl::client, &[]),
];

/// All pairs, by the name of the peer.
pub(crate) fn pairs() -> Vec<Pair> {
    let servers = SERVERS.iter().flat_map(|&(peer, server, deviations)| {
        // What is compressed cannot be read on the wire.
        let cuts = if peer == "gzip" { blindly } else { in_mid_event };
        OUR_CLIENTS.iter().map(move |&(ours, client)| Pair { peer, ours, server, client, cuts, deviations })
    });
    let clients = CLIENTS.iter().map(|&(peer, client, deviations)| Pair {
        peer,
        ours: "sse-hyper",
        server: ours::server,
        client,
        cuts: in_mid_event,
        deviations,
    });
    servers.chain(clients).collect()
}

#[cfg(test)]
mod tests {
    use super::pairs;

    #[test]
    fn the_readme_has_a_row_for_each_peer() {
        let readme = include_str!("../../../interop/README.md");
        for pair in pairs() {
            let beginning = format!("| `{}` |", pair.peer);
            let row = readme.lines().find(|line| line.starts_with(&beginning));
            let row = row.unwrap_or_else(|| panic!("{}", pair.peer));
            let deviations: Vec<_> = pair.deviations.iter().map(|deviation| deviation.text()).collect();
            assert!(row.ends_with(&format!("| {} |", deviations.join("; "))), "{row} should end with {deviations:?}");
        }
    }
}
