//! Server-Sent Events over HTTP: a reconnecting client and a server's response body.

mod body;
#[cfg(feature = "client")]
mod connect;
#[cfg(feature = "client")]
mod decompress;
#[cfg(feature = "client")]
mod error;
#[cfg(feature = "client")]
mod redirect;
#[cfg(feature = "client")]
mod tls;

pub use body::{EventBody, IntoBlock};
#[cfg(feature = "client")]
pub use connect::HttpClient;
#[cfg(feature = "client")]
pub use decompress::ByteStream;
#[cfg(feature = "client")]
pub use error::{BoxError, HttpError};
#[cfg(feature = "client")]
pub use redirect::RedirectError;
#[cfg(feature = "client")]
pub use tls::{Tls, TlsError};
