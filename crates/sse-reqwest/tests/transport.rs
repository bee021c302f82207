//! What reqwest does below HTTP goes on working: HTTP/2. Its proxies, cookies, gzip and middleware are in `sockets.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

mod support;

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use http::{Response, Version};
use http_body_util::StreamBody;
use hyper::body::{Bytes, Frame};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use sse_reqwest::RequestBuilderExt as _;
use support::{PATIENCE, builder, listen, next};
use tokio::sync::watch;
use tokio::time::timeout;

/// A response body that is there.
struct Open(watch::Sender<usize>);

impl Open {
    fn new(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|open| *open += 1);
        Self(count.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open -= 1);
    }
}

#[tokio::test]
async fn many_sources_share_an_http_2_connection_of_the_client() {
    let (listener, url) = listen().await;
    let accepted = Arc::new(AtomicUsize::new(0));
    let (count, mut open) = watch::channel(0);
    tokio::spawn({
        let accepted = Arc::clone(&accepted);
        async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                accepted.fetch_add(1, Ordering::Relaxed);
                let count = count.clone();
                let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
                    assert_eq!(request.version(), Version::HTTP_2);
                    let first = stream::iter([Ok::<_, Infallible>(Frame::data(Bytes::from("data: hello\n\n")))]);
                    let open = Open::new(&count);
                    let frames = first.chain(stream::pending()).inspect(move |_| _ = &open);
                    let response = Response::builder().header("content-type", "text/event-stream");
                    ready(response.body(StreamBody::new(frames)))
                });
                let http2 = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                tokio::spawn(http2.serve_connection(TokioIo::new(stream), service));
            }
        }
    });
    let client = builder().http2_prior_knowledge().build().unwrap();
    let mut sources: Vec<_> = (0..20).map(|_| client.get(&url).event_source().unwrap()).collect();
    for event in join_all(sources.iter_mut().map(next)).await {
        assert_eq!(event.data(), "hello");
    }
    // One that is dropped gives back its stream, and takes the others nowhere with it.
    let mut last = sources.pop().unwrap();
    assert_eq!(*open.borrow(), 20);
    drop(sources);
    assert_eq!(*timeout(PATIENCE, open.wait_for(|open| *open <= 1)).await.unwrap().unwrap(), 1);
    assert!(last.next().now_or_never().is_none());
    assert_eq!(next(&mut client.get(&url).event_source().unwrap()).await.data(), "hello");
    assert_eq!(accepted.load(Ordering::Relaxed), 1);
}
