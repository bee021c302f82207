//! Streams over sockets: resuming over a real restart, drops, the limit.

use std::thread::sleep;
use std::time::Duration;

use crate::http::{follow, request};
use crate::process::Demo;

#[test]
fn nothing_is_lost_or_doubled_when_the_server_is_killed_and_started_again() {
    let mut demo = Demo::start(&[]);
    let address = demo.address.to_string();
    for (path, each_run) in [("/stream/date", 2), ("/stream/tokens", 30)] {
        let mut seen = Vec::new();
        for _ in 0..3 {
            let mut stream = follow(demo.address, path, seen.last().copied());
            seen.extend((0..each_run).map(|_| stream.id()));
            // No goodbye, and a while away.
            demo.signal("KILL");
            assert!(!demo.ended().success());
            sleep(Duration::from_millis(1200));
            demo = Demo::start_on(&address, &[]);
        }
        assert!(seen.is_sorted_by(|one, next| one + 1 == *next), "{path}: {seen:?}");
    }
}

#[test]
fn a_client_is_dropped_and_the_others_stay() {
    let demo = Demo::start(&[]);
    let mut meant = follow(demo.address, "/stream/date?client=me", None);
    let mut other = follow(demo.address, "/stream/date?client=you", None);
    let last = meant.id();
    other.id();
    assert_eq!(request(demo.address, "POST /drop?client=me", "").text(), r#"{"dropped":1}"#);
    // A whole body: the terminator was sent.
    assert_eq!(meant.chunk(), None);
    let mut again = follow(demo.address, "/stream/date?client=me", Some(last));
    assert_eq!(again.id(), last + 1);
    other.id();
}

#[test]
fn over_the_limit_is_503_until_a_client_leaves() {
    let demo = Demo::start(&["--max-connections", "1"]);
    let first = follow(demo.address, "/stream/date", None);
    let refused = request(demo.address, "GET /stream/load", "");
    assert_eq!(refused.status(), 503);
    assert!(refused.head.contains("\r\nretry-after: "), "{}", refused.head);
    drop(first);
    let left = || request(demo.address, "GET /stream/load", "").status() == 200;
    assert!(
        (0..100).any(|_| left() || {
            sleep(Duration::from_millis(20));
            false
        }),
        "the place is not given back"
    );
}

#[test]
fn another_origin_may_read_and_resume() {
    let demo = Demo::start(&[]);
    let origin = "Origin: http://elsewhere.example\r\n";
    let preflight = request(
        demo.address,
        "OPTIONS /stream/date",
        &format!("{origin}Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: last-event-id\r\n"),
    );
    assert_eq!(preflight.status(), 204);
    assert!(preflight.head.contains("\r\naccess-control-allow-origin: *\r\n"), "{}", preflight.head);
    assert!(preflight.head.contains("Last-Event-ID"), "{}", preflight.head);
    let stream = request(demo.address, "GET /stream/date", origin);
    assert!(stream.head.contains("\r\naccess-control-allow-origin: *\r\n"), "{}", stream.head);
}

#[test]
fn head_tells_what_get_would_say() {
    let demo = Demo::start(&["--max-connections", "1"]);
    for _ in 0..3 {
        let response = request(demo.address, "HEAD /stream/date", "");
        assert_eq!(response.status(), 200);
        assert!(response.head.contains("text/event-stream"));
    }
}
