//! Our side of each pair: the clients and the server that are being tested.

pub(crate) mod client;
pub(crate) mod mcp;
pub(crate) mod mcp_call;
pub(crate) mod mcp_call_server;
pub(crate) mod mcp_server;
pub(crate) mod server;
