use super::*;
use crate::connect::uri_of;

const BODY: &[u8] = b"{}";

/// A request as its maker wrote it, with everything that a rule might take off.
fn request(method: Method, uri: &str) -> Request<Bytes> {
    Request::builder()
        .method(method)
        .uri(uri)
        .header("authorization", "Bearer t")
        .header("cookie", "a=b")
        .header("proxy-authorization", "Basic p")
        .header("host", "virtual.test")
        .header("content-type", "application/json")
        .header("content-language", "en")
        .header("last-event-id", "7")
        .body(Bytes::from_static(BODY))
        .unwrap()
}

fn trail(uri: &str) -> Trail {
    Trail::new(uri.parse().unwrap(), Url::parse(uri).unwrap())
}

fn headers(location: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(LOCATION, location.parse().unwrap());
    headers
}

/// Sends `method` from `start` over `hops` and gives what is sent last.
fn led(method: Method, start: &str, hops: &[(u16, &str)]) -> Request<Bytes> {
    let original = request(method, start);
    let mut trail = trail(start);
    for (status, location) in hops {
        let status = StatusCode::from_u16(*status).unwrap();
        assert!(trail.follow(original.method(), status, &headers(location)).unwrap(), "{status} is a redirect");
    }
    let mut sent = original.clone();
    trail.apply(&mut sent, uri_of(trail.url()).unwrap());
    sent
}

#[test]
fn methods_and_bodies_by_status() {
    let cases = [
        (Method::GET, 301, Method::GET),
        (Method::GET, 303, Method::GET),
        (Method::GET, 307, Method::GET),
        (Method::HEAD, 302, Method::HEAD),
        (Method::HEAD, 303, Method::HEAD),
        (Method::POST, 301, Method::GET),
        (Method::POST, 302, Method::GET),
        (Method::POST, 303, Method::GET),
        (Method::POST, 307, Method::POST),
        (Method::POST, 308, Method::POST),
        (Method::PUT, 301, Method::PUT),
        (Method::PUT, 302, Method::PUT),
        (Method::PUT, 303, Method::GET),
        (Method::PUT, 308, Method::PUT),
    ];
    for (method, status, expected) in cases {
        let sent = led(method.clone(), "http://a.test/x", &[(status, "y")]);
        assert_eq!(sent.method(), expected, "{method} after {status}");
        assert_eq!(sent.uri(), "http://a.test/y");
        let kept = expected == method;
        assert_eq!(sent.body().as_ref(), if kept { BODY } else { b"" }, "{method} after {status}");
        assert_eq!(sent.headers().contains_key("content-type"), kept, "{method} after {status}");
        assert_eq!(sent.headers().contains_key("content-language"), kept);
        assert_eq!(sent.headers()["last-event-id"], "7");
        assert_eq!(sent.headers()["authorization"], "Bearer t", "same origin: credentials stay");
    }
}

#[test]
fn a_post_that_became_a_get_stays_one() {
    let sent = led(Method::POST, "http://a.test/", &[(302, "/b"), (307, "/c"), (303, "/d")]);
    assert_eq!((sent.method(), sent.body().len()), (&Method::GET, 0));
}

#[test]
fn credentials_stay_at_home() {
    let gone = |request: &Request<Bytes>| {
        ["authorization", "cookie", "proxy-authorization"].map(|name| !request.headers().contains_key(name))
    };
    for elsewhere in ["http://b.test/", "https://a.test/", "http://a.test:81/", "//b.test/"] {
        let sent = led(Method::GET, "http://a.test/", &[(302, elsewhere)]);
        assert_eq!(gone(&sent), [true; 3], "{elsewhere}");
        assert_eq!(sent.headers()["last-event-id"], "7", "the resume point is no credential");
        // Once gone they are gone: whoever led the request away may have chosen the way back.
        let back = led(Method::GET, "http://a.test/", &[(302, elsewhere), (302, "http://a.test/back")]);
        assert_eq!(gone(&back), [true; 3], "{elsewhere} and back");
        let further = led(Method::GET, "http://a.test/", &[(302, elsewhere), (302, "/further")]);
        assert_eq!(gone(&further), [true; 3], "{elsewhere} and on from there");
    }
    let sent = led(Method::GET, "http://a.test/", &[(302, "http://a.test:80/other")]);
    assert_eq!(gone(&sent), [false; 3], "80 is the default port: the same origin");
}

#[test]
fn what_is_marked_as_a_secret_stays_at_home() {
    let mut request = request(Method::GET, "http://a.test/");
    let mut secret = http::HeaderValue::from_static("k");
    secret.set_sensitive(true);
    request.headers_mut().append("x-api-key", http::HeaderValue::from_static("public"));
    request.headers_mut().append("x-api-key", secret);
    request.headers_mut().insert("x-asked-by", http::HeaderValue::from_static("dashboard"));
    for (location, kept) in [("http://a.test/other", true), ("http://b.test/", false)] {
        let mut trail = trail("http://a.test/");
        assert!(trail.follow(&Method::GET, StatusCode::FOUND, &headers(location)).unwrap());
        let mut sent = request.clone();
        trail.apply(&mut sent, uri_of(trail.url()).unwrap());
        assert_eq!(sent.headers().contains_key("x-api-key"), kept, "{location}");
        assert!(sent.headers().contains_key("x-asked-by") && sent.headers().contains_key("last-event-id"));
    }
}

#[test]
fn a_host_field_is_for_the_first_address_only() {
    assert!(!led(Method::GET, "http://a.test/", &[(302, "/b")]).headers().contains_key("host"));
    let mut unmoved = request(Method::GET, "http://a.test/");
    trail("http://a.test/").apply(&mut unmoved, "http://a.test/".parse().unwrap());
    assert_eq!(unmoved.headers()["host"], "virtual.test");
}

#[test]
fn locations_are_resolved() {
    let cases = [
        ("moved", "http://a.test/one/moved"),
        ("/moved", "http://a.test/moved"),
        ("?q=2", "http://a.test/one/two?q=2"),
        ("//b.test/x", "http://b.test/x"),
        ("../up", "http://a.test/up"),
        ("#part", "http://a.test/one/two?q=1"),
        ("/x#part", "http://a.test/x"),
        ("/sp ace", "http://a.test/sp%20ace"),
        ("HTTP://A.TEST/x", "http://a.test/x"),
        // The same origin may name a user; it is not sent.
        ("http://user:secret@a.test/x", "http://a.test/x"),
    ];
    for (location, expected) in cases {
        let sent = led(Method::GET, "http://a.test/one/two?q=1", &[(302, location)]);
        assert_eq!(sent.uri(), expected, "{location}");
    }
}

#[test]
fn locations_need_not_be_ascii() {
    for (bytes, expected) in [
        (&b"/\xe2\x82\xac"[..], "http://a.test/%E2%82%AC"),
        // Latin-1, as old servers send it.
        (&b"/\xfc"[..], "http://a.test/%C3%BC"),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, http::HeaderValue::from_bytes(bytes).unwrap());
        let mut trail = trail("http://a.test/");
        assert!(trail.follow(&Method::GET, StatusCode::FOUND, &headers).unwrap());
        assert_eq!(trail.url().as_str(), expected);
    }
}

#[test]
fn not_a_redirect() {
    let mut trail = trail("http://a.test/");
    for status in [200, 204, 300, 304, 305, 306, 404] {
        let status = StatusCode::from_u16(status).unwrap();
        assert_eq!(trail.follow(&Method::GET, status, &headers("/x")), Ok(false), "{status}");
    }
    assert_eq!(trail.follow(&Method::GET, StatusCode::FOUND, &HeaderMap::new()), Ok(false));
    assert_eq!(trail.follow(&Method::GET, StatusCode::FOUND, &headers(" ")), Ok(false));
    assert!(!trail.is_redirected());
}

#[test]
fn refused() {
    let follow = |location: &str| trail("http://a.test/").follow(&Method::GET, StatusCode::FOUND, &headers(location));
    for (location, scheme) in [
        ("ftp://a.test/", "ftp"),
        ("file:///etc/passwd", "file"),
        ("data:text/event-stream,data:x", "data"),
        ("javascript:1", "javascript"),
    ] {
        assert_eq!(follow(location), Err(RedirectError::Scheme { scheme: scheme.into() }));
    }
    assert_eq!(follow("http://user@b.test/"), Err(RedirectError::Credentials));
    assert_eq!(follow("http://:secret@b.test/"), Err(RedirectError::Credentials));
    assert!(matches!(follow("http://"), Err(RedirectError::InvalidLocation { .. })));
    assert!(matches!(follow("http://a.test:99999/"), Err(RedirectError::InvalidLocation { .. })));
}

#[test]
fn several_locations() {
    let mut same = headers("/x");
    same.append(LOCATION, "/x".parse().unwrap());
    assert_eq!(trail("http://a.test/").follow(&Method::GET, StatusCode::FOUND, &same), Ok(true));
    same.append(LOCATION, "/y".parse().unwrap());
    assert!(matches!(
        trail("http://a.test/").follow(&Method::GET, StatusCode::FOUND, &same),
        Err(RedirectError::InvalidLocation { .. })
    ));
}

#[test]
fn twenty_and_no_more() {
    let mut trail = trail("http://a.test/");
    for hop in 0..LIMIT {
        assert_eq!(trail.follow(&Method::GET, StatusCode::FOUND, &headers("/x")), Ok(true), "{hop}");
    }
    assert_eq!(trail.follow(&Method::GET, StatusCode::FOUND, &headers("/x")), Err(RedirectError::TooMany));
    let mut next_attempt = trail.renewed();
    assert!(next_attempt.is_redirected());
    assert_eq!(next_attempt.follow(&Method::GET, StatusCode::FOUND, &headers("/x")), Ok(true));
}
