//! The table of pairs.

use crate::deviation::Deviation::{self, *};
use crate::list::CUT;
use crate::ours::{client, mcp, mcp_call, mcp_call_server, mcp_server, server};
use crate::pair::{Pair, StartClient, StartServer};
use crate::peers::{axum, browser, curl, nginx, node, python};
use crate::wire::Cut;

/// In the middle of two events.
const IN_EVENTS: &[Cut] = &[Cut::In(CUT[0]), Cut::In(CUT[1])];

/// The same, for those who read by Chromium's `fetch`.
const IN_EVENTS_ONCE_READ: &[Cut] = &[Cut::InOnceRead(CUT[0]), Cut::InOnceRead(CUT[1])];

/// Where events cannot be seen on the wire.
const BLINDLY: &[Cut] = &[Cut::After(6_000), Cut::After(4_000)];

/// Of the first cut the server does not know at first, and refuses the client that is back already. In between it ends the
/// connection, and the three after it without having sent anything.
const AND_BY_SERVER: &[Cut] = &[
    Cut::HalfIn(CUT[0]),
    Cut::ByServer(550),
    Cut::ByServer(550),
    Cut::ByServer(550),
    Cut::ByServer(550),
    Cut::In(CUT[1]),
];

/// Our clients, in the order of [`TheirServer::clients`].
const OURS: [&str; 2] = ["sse-hyper", "sse-reqwest"];

/// A server of theirs, against both of our clients.
struct TheirServer {
    peer: &'static str,
    start: StartServer,
    clients: [StartClient; 2],
    cuts: &'static [Cut],
    deviations: &'static [Deviation],
}

const SERVERS: &[TheirServer] = &[
    plain("node-http", node::http, &[]),
    TheirServer { cuts: BLINDLY, ..plain("gzip", node::gzip, &[]) },
    plain("better-sse", node::better_sse, &[JsonData]),
    plain("sse-starlette", python::starlette, &[]),
    plain("axum", axum::sse, &[CrLfIsTwoLineBreaks, NoEmptyData]),
    plain("nchan", nginx::nchan, &[OwnIds, RawCr]),
    plain("nginx-proxy", nginx::proxy, &[]),
    TheirServer {
        peer: "mcp-post",
        start: node::mcp,
        clients: [mcp::hyper_post, mcp::reqwest_post],
        cuts: AND_BY_SERVER,
        deviations: &[OwnIds, BeginsWithPost],
    },
    TheirServer {
        peer: "mcp-get",
        start: node::mcp,
        clients: [mcp::hyper_get, mcp::reqwest_get],
        cuts: AND_BY_SERVER,
        deviations: &[OwnIds],
    },
    // What is lost of it is lost.
    TheirServer {
        peer: "mcp-call",
        start: node::mcp_call,
        clients: [mcp_call::hyper, mcp_call::reqwest],
        cuts: &[],
        deviations: &[Call],
    },
];

const fn plain(peer: &'static str, start: StartServer, deviations: &'static [Deviation]) -> TheirServer {
    TheirServer { peer, start, clients: [client::hyper, client::reqwest], cuts: IN_EVENTS, deviations }
}

/// A client of theirs, against our server.
struct TheirClient {
    peer: &'static str,
    start: StartClient,
    server: StartServer,
    cuts: &'static [Cut],
    deviations: &'static [Deviation],
}

const CLIENTS: &[TheirClient] = &[
    reader("chromium", browser::eventsource, &[]),
    reader("eventsource", node::eventsource, &[]),
    reader("undici", node::undici, &[]),
    reader("httpx-sse", python::httpx, &[RetryIsAnEvent("message")]),
    TheirClient {
        cuts: IN_EVENTS_ONCE_READ,
        ..reader(
            "fetch-event-source",
            browser::fetch,
            &[NoLeadingLineBreaks, NoByteOrderMarks, RetryIsAnEvent(""), IdOfUnfinishedEvent],
        )
    },
    TheirClient {
        cuts: IN_EVENTS_ONCE_READ,
        ..reader("event-source-polyfill", browser::polyfill, &[IdInQuery("lastEventId")])
    },
    reader("curl", curl::client, &[]),
    TheirClient {
        peer: "mcp-client",
        start: node::mcp_client,
        server: mcp_server::start,
        cuts: &[Cut::In(CUT[0]), Cut::ByServer(mcp_server::CLOSED_BEHIND), Cut::In(CUT[1])],
        deviations: &[BeginsWithPost],
    },
    TheirClient {
        peer: "mcp-call-client",
        start: node::mcp_call_client,
        server: mcp_call_server::start,
        cuts: &[],
        deviations: &[Call],
    },
];

const fn reader(peer: &'static str, start: StartClient, deviations: &'static [Deviation]) -> TheirClient {
    TheirClient { peer, start, server: server::start, cuts: IN_EVENTS, deviations }
}

/// All pairs.
pub(crate) fn pairs() -> Vec<Pair> {
    let servers = SERVERS.iter().flat_map(|&TheirServer { peer, start, clients, cuts, deviations }| {
        let clients = OURS.into_iter().zip(clients);
        clients.map(move |(ours, client)| Pair { peer, ours, server: start, client, cuts, deviations })
    });
    let clients = CLIENTS.iter().map(|&TheirClient { peer, start, server, cuts, deviations }| Pair {
        peer,
        ours: "sse-hyper",
        server,
        client: start,
        cuts,
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
