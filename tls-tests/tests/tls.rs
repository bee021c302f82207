//! TLS by reqwest, to servers by rustls: a source of events over it is as one without it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

#[path = "../../crates/sse-hyper/tests/support/authority.rs"]
mod authority;
#[path = "../../crates/sse-hyper/tests/support/by_hand.rs"]
mod by_hand;
#[path = "../../crates/sse-hyper/tests/support/secure.rs"]
mod secure;
#[path = "../../crates/sse-reqwest/tests/support/mod.rs"]
mod support;
mod trust;

use std::io::{Read as _, Write as _};
use std::iter::successors;
use std::sync::mpsc;

use authority::{Authority, Identity};
use futures_util::future::join_all;
use futures_util::{FutureExt as _, StreamExt as _};
use http::Version;
use reqwest::{Client, ClientBuilder};
use rustls::ProtocolVersion;
use rustls::version::{TLS12, TLS13};
use secure::{Server, Settings, serve, serve_as};
use sse_reqwest::{Connector, Failure, HttpError, ReadyState, RequestBuilderExt as _, Update};
use support::{HEAD, NO_CONTENT, PATIENCE, answer, failure, listen, next, quick};
use tokio::time::timeout;
use trust::trusting;

fn trusts(server: &Server) -> ClientBuilder {
    trusting(&server.pem)
}

/// What the last of two attempts says, and everything that it says is why.
async fn refused(server: &Server, client: Client) -> (HttpError, String) {
    let before = server.accepted();
    let source = Connector::new(client.get(&server.url)).unwrap().subscribe(quick().with_max_failures(2));
    let (_, error) = failure(source).await;
    match (error.limit(), error.into_failure()) {
        (Some(_), Failure::Transport { source, .. }) => {
            // What is wrong may be mended meanwhile, by whoever looks after the server.
            assert_eq!(server.accepted() - before, 2, "{source:?}");
            let links = successors(Some(&source as &dyn std::error::Error), |error| (*error).source());
            let words = links.map(ToString::to_string).collect::<Vec<_>>().join(": ");
            (source, words)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn streams_over_each_version_of_tls_and_http() {
    for (versions, alpn, expected) in [
        (&[&TLS13][..], &["h2", "http/1.1"][..], Version::HTTP_2),
        (&[&TLS12], &["h2"], Version::HTTP_2),
        (&[&TLS13], &["http/1.1"], Version::HTTP_11),
        (&[&TLS12], &[], Version::HTTP_11),
    ] {
        let mut server = serve(versions, alpn).await;
        let client = trusts(&server).build().unwrap();
        let mut source = client.get(&server.url).event_source().unwrap();
        assert_eq!(next(&mut source).await.data(), "hello");
        assert_eq!(server.seen().await, Some(expected));
        let mut once = client.post(&server.url).body("{}").once_events();
        assert_eq!(next(&mut once).await.data(), "hello");
        assert_eq!(server.seen().await, Some(expected));
        // Nothing of it stays behind.
        drop((source, once, client));
        assert_eq!(server.seen().await, None, "{alpn:?}");
    }
}

#[tokio::test]
async fn many_sources_share_a_connection() {
    let server = serve(&[&TLS13], &["h2"]).await;
    let client = trusts(&server).build().unwrap();
    let mut sources: Vec<_> = (0..20).map(|_| client.get(&server.url).event_source().unwrap()).collect();
    // The first one settles that it is HTTP/2.
    assert_eq!(next(&mut sources[0]).await.data(), "hello");
    for event in join_all(sources[1..].iter_mut().map(next)).await {
        assert_eq!(event.event_type(), "1", "the number of the connection");
    }
    let mut last = sources.pop().unwrap();
    drop(sources);
    assert!(last.next().now_or_never().is_none());
    assert_eq!(last.session().ready_state(), ReadyState::Open);
    assert_eq!(next(&mut client.get(&server.url).event_source().unwrap()).await.data(), "hello");
    assert_eq!(last.session().ready_state(), ReadyState::Open);
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn a_connection_that_is_cut_is_resumed() {
    for version in [&TLS12, &TLS13] {
        let (tell, requests) = mpsc::channel();
        let (url, pem) = by_hand::serve_by_hand(version, move |mut stream| {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                request.extend(byte);
            }
            let request = String::from_utf8(request).unwrap().to_lowercase();
            let is_first = !request.contains("last-event-id");
            tell.send(request).unwrap();
            // The first time, it ends in the middle of an event, and nobody says that this is the end.
            let begun = format!("{HEAD}id: 1\ndata: a\n\nid: 2\ndata: lost");
            stream.write_all(if is_first { begun.as_bytes() } else { NO_CONTENT.as_bytes() }).unwrap();
            stream.flush().unwrap();
            if !is_first {
                stream.conn.send_close_notify();
                stream.flush().unwrap();
            }
        });
        let client = trusting(&pem).build().unwrap();
        let mut updates = Connector::new(client.get(&url)).unwrap().subscribe(quick()).updates();
        let (mut data, mut lost) = (Vec::new(), 0);
        while let Some(update) = timeout(PATIENCE, updates.next()).await.unwrap() {
            match update.unwrap() {
                Update::Event(event) => data.push(event.into_data()),
                // What has no end may have been cut by anybody.
                Update::Waiting { failure: Failure::Transport { source: HttpError::Lost(_), .. }, .. } => lost += 1,
                Update::Waiting { failure, .. } => panic!("{failure:?}"),
                _ => {}
            }
        }
        assert_eq!((data, lost), (vec!["a".into()], 1));
        let requests: Vec<_> = requests.try_iter().collect();
        assert_eq!(requests.len(), 2, "{requests:?}");
        assert!(requests[1].contains("last-event-id: 1\r\n"), "{}", requests[1]);
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let server = serve(&[&TLS13, &TLS12], &["http/1.1"]).await;
    let other = serve(&[&TLS13], &[]).await;
    let (error, words) = refused(&server, trusts(&other).build().unwrap()).await;
    assert!(matches!(error, HttpError::Connect(_)), "{error:?}");
    assert!(words.contains("certificate"), "{words}");

    let named = serve_as(Settings { names: &["example.org"], versions: &[&TLS13], ..Settings::default() }).await;
    let (error, words) = refused(&named, trusts(&named).build().unwrap()).await;
    assert!(matches!(error, HttpError::Connect(_)), "{error:?}");
    assert!(words.contains("example.org"), "it says what the certificate is for: {words}");
}

#[tokio::test]
async fn a_server_that_wants_to_know_who_asks() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let shown = |server: &Server, Identity { certificate, key }: Identity| {
        let identity = reqwest::Identity::from_pem(format!("{certificate}{key}").as_bytes()).unwrap();
        trusts(server).identity(identity).build().unwrap()
    };
    for (version, alpn) in [(&TLS13, "h2"), (&TLS13, "http/1.1"), (&TLS12, "h2"), (&TLS12, "http/1.1")] {
        let server = ours.serve(version, &[alpn]).await;
        let mut source = shown(&server, ours.identity()).get(&server.url).event_source().unwrap();
        assert_eq!(next(&mut source).await.data(), "hello");
        for client in [trusts(&server).build().unwrap(), shown(&server, theirs.identity())] {
            let (error, words) = refused(&server, client).await;
            // By TLS 1.3 the client is through when it is refused, and may hear of it or not.
            if version.version == ProtocolVersion::TLSv1_2 {
                assert!(matches!(error, HttpError::Connect(_)), "{error:?}");
                assert!(words.contains("alert"), "{alpn}: {words}");
            } else {
                assert!(matches!(error, HttpError::Connect(_) | HttpError::Lost(_)), "{error:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_redirect_may_lead_to_tls() {
    let server = serve(&[&TLS13], &["h2"]).await;
    let (listener, plain) = listen().await;
    let moved = format!("HTTP/1.1 307 Moved\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", server.url);
    let client = trusts(&server).build().unwrap();
    let mut source = client.get(&plain).event_source().unwrap();
    let (event, _) = tokio::join!(next(&mut source), answer(&listener, moved));
    assert_eq!(event.data(), "hello");
}

#[tokio::test]
async fn what_speaks_no_tls_is_no_server() {
    let (listener, plain) = listen().await;
    let server = async {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let answered = tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            answered.unwrap();
        }
    };
    let client = trusting(&serve(&[&TLS13], &[]).await.pem).build().unwrap();
    let url = plain.replace("http:", "https:");
    let source = Connector::new(client.get(url)).unwrap().subscribe(quick().with_max_failures(2));
    let (failure, ()) = tokio::join!(timeout(PATIENCE, failure(source)), server);
    let (_, error) = failure.unwrap();
    assert!(matches!(error.failure(), Failure::Transport { source: HttpError::Connect(_), .. }), "{error:?}");
    assert!(error.limit().is_some());
}
