use http_body_util::BodyExt;

use super::*;

#[tokio::test(start_paused = true)]
async fn streams_are_open_to_every_origin() {
    let app = app();
    for stream in ["/stream/date", "/stream/load", "/stream/tokens"] {
        let response = get(&app, stream);
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-cache");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
    }
}

#[tokio::test(start_paused = true)]
async fn preflights_are_answered() {
    let app = app();
    for uri in ["/stream/date", "/stream/load?client=a", "/stream/tokens", "/drop", "/drop?client=a"] {
        let response = request(&app, "OPTIONS", uri, None);
        assert_eq!(response.status(), 204);
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
        assert_eq!(response.headers()["access-control-allow-methods"], "GET, POST");
        assert_eq!(response.headers()["access-control-allow-headers"], "Last-Event-ID, Cache-Control");
    }
    assert_eq!(app.connections.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn other_methods_are_not_allowed() {
    let app = app();
    for (method, uri, allow) in [
        ("POST", "/", "GET, HEAD"),
        ("OPTIONS", "/", "GET, HEAD"),
        ("POST", "/stream/date", "GET, HEAD, OPTIONS"),
        ("GET", "/drop", "POST, OPTIONS"),
        ("DELETE", "/drop", "POST, OPTIONS"),
    ] {
        let response = request(&app, method, uri, None);
        assert_eq!((response.status().as_u16(), &response.headers()["allow"]), (405, &allow.parse().unwrap()));
    }
}

#[tokio::test(start_paused = true)]
async fn there_is_nothing_elsewhere() {
    let app = app();
    for uri in ["/stream", "/stream/", "/stream/date/", "/stream/other", "/index.html", "/../Cargo.toml", "//", "*"] {
        assert_eq!(get(&app, uri).status(), 404, "{uri}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_page_finds_all_its_files() {
    let app = app();
    let mut wanted = vec!["/".to_owned()];
    let mut seen = 0;
    while let Some(path) = wanted.get(seen).cloned() {
        seen += 1;
        let response = get(&app, &path);
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        let expected = match path.rsplit_once('.').map(|(_, extension)| extension) {
            None => "text/html; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some(other) => panic!("{other}"),
        };
        assert_eq!(response.headers()["content-type"], expected);
        let content = response.into_body().collect().await.unwrap().to_bytes();
        let content = std::str::from_utf8(&content).unwrap();
        assert!(!content.is_empty());
        for quoted in content.split(['"', '\'']).filter(|text| text.ends_with(".js") || text.ends_with(".css")) {
            let path = format!("/{}", quoted.trim_start_matches("./"));
            if !quoted.contains(char::is_whitespace) && !wanted.contains(&path) {
                wanted.push(path);
            }
        }
    }
    assert!(wanted.len() >= 3, "{wanted:?}");
}
