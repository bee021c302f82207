use std::collections::HashSet;

use http_body_util::BodyExt;
use serde_json::json;

use super::*;

async fn dropped(app: &App, uri: &str) -> Value {
    let response = request(app, "POST", uri, None);
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_client_is_dropped_by_its_name() {
    let app = app();
    let mut meant = follow(&app, "/stream/date?client=a%20b", None).await;
    let mut also = follow(&app, "/stream/load?x=1&client=a+b", None).await;
    let mut other = follow(&app, "/stream/date?client=b", None).await;
    let mut nameless = follow(&app, "/stream/date", None).await;
    assert_eq!(dropped(&app, "/drop?client=a%20b").await, json!({"dropped": 2}));
    assert_eq!(dropped(&app, "/drop?client=a%20b").await, json!({"dropped": 0}), "they are ending already");
    assert!(meant.frame().await.is_none());
    assert!(also.frame().await.is_none());
    Event::next(&mut other).await;
    Event::next(&mut nameless).await;
    assert_eq!(dropped(&app, "/drop").await, json!({"dropped": 2}));
    assert!(other.frame().await.is_none());
    assert!(nameless.frame().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn dropped_in_the_middle_it_resumes_without_a_gap() {
    let app = app();
    let mut last = None;
    let mut seen = Vec::new();
    for _ in 0..5 {
        let mut body = follow(&app, "/stream/date?client=a", last.as_deref()).await;
        for _ in 0..3 {
            let event = Event::next(&mut body).await;
            seen.push(event.position());
            last = event.id;
        }
        dropped(&app, "/drop?client=a").await;
        assert!(body.frame().await.is_none());
    }
    assert_eq!(seen, (2_000_000_000..2_000_000_015).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn over_the_limit_is_503_with_retry_after() {
    let app = App::start(&Clock::virtual_at(START), 10, 2);
    let one = get(&app, "/stream/date");
    let two = get(&app, "/stream/load");
    assert_eq!((one.status().as_u16(), two.status().as_u16()), (200, 200));
    let mut waits = HashSet::new();
    for _ in 0..100 {
        let refused = get(&app, "/stream/tokens");
        assert_eq!(refused.status(), 503);
        assert_eq!(refused.headers()["access-control-allow-origin"], "*");
        let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((2..=6).contains(&wait));
        waits.insert(wait);
    }
    assert!(waits.len() > 1, "those turned away together must not return together");
    // The page is served all the same.
    assert_eq!(get(&app, "/").status(), 200);
    drop(one);
    assert_eq!(app.connections.count(), 1);
    assert_eq!(get(&app, "/stream/tokens").status(), 200);
}

#[tokio::test(start_paused = true)]
async fn shutdown_ends_every_stream_with_another_reconnection_time() {
    let app = app();
    let mut bodies = Vec::new();
    for _ in 0..100 {
        bodies.push(follow(&app, "/stream/date", None).await);
    }
    app.connections.shut_down();
    // One that comes in the last moment ends too.
    bodies.push(follow(&app, "/stream/date", None).await);
    let mut times = HashSet::new();
    for mut body in bodies {
        let last = next(&mut body).await;
        let time: u64 = last.strip_prefix("retry: ").unwrap().trim_end().parse().unwrap();
        assert!((1000..3000).contains(&time));
        times.insert(time);
        assert!(body.frame().await.is_none());
    }
    assert!(times.len() > 50, "{times:?}");
}
