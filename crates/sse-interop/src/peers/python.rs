//! Peers in Python.

use crate::pair::{Client, Server, Start};
use crate::program;
use crate::replay::Released;
use crate::setting::Setting;

/// sse-starlette under uvicorn.
pub(crate) fn starlette(setting: &Setting, released: Released) -> Start<'_, Server> {
    Box::pin(program::server(setting, "python/server_starlette.py", released))
}

/// httpx-sse.
pub(crate) fn httpx(setting: &Setting, origin: String) -> Start<'_, Client> {
    Box::pin(program::client(setting, "python/client_httpx.py", origin))
}
