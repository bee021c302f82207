use std::sync::Mutex;

use bytes::Bytes;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::super::date::Date;
use super::super::feed::Feed;
use super::super::timeline;
use super::*;

/// The second in which [`START`] lies.
const NOW: u64 = 2_000_000_000;

#[tokio::test(start_paused = true)]
async fn the_reconnection_time_is_first() {
    let mut body = get(&app(), "/stream/date").into_body();
    assert_eq!(next(&mut body).await, "retry: 10000\n\n");
}

#[tokio::test(start_paused = true)]
async fn a_new_client_gets_this_second_at_once_and_each_second_after_it() {
    let mut body = follow(&app(), "/stream/date", None).await;
    let begin = Instant::now();
    let first = Event::parse(&ready(&mut body).expect("at once"));
    let data = json!({"iso": "2033-05-18T03:33:20Z", "unix_ms": 2_000_000_000_000_u64});
    assert_eq!(first, Event { id: Some("2000000000".into()), event_type: "date".into(), data });
    for second in 1..100 {
        assert_eq!(Event::next(&mut body).await.position(), NOW + second);
        // The server started 300 ms after a whole second.
        assert_eq!(begin.elapsed(), Duration::from_millis(second * 1000 - 300));
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_comes_back_gets_what_it_missed_and_goes_on() {
    let app = app();
    let mut body = follow(&app, "/stream/date", Some("1999999995")).await;
    for missed in NOW - 4..=NOW {
        assert_eq!(Event::parse(&ready(&mut body).expect("held")).position(), missed);
    }
    assert_eq!(ready(&mut body), None);
    assert_eq!(Event::next(&mut body).await.position(), NOW + 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_or_doubled_over_a_restart() {
    let clock = Clock::virtual_at(START);
    let mut seen = Vec::new();
    let mut last = None;
    // Restarts at all kinds of moments, the server away for up to nine seconds.
    for run in 0..20_u64 {
        let app = App::start(&clock, 60, 10);
        let mut body = follow(&app, "/stream/date", last.as_deref()).await;
        for _ in 0..run % 4 {
            let event = Event::next(&mut body).await;
            seen.push(event.position());
            last = event.id;
        }
        sleep(Duration::from_millis(run * 7919 % 9000)).await;
    }
    assert!(seen.len() > 20 && seen.is_sorted_by(|one, next| one + 1 == *next), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_longer_held_is_said() {
    // Ten are held: NOW - 9 to NOW. The last id that misses nothing is that of NOW - 10.
    for (last, missed) in [(NOW - 10, 0), (NOW - 11, 1), (NOW - 100, 90), (0, NOW - 10)] {
        let mut body = follow(&app(), "/stream/date", Some(&last.to_string())).await;
        if missed > 0 {
            let gap = Event::parse(&ready(&mut body).unwrap());
            let (from, to) = (last.to_string(), (NOW - 9).to_string());
            let data = json!({"from": from, "to": to, "missed": missed, "reason": "no longer held"});
            assert_eq!(gap, Event { id: None, event_type: "gap".into(), data });
        }
        for held in NOW - 9..=NOW {
            assert_eq!(Event::parse(&ready(&mut body).unwrap()).position(), held, "behind {last}");
        }
        assert_eq!(ready(&mut body), None);
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_that_is_none_is_said_and_the_stream_goes_on_live() {
    let app = app();
    let long = "9".repeat(10_000);
    for id in ["abc", "-1", "+1999999995", "01999999995", " 1", "1.5", "1e9", "1-2", "18446744073709551616", &long] {
        let mut body = follow(&app, "/stream/date", Some(id)).await;
        let gap = Event::parse(&ready(&mut body).unwrap());
        let data =
            json!({"from": id, "to": NOW.to_string(), "missed": null, "reason": "the id is none of this stream"});
        assert_eq!(gap, Event { id: None, event_type: "gap".into(), data });
        assert_eq!(Event::parse(&ready(&mut body).unwrap()).position(), NOW);
    }
    let mut body = request(&app, "GET", "/stream/date", Some(b"\xff\xfe")).into_body();
    ready(&mut body);
    assert_eq!(Event::parse(&ready(&mut body).unwrap()).data["from"], "\u{fffd}\u{fffd}");
}

#[tokio::test(start_paused = true)]
async fn an_empty_id_is_none() {
    let mut body = follow(&app(), "/stream/date", Some("")).await;
    assert_eq!(Event::next(&mut body).await.position(), NOW);
}

#[tokio::test(start_paused = true)]
async fn an_id_of_a_server_whose_clock_was_ahead_is_waited_for() {
    let mut body = follow(&app(), "/stream/date", Some("2000000005")).await;
    assert_eq!(ready(&mut body), None);
    assert_eq!(Event::next(&mut body).await.position(), NOW + 6);

    for id in [NOW + 11, u64::MAX - 1, u64::MAX] {
        let mut body = follow(&app(), "/stream/date", Some(&id.to_string())).await;
        let gap = Event::parse(&ready(&mut body).unwrap());
        assert_eq!(gap.data["reason"], "the id lies ahead of this stream");
        assert_eq!(Event::parse(&ready(&mut body).unwrap()).position(), NOW);
    }
}

/// A feed run by a clock that the test sets.
fn feed_and_hand() -> (Arc<Feed>, Arc<Mutex<Duration>>) {
    let feed = Arc::new(Date::feed(START, 10));
    let hand = Arc::new(Mutex::new(START));
    let clock = Clock::showing({
        let hand = Arc::clone(&hand);
        move || *hand.lock().unwrap()
    });
    tokio::spawn(timeline::run(Date, Arc::clone(&feed), clock));
    (feed, hand)
}

#[tokio::test(start_paused = true)]
async fn no_tick_is_skipped_or_repeated_when_timer_or_clock_misbehave() {
    let (feed, hand) = feed_and_hand();
    let mut next = NOW + 1;
    // Late, on time, a second set back, an hour set back, again, and late once more.
    for seconds in [NOW + 5, NOW + 6, NOW + 5, NOW - 3600, NOW + 6, NOW + 9] {
        *hand.lock().unwrap() = Duration::from_secs(seconds);
        sleep(Duration::from_secs(2)).await;
        next = next.max(seconds + 1);
        assert_eq!(feed.log.next(), next);
    }
    let blocks: Vec<Bytes> = read_all(&feed, NOW);
    let ids: Vec<u64> =
        blocks.iter().map(|block| Event::parse(std::str::from_utf8(block).unwrap()).position()).collect();
    assert_eq!(ids, (NOW..=NOW + 9).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_far_ahead_leaves_out_what_would_be_forgotten_at_once() {
    let (feed, hand) = feed_and_hand();
    *hand.lock().unwrap() = Duration::from_secs(NOW * 2);
    sleep(Duration::from_secs(2)).await;
    assert_eq!((feed.log.first(), feed.log.next()), (NOW * 2 - 9, NOW * 2 + 1));
    // Beyond the year 9999, and still no panic.
    *hand.lock().unwrap() = Duration::from_secs(u64::MAX / 2);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(feed.log.next(), u64::MAX / 2 + 1);
}

fn read_all(feed: &Feed, from: u64) -> Vec<Bytes> {
    let mut blocks = Vec::new();
    while let super::super::log::Read::Block(block) = feed.log.read(from + blocks.len() as u64) {
        blocks.push(block);
    }
    blocks
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_too_slowly_is_told() {
    let mut body = follow(&app(), "/stream/date", None).await;
    assert_eq!(Event::next(&mut body).await.position(), NOW);
    sleep(Duration::from_secs(60)).await;
    // At NOW + 60.3 there are NOW + 51 to NOW + 60.
    let gap = Event::next(&mut body).await;
    assert_eq!(gap.event_type, "gap");
    assert_eq!(
        gap.data,
        json!({
            "from": "2000000000", "to": "2000000051", "missed": 50, "reason": "no longer held",
        })
    );
    assert_eq!(Event::next(&mut body).await.position(), NOW + 51);
}

#[tokio::test(start_paused = true)]
async fn a_tick_is_encoded_once_for_all() {
    use http_body_util::BodyExt;
    let app = app();
    let mut one = follow(&app, "/stream/date", None).await;
    let mut other = follow(&app, "/stream/date", Some("1999999999")).await;
    let one = one.frame().await.unwrap().unwrap().into_data().unwrap();
    let other = other.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(one.as_ptr(), other.as_ptr());
}
