//! The client against servers behind real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

mod support;

use std::time::Duration;

use async_compression::tokio::write::GzipEncoder;
use futures_util::StreamExt as _;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue, USER_AGENT};
use reqwest::{Proxy, StatusCode, Version, redirect};
use sse_reqwest::{
    BoxError, Cause, CloseReason, Connector, Failure, HttpError, Policy, RequestBuilderExt as _, ResponseExt as _,
    Update,
};
use support::{
    HEAD, NO_CONTENT, accept, answer, begin, builder, client, events, failure, hung_up, listen, next, quick,
};
use tokio::io::AsyncWriteExt as _;
use tokio::time::Instant;

#[tokio::test]
async fn resumes_after_a_cut_and_ends_at_204() {
    let (listener, url) = listen().await;
    let request = client().get(&url).header("x-mine", "kept");
    let mut source = Connector::new(request).unwrap().subscribe(quick());
    let server = async {
        let first = answer(&listener, format!("{HEAD}id: 1\ndata: a\n\nid: 2\nda")).await;
        let second = answer(&listener, format!("{HEAD}id: ü\ndata: b\n\n")).await;
        [first, second, answer(&listener, NO_CONTENT).await]
    };
    let (seen, requests) = tokio::join!(events(&mut source), server);
    assert_eq!((seen, source.close_reason()), (vec!["a".into(), "b".into()], Some(&CloseReason::NoContent)));
    for (request, id) in requests.iter().zip([None, Some("1"), Some("ü")]) {
        assert!(request.starts_with("get / http/1.1\r\n"), "{request}");
        for field in ["accept: text/event-stream", "cache-control: no-cache", "x-mine: kept"] {
            assert!(request.contains(&format!("\r\n{field}\r\n")), "{field}: {request}");
        }
        let sent = request.split("\r\nlast-event-id: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        assert_eq!(sent, id);
    }
}

#[tokio::test]
async fn the_short_way_reconnects_too() {
    let (listener, url) = listen().await;
    let source = client().get(&url).event_source().unwrap();
    let server = async {
        answer(&listener, format!("{HEAD}retry: 1\nid: 1\ndata: a\n\n")).await;
        answer(&listener, NO_CONTENT).await
    };
    let (seen, last) = tokio::join!(events(source), server);
    assert_eq!(seen, ["a"]);
    assert!(last.contains("last-event-id: 1\r\n"), "{last}");
}

#[tokio::test]
async fn fields_of_the_request_come_before_ours_and_ours_before_the_clients() {
    let (listener, url) = listen().await;
    let defaults = HeaderMap::from_iter([
        (ACCEPT, HeaderValue::from_static("text/html")),
        (USER_AGENT, HeaderValue::from_static("mine/1")),
    ]);
    let client = builder().default_headers(defaults).build().unwrap();
    let request = client.get(&url).header("cache-control", "no-store").header("last-event-id", "0");
    let source = Connector::new(request).unwrap().subscribe(quick());
    let server = async {
        let first = answer(&listener, format!("{HEAD}id: 1\ndata: a\n\n")).await;
        [first, answer(&listener, NO_CONTENT).await]
    };
    let (_, requests) = tokio::join!(events(source), server);
    for (request, id) in requests.iter().zip(["0", "1"]) {
        let id = format!("last-event-id: {id}");
        for field in ["accept: text/event-stream", "user-agent: mine/1", "cache-control: no-store", &id] {
            assert_eq!(request.matches(&format!("\r\n{field}\r\n")).count(), 1, "{field}: {request}");
        }
    }
}

#[tokio::test]
async fn retry_after_is_heeded() {
    let (listener, url) = listen().await;
    let mut updates = Connector::new(client().get(&url)).unwrap().subscribe(quick()).updates();
    let began = Instant::now();
    let server = answer(&listener, "HTTP/1.1 503 Later\r\nRetry-After: 120\r\nConnection: close\r\n\r\nsorry");
    let waiting = async {
        assert!(matches!(updates.next().await, Some(Ok(Update::Connecting { attempt: 1, .. }))));
        updates.next().await
    };
    match tokio::join!(waiting, server).0 {
        Some(Ok(Update::Waiting { until, failure: Failure::Response { cause, head, .. }, .. })) => {
            assert!(matches!(cause, Cause::Status { status: 503, .. }), "{cause:?}");
            assert_eq!(head.headers["retry-after"], "120");
            assert!(until >= began + Duration::from_secs(120));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_no_event_stream_is_the_end_and_can_be_read() {
    let (listener, url) = listen().await;
    let page =
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Reason: login\r\nConnection: close\r\n\r\n<h1>Log in</h1>";
    let source = client().get(&url).event_source().unwrap();
    let ((seen, error), _) = tokio::join!(failure(source), answer(&listener, page));
    assert!(seen.is_empty() && matches!(error.failure().cause(), Cause::ContentType(_)), "{error:?}");
    let head = error.failure().head().unwrap();
    assert_eq!((head.status, &head.headers["x-reason"]), (StatusCode::OK, &HeaderValue::from_static("login")));
    assert_eq!(error.failure().body().unwrap(), "<h1>Log in</h1>");
}

#[tokio::test]
async fn what_a_head_shows_to_a_log_is_no_secret() {
    let (listener, url) = listen().await;
    let refusal = "HTTP/1.1 401 Unauthorized\r\nSet-Cookie: sid=secret\r\nSet-Cookie: b=secret\r\nX-Shown: yes\r\n\
                   Connection: close\r\n\r\n";
    let source = client().get(format!("{url}here?token=secret#secret")).event_source().unwrap();
    let ((_, error), _) = tokio::join!(failure(source), answer(&listener, refusal));
    let shown = format!("{error:?}");
    assert!(shown.contains(&format!("{url}here")) && shown.contains("x-shown"), "{shown}");
    assert!(!shown.contains("secret"), "{shown}");
    assert_eq!(error.failure().head().unwrap().headers["set-cookie"], "sid=secret");
}

#[tokio::test]
async fn the_head_of_the_response_can_be_read() {
    let (listener, url) = listen().await;
    let mut source = client().get(format!("{url}here?a=b")).event_source().unwrap();
    let (_, stream) = tokio::join!(next(&mut source), begin(&listener, "data: a\n\n"));
    let head = source.head().unwrap();
    assert_eq!((head.status, head.version), (StatusCode::OK, Version::HTTP_11));
    assert_eq!(head.headers["content-type"], "text/event-stream");
    assert_eq!(head.url.as_str(), format!("{url}here?a=b"));
    assert_eq!(head.remote_address, Some(stream.local_addr().unwrap()));
    // The two addresses are not kept twice.
    assert!(head.extensions.is_empty(), "{:?}", head.extensions);
}

fn moved(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nConnection: close\r\n\r\n")
}

#[tokio::test]
async fn redirects_are_followed_by_the_clients_policy_on_each_attempt() {
    let (first, url) = listen().await;
    let (second, elsewhere) = listen().await;
    let mut source = Connector::new(client().get(&url).bearer_auth("secret")).unwrap().subscribe(quick());
    let server = async {
        let mut requests = Vec::new();
        for last in [&*format!("{HEAD}id: 1\ndata: a\n\n"), NO_CONTENT] {
            requests.push((answer(&first, moved(&elsewhere)).await, answer(&second, last).await));
        }
        requests
    };
    let client = async {
        assert_eq!(next(&mut source).await.data(), "a");
        assert_eq!(source.head().unwrap().url.as_str(), elsewhere);
        assert!(source.next().await.is_none());
    };
    let (requests, ()) = tokio::join!(server, client);
    for (to_first, to_second) in &requests {
        assert!(to_first.contains("authorization: bearer secret"), "{to_first}");
        assert!(!to_second.contains("secret"), "another origin: {to_second}");
    }
    assert!(requests[1].1.contains("last-event-id: 1\r\n"));
}

#[tokio::test]
async fn a_redirect_that_the_client_refuses_is_the_end() {
    let (listener, url) = listen().await;
    // Not followed: an answer like any other.
    let client = builder().redirect(redirect::Policy::none()).build().unwrap();
    let ((_, error), _) =
        tokio::join!(failure(client.get(&url).event_source().unwrap()), answer(&listener, moved("/b")));
    assert!(matches!(error.failure().cause(), Cause::Status { status: 302, .. }), "{error:?}");
    assert_eq!(error.failure().head().unwrap().headers["location"], "/b");

    // Forbidden.
    let client = builder().redirect(redirect::Policy::custom(|attempt| attempt.error("not there"))).build().unwrap();
    let ((_, error), _) =
        tokio::join!(failure(client.get(&url).event_source().unwrap()), answer(&listener, moved("/b")));
    match (error.limit(), error.into_failure()) {
        (None, Failure::Transport { cause: Cause::Futile, source: HttpError::Redirect(source), .. }) => {
            assert_eq!(source.source().unwrap().to_string(), "not there");
        }
        other => panic!("{other:?}"),
    }
    support::nobody_else(listener);
}

#[tokio::test]
async fn dropping_it_closes_the_connection_at_once() {
    let (listener, url) = listen().await;
    // While it is reading.
    let mut source = client().get(&url).event_source().unwrap();
    let (event, mut stream) = tokio::join!(next(&mut source), begin(&listener, "data: a\n\n"));
    assert_eq!(event.data(), "a");
    drop(source);
    hung_up(&mut stream).await;

    // While it waits for the head.
    let mut source = client().get(&url).event_source().unwrap();
    let mut stream = tokio::select! {
        _ = source.next() => panic!("there was no answer"),
        (stream, _) = accept(&listener) => stream,
    };
    drop(source);
    hung_up(&mut stream).await;

    // By `close`, which needs no drop.
    let mut source = client().get(&url).event_source().unwrap();
    let (_, mut stream) = tokio::join!(next(&mut source), begin(&listener, "data: a\n\n"));
    source.close();
    hung_up(&mut stream).await;
    assert!(source.next().await.is_none());

    // One response.
    let (response, mut stream) = tokio::join!(client().post(&url).body("{}").send(), begin(&listener, "data: a\n\n"));
    let mut source = response.unwrap().events();
    assert_eq!(next(&mut source).await.data(), "a");
    drop(source);
    hung_up(&mut stream).await;
}

#[tokio::test]
async fn the_clients_proxy_is_used() {
    let (proxy, url) = listen().await;
    let client = builder().proxy(Proxy::http(&url).unwrap().basic_auth("me", "secret")).build().unwrap();
    let source = Connector::new(client.get("http://stream.invalid/a?b")).unwrap().subscribe(quick());
    let server = async {
        let first = answer(&proxy, format!("{HEAD}id: 1\ndata: a\n\n")).await;
        [first, answer(&proxy, NO_CONTENT).await]
    };
    let (seen, requests) = tokio::join!(events(source), server);
    assert_eq!(seen, ["a"]);
    for request in requests {
        assert!(request.starts_with("get http://stream.invalid/a?b http/1.1\r\n"), "{request}");
        assert!(request.contains("proxy-authorization: basic "), "{request}");
    }
}

#[tokio::test]
async fn the_clients_cookies_are_kept() {
    let (listener, url) = listen().await;
    let client = builder().cookie_store(true).build().unwrap();
    let source = Connector::new(client.get(&url)).unwrap().subscribe(quick());
    let server = async {
        let baked = HEAD.replace("Connection", "Set-Cookie: node=7\r\nConnection");
        let first = answer(&listener, format!("{baked}data: a\n\n")).await;
        [first, answer(&listener, NO_CONTENT).await]
    };
    let (_, [first, second]) = tokio::join!(events(source), server);
    assert!(!first.contains("cookie:") && second.contains("\r\ncookie: node=7\r\n"), "{first}{second}");
}

#[tokio::test]
async fn a_flushed_gzip_block_is_an_event_at_once() {
    let (listener, url) = listen().await;
    let mut source = Connector::new(client().get(&url)).unwrap().subscribe(quick());
    let (seen, mut next_block) = tokio::sync::mpsc::channel::<()>(1);
    let server = tokio::spawn(async move {
        let (mut stream, request) = accept(&listener).await;
        assert!(request.contains("accept-encoding: gzip"), "{request}");
        let head = HEAD.replace("Connection", "Content-Encoding: gzip\r\nConnection");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut gzip = GzipEncoder::new(stream);
        for n in 0..20 {
            // Small ones, and ones that fill the decoder's buffers more than once.
            let filler = "0123456789abcdef".repeat(if n % 2 == 0 { 0 } else { 4000 });
            gzip.write_all(format!("id: {n}\ndata: {n} {filler}\n\n").as_bytes()).await.unwrap();
            gzip.flush().await.unwrap();
            // The next one is sent only when this one has been seen: whoever holds an event back waits for ever.
            next_block.recv().await.unwrap();
        }
        gzip.shutdown().await.unwrap();
        answer(&listener, NO_CONTENT).await
    });
    for n in 0..20 {
        let event = next(&mut source).await;
        assert_eq!(event.data().split(' ').next(), Some(&*n.to_string()));
        assert_eq!(event.data().len(), n.to_string().len() + 1 + 64000 * (n % 2));
        seen.send(()).await.unwrap();
    }
    assert!(source.next().await.is_none());
    assert!(server.await.unwrap().contains("last-event-id: 19"));
}

#[tokio::test]
async fn a_coding_that_is_not_undone_is_an_error_that_names_it() {
    // reqwest has its feature `gzip` here, and knows it by this name alone.
    for coding in ["br", "zstd", "deflate", "x-gzip", "gzip, br", "identity\r\nContent-Encoding: gzip"] {
        let (listener, url) = listen().await;
        let head = HEAD.replace("Connection", &format!("Content-Encoding: {coding}\r\nConnection"));
        let source = client().get(&url).event_source().unwrap();
        let ((seen, error), _) = tokio::join!(failure(source), answer(&listener, format!("{head}\u{1}\u{2}")));
        let Failure::Response { cause: Cause::ContentCoding(named), head, .. } = error.failure() else {
            panic!("{coding}: {error:?}");
        };
        assert_eq!((seen.len(), named.value()), (0, &*coding.replace("\r\nContent-Encoding:", ",")));
        assert_eq!(head.headers["content-encoding"], named.value());
        assert!(error.to_string().contains(named.value()) && error.to_string().contains("feature"), "{error}");
        support::nobody_else(listener);
    }
    for none in ["identity", "none", "utf-8"] {
        let (listener, url) = listen().await;
        let head = HEAD.replace("Connection", &format!("Content-Encoding: {none}\r\nConnection"));
        let source = client().get(&url).once_events();
        let (seen, _) = tokio::join!(events(source), answer(&listener, format!("{head}data: a\n\n")));
        assert_eq!(seen, ["a"], "{none}");
    }
}

#[tokio::test]
async fn a_fresh_token_on_each_attempt() {
    let (listener, url) = listen().await;
    let client = client();
    let mut tokens = 0;
    let connector = Connector::with_requests(client.clone(), move |last_event_id| {
        tokens += 1;
        let request = client.get(format!("{url}?after={}", last_event_id.unwrap_or("none")));
        async move {
            if tokens == 2 {
                return Err("no token today".into());
            }
            Ok(request.bearer_auth(tokens).build()?)
        }
    });
    let mut updates = connector.subscribe(quick()).updates();
    let server = async {
        let first = answer(&listener, format!("{HEAD}id: 1\ndata: a\n\n")).await;
        [first, answer(&listener, NO_CONTENT).await]
    };
    let client = async {
        let mut failures = Vec::new();
        while let Some(update) = updates.next().await {
            if let Update::Waiting { failure: Failure::Transport { source: HttpError::Request(error), .. }, .. } =
                update.unwrap()
            {
                failures.push(error.to_string());
            }
        }
        failures
    };
    let ([first, second], failures) = tokio::join!(server, client);
    assert!(first.starts_with("get /?after=none ") && first.contains("authorization: bearer 1\r\n"), "{first}");
    assert!(second.starts_with("get /?after=1 ") && second.contains("authorization: bearer 3\r\n"), "{second}");
    assert_eq!(failures, ["no token today"]);
}

#[tokio::test]
async fn middleware_is_a_service_like_any_other() {
    use reqwest_middleware::{ClientBuilder, Middleware, Next};

    struct Sign;

    #[async_trait::async_trait]
    impl Middleware for Sign {
        async fn handle(
            &self,
            mut request: reqwest::Request,
            extensions: &mut http::Extensions,
            next: Next<'_>,
        ) -> reqwest_middleware::Result<reqwest::Response> {
            request.headers_mut().insert("x-signed", HeaderValue::from_static("yes"));
            let mut response = next.run(request, extensions).await?;
            response.extensions_mut().insert("signed");
            Ok(response)
        }
    }

    let (listener, url) = listen().await;
    let signing = ClientBuilder::new(client()).with(Sign).build();
    let connector = Connector::new(client().get(&url)).unwrap().with_service(signing);
    let server = async {
        let first = answer(&listener, format!("{HEAD}id: 1\ndata: a\n\n")).await;
        [first, answer(&listener, "").await, answer(&listener, NO_CONTENT).await]
    };
    let mut updates = connector.subscribe(quick()).updates();
    let client = async {
        let mut lost = 0;
        while let Some(update) = updates.next().await {
            match update.unwrap() {
                Update::Open(head) => assert_eq!(head.extensions.get(), Some(&"signed")),
                Update::Waiting { failure: Failure::Transport { source: HttpError::Lost(_), .. }, .. } => lost += 1,
                _ => {}
            }
        }
        lost
    };
    let (requests, lost) = tokio::join!(server, client);
    assert!(requests.iter().all(|request| request.contains("x-signed: yes")), "{requests:?}");
    assert_eq!(lost, 1, "its errors are sorted, too");
}

/// The first thing that goes wrong, and what is said of it.
async fn first_failure(client: &reqwest::Client, url: &str) -> HttpError {
    let source = Connector::new(client.get(url)).unwrap().subscribe(quick().with_max_failures(1));
    match failure(source).await.1.into_failure() {
        Failure::Transport { source, .. } => source,
        other => panic!("{other:?}"),
    }
}

fn links(error: &HttpError) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(std::error::Error::source(error), |error| error.source())
}

#[tokio::test]
async fn errors_say_who_is_at_fault() {
    let (listener, url) = listen().await;
    let client = client();
    let (error, _) = tokio::join!(first_failure(&client, &url), answer(&listener, "What do you mean?\r\n\r\n"));
    assert!(matches!(error, HttpError::Protocol(_)), "{error:?}");

    let cut = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 99\r\n\r\ndata: a";
    for answer_ in ["", "HTTP/1.1 200 OK\r\nContent-Ty", cut] {
        let (error, _) = tokio::join!(first_failure(&client, &url), answer(&listener, answer_));
        assert!(matches!(error, HttpError::Lost(_)), "{error:?}");
    }

    // Not gzip at all, and gzip cut short in a body that is whole.
    for (body, cut) in [(&b"data: a\n\n"[..], false), (b"\x1f\x8b\x08\0\0\0\0\0\0\xff", true)] {
        let wrong = HEAD.replace("Connection", "Content-Encoding: gzip\r\nConnection");
        let (error, ()) = tokio::join!(first_failure(&client, &url), async {
            let (mut stream, _) = accept(&listener).await;
            stream.write_all(&[wrong.as_bytes(), body].concat()).await.unwrap();
        });
        assert_eq!(
            (matches!(error, HttpError::Coding(_)), matches!(error, HttpError::Lost(_))),
            (!cut, cut),
            "{error:?}"
        );
    }

    // Its own timeouts, of the head and of the body.
    let impatient = builder().timeout(Duration::from_millis(200)).build().unwrap();
    for text in ["", HEAD] {
        let (error, _) = tokio::join!(first_failure(&impatient, &url), async {
            let (mut stream, _) = accept(&listener).await;
            stream.write_all(text.as_bytes()).await.unwrap();
            hung_up(&mut stream).await;
        });
        assert!(matches!(error, HttpError::Timeout(_)), "{error:?}");
    }

    drop(listener);
    let error = first_failure(&client, &format!("{url}?token=secret#secret")).await;
    assert!(matches!(error, HttpError::Connect(_)), "{error:?}");
    let refused = links(&error).any(|error| {
        error.downcast_ref().is_some_and(|error: &std::io::Error| error.kind() == std::io::ErrorKind::ConnectionRefused)
    });
    assert!(refused, "the sources go down to the system's own error: {error:?}");
    assert!(links(&error).all(|link| !link.to_string().contains("secret")), "{error:?}");
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");

    let error = first_failure(&client, "http://does-not-exist.invalid/").await;
    assert!(matches!(error, HttpError::Resolve(_)), "{error:?}");

    // What cannot be sent is not tried again.
    let secure_only = builder().https_only(true).build().unwrap();
    // The last one: nothing here switches TLS on.
    for (client, url) in [(&client, "ftp://127.0.0.1/"), (&secure_only, &*url), (&client, "https://127.0.0.1:1/")] {
        let source = Connector::new(client.get(url)).unwrap().subscribe(Policy::default());
        let error = failure(source).await.1;
        match (error.limit(), error.into_failure()) {
            (None, Failure::Transport { cause: Cause::Futile, source: HttpError::Invalid(_), .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    for (url, name) in [("http://127.0.0.1:1/", "a\n"), ("no URL", "a")] {
        let client = client.clone();
        let made = Connector::with_requests(client.clone(), move |_| {
            let request = client.get(url).header(name, "b").build();
            async { request.map_err(BoxError::from) }
        });
        let error = failure(made.subscribe(Policy::default())).await.1;
        match (error.limit(), error.into_failure()) {
            (None, Failure::Transport { cause: Cause::Futile, source: HttpError::Request(_), .. }) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_timeout_of_the_client_is_a_lost_connection_that_is_resumed() {
    let (listener, url) = listen().await;
    let client = builder().timeout(Duration::from_millis(300)).build().unwrap();
    let source = Connector::new(client.get(&url)).unwrap().subscribe(quick());
    let server = async {
        let mut stream = begin(&listener, "id: 1\ndata: a\n\n").await;
        hung_up(&mut stream).await;
        answer(&listener, NO_CONTENT).await
    };
    let (seen, resumed) = tokio::join!(events(source), server);
    assert_eq!(seen, ["a"]);
    assert!(resumed.contains("last-event-id: 1\r\n"), "{resumed}");
}
