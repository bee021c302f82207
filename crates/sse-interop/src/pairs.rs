//! The table of pairs.

use crate::deviation::Deviation;
use crate::ours;
use crate::pair::{Client, Pair, Server, Start, in_mid_event};
use crate::peers::{axum, browser, curl, nginx, node, python};
use crate::replay::Released;
use crate::setting::Setting;
use crate::wire::Cut;

/// Our client against their servers, then our server against their clients.
pub(crate) const PAIRS: &[Pair] = &[
    their_server("node-http", node::http, &[]),
    Pair { cuts: blindly, ..their_server("gzip", node::gzip, &[]) },
    their_server("better-sse", node::better_sse, &[Deviation::JsonData]),
    their_server("sse-starlette", python::starlette, &[]),
    their_server("axum", axum::sse, &[Deviation::CrLfIsTwoLineBreaks, Deviation::NoEmptyData]),
    Pair {
        client: ours::impatient_client,
        ..their_server("nchan", nginx::nchan, &[Deviation::OwnIds, Deviation::RawCr])
    },
    their_server("nginx-proxy", nginx::proxy, &[]),
    their_client("chromium", browser::eventsource, &[]),
    their_client("eventsource", node::eventsource, &[]),
    their_client("undici", node::undici, &[]),
    their_client("httpx-sse", python::httpx, &[Deviation::RetryIsAnEvent("message")]),
    their_client(
        "fetch-event-source",
        browser::fetch,
        &[
            Deviation::NoLeadingLineBreaks,
            Deviation::NoByteOrderMarks,
            Deviation::RetryIsAnEvent(""),
            Deviation::IdOfUnfinishedEvent,
        ],
    ),
    their_client("event-source-polyfill", browser::polyfill, &[Deviation::IdInQuery("lastEventId")]),
    their_client("curl", curl::client, &[]),
];

const fn their_server(
    name: &'static str,
    server: fn(&Setting, Released) -> Start<'_, Server>,
    deviations: &'static [Deviation],
) -> Pair {
    Pair { name, server, client: ours::client, cuts: in_mid_event, deviations }
}

const fn their_client(
    name: &'static str,
    client: fn(&Setting, String) -> Start<'_, Client>,
    deviations: &'static [Deviation],
) -> Pair {
    Pair { name, server: ours::server, client, cuts: in_mid_event, deviations }
}

/// Where the events cannot be seen on the wire.
fn blindly() -> Vec<Cut> {
    vec![Cut::After(6_000), Cut::After(4_000)]
}
