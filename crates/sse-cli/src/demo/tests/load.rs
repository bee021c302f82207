use serde_json::json;
use tokio::time::sleep;

use super::*;

/// Lets the sampler take its first sample.
async fn sampled() -> Arc<App> {
    let app = app();
    tokio::task::yield_now().await;
    app
}

#[tokio::test(start_paused = true)]
async fn samples_come_each_whole_second_and_name_the_run() {
    let app = sampled().await;
    let mut body = get(&app, "/stream/load").into_body();
    assert_eq!(next(&mut body).await, "retry: 2000\n\n");
    let first = Event::parse(&ready(&mut body).expect("the newest sample, at once"));
    assert_eq!((first.id.as_deref(), &*first.event_type), (Some("2000000000300-0"), "load"));
    assert_eq!(first.data["unix_ms"], 2_000_000_000_300_u64);
    for sample in 1..5 {
        let event = Event::next(&mut body).await;
        assert_eq!(event.id, Some(format!("2000000000300-{sample}")));
        assert_eq!(event.data["unix_ms"], 2_000_000_000_000 + sample * 1000_u64);
    }
}

#[tokio::test(start_paused = true)]
async fn a_sample_is_what_the_system_says() {
    let app = sampled().await;
    let mut body = follow(&app, "/stream/load", None).await;
    let mut other = follow(&app, "/stream/date", None).await;
    Event::next(&mut body).await;
    let data = Event::next(&mut body).await.data;
    assert_eq!(data["connections"], 2);
    assert!(data["process"]["rss_bytes"].as_u64().unwrap() > 1 << 20, "{data}");
    assert!(data["process"]["cpu_percent"].as_f64().unwrap() >= 0.0, "{data}");
    let machine = &data["machine"];
    assert!(machine["used_bytes"].as_u64().unwrap() < machine["total_bytes"].as_u64().unwrap(), "{data}");
    assert!((0.0..=100.0).contains(&machine["cpu_percent"].as_f64().unwrap()), "{data}");
    assert!(machine["load_1m"].as_f64().unwrap() >= 0.0, "{data}");

    Event::next(&mut other).await;
    drop(other);
    assert_eq!(Event::next(&mut body).await.data["connections"], 1);
}

#[tokio::test(start_paused = true)]
async fn resumes_within_a_run() {
    let app = sampled().await;
    sleep(Duration::from_secs(8)).await;
    let mut body = follow(&app, "/stream/load", Some("2000000000300-3")).await;
    for sample in 4..=8 {
        assert_eq!(Event::parse(&ready(&mut body).unwrap()).position(), sample);
    }
    assert_eq!(ready(&mut body), None);

    sleep(Duration::from_secs(20)).await;
    let mut body = follow(&app, "/stream/load", Some("2000000000300-3")).await;
    let gap = Event::parse(&ready(&mut body).unwrap()).data;
    assert_eq!(
        gap,
        json!({
            "from": "2000000000300-3", "to": "2000000000300-19", "missed": 15, "reason": "no longer held",
        })
    );
    assert_eq!(Event::parse(&ready(&mut body).unwrap()).position(), 19);
}

#[tokio::test(start_paused = true)]
async fn another_run_is_a_gap() {
    let app = sampled().await;
    for (id, reason) in [
        ("1999999999999-3", "the id is of an earlier run of this server, which kept nothing"),
        ("2000000000300-11", "the id lies ahead of this stream"),
        ("3", "the id is none of this stream"),
        ("2000000000300-", "the id is none of this stream"),
        ("2000000000300-03", "the id is none of this stream"),
        ("2000000000300-1-1", "the id is none of this stream"),
    ] {
        let mut body = follow(&app, "/stream/load", Some(id)).await;
        let gap = Event::parse(&ready(&mut body).unwrap()).data;
        assert_eq!(gap, json!({"from": id, "to": "2000000000300-0", "missed": null, "reason": reason}));
        assert_eq!(Event::parse(&ready(&mut body).unwrap()).position(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_before_the_first_sample_gets_it() {
    let app = app();
    let mut body = follow(&app, "/stream/load", None).await;
    assert_eq!(Event::next(&mut body).await.position(), 0);
}
