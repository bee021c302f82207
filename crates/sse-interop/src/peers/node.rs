//! Peers under Node, of npm.

use crate::pair::{Client, Server, Start};
use crate::program;
use crate::replay::Released;
use crate::setting::Setting;

/// Plain `http`.
pub(crate) fn http(setting: &Setting, released: Released) -> Start<'_, Server> {
    Box::pin(program::server(setting, "node/server-http.mjs", released))
}

/// The same, compressed.
pub(crate) fn gzip(setting: &Setting, released: Released) -> Start<'_, Server> {
    Box::pin(program::server(setting, "node/server-gzip.mjs", released))
}

/// The package better-sse.
pub(crate) fn better_sse(setting: &Setting, released: Released) -> Start<'_, Server> {
    Box::pin(program::server(setting, "node/server-better-sse.mjs", released))
}

/// The package eventsource.
pub(crate) fn eventsource(setting: &Setting, origin: String) -> Start<'_, Client> {
    Box::pin(program::client(setting, "node/client-eventsource.mjs", origin))
}

/// The `EventSource` of the package undici.
pub(crate) fn undici(setting: &Setting, origin: String) -> Start<'_, Client> {
    Box::pin(program::client(setting, "node/client-undici.mjs", origin))
}

/// The server of @modelcontextprotocol/sdk.
pub(crate) fn mcp(setting: &Setting, released: Released) -> Start<'_, Server> {
    Box::pin(program::server(setting, "node/server-mcp.mjs", released))
}

/// The server of @modelcontextprotocol/server, which speaks a later revision of the protocol.
pub(crate) fn mcp_call(setting: &Setting, released: Released) -> Start<'_, Server> {
    Box::pin(program::server(setting, "node/server-mcp-call.mjs", released))
}

/// The client of @modelcontextprotocol/client, which speaks a later revision of the protocol.
pub(crate) fn mcp_call_client(setting: &Setting, origin: String) -> Start<'_, Client> {
    Box::pin(program::client(setting, "node/client-mcp-call.mjs", origin))
}

/// The client of @modelcontextprotocol/sdk.
pub(crate) fn mcp_client(setting: &Setting, origin: String) -> Start<'_, Client> {
    Box::pin(program::client(setting, "node/client-mcp.mjs", origin))
}
