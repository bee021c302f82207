//! Host names and their addresses.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec;

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower_service::Service;

/// A host name without an address. [`HttpError::Resolve`](crate::HttpError::Resolve) says so; in its chain of sources
/// this is the link below.
#[derive(Debug, thiserror::Error)]
#[error("the resolver failed")]
pub(crate) struct ResolveError {
    pub(crate) host: String,
    pub(crate) source: io::Error,
}

/// The platform's resolver behind the names that the caller knows better.
#[derive(Clone)]
pub(crate) struct Resolver {
    platform: GaiResolver,
    known: Arc<HashMap<String, Vec<IpAddr>>>,
}

impl Resolver {
    /// `known`: by names in lower case.
    pub(crate) fn new(known: HashMap<String, Vec<IpAddr>>) -> Self {
        Self { platform: GaiResolver::new(), known: Arc::new(known) }
    }
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = ResolveError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ResolveError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ResolveError>> {
        self.platform.poll_ready(cx).map_err(|source| ResolveError { host: String::new(), source })
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let host = name.as_str().to_owned();
        if let Some(addresses) = self.known.get(&host.to_ascii_lowercase()) {
            // The connector puts the port of the URL in.
            let addresses: Vec<_> = addresses.iter().map(|address| SocketAddr::new(*address, 0)).collect();
            return Box::pin(async move { Ok(addresses.into_iter()) });
        }
        let addresses = self.platform.call(name);
        Box::pin(async move {
            match addresses.await {
                Ok(addresses) => Ok(addresses.collect::<Vec<_>>().into_iter()),
                Err(source) => Err(ResolveError { host, source }),
            }
        })
    }
}
