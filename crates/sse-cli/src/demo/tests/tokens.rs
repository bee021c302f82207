use serde_json::json;
use tokio::time::{Instant, sleep};

use super::super::timeline::Timeline;
use super::super::tokens::{TEXTS, Tokens};
use super::*;

/// Reads from a message's start to its end; gives its text.
async fn read_message(body: &mut Body) -> String {
    let start = Event::next(body).await;
    assert_eq!(start.event_type, "message_start");
    assert_eq!(start.data["message"]["role"], "assistant");
    let block = Event::next(body).await;
    let data = json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}});
    assert_eq!((&*block.event_type, block.data), ("content_block_start", data));
    let ping = Event::next(body).await;
    assert_eq!((&*ping.event_type, ping.data), ("ping", json!({"type": "ping"})));
    let mut text = String::new();
    let (mut tokens, mut last) = (0, ping.id.unwrap().parse::<u64>().unwrap());
    loop {
        let event = Event::next(body).await;
        assert_eq!(event.position(), last + 1);
        last = event.position();
        assert_eq!(event.data["type"], event.event_type.as_str());
        match &*event.event_type {
            "content_block_delta" => {
                let token = event.data["delta"]["text"].as_str().unwrap();
                let data = json!({
                    "type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": token},
                });
                assert_eq!(event.data, data);
                text.push_str(token);
                tokens += 1;
            }
            "content_block_stop" => assert_eq!(event.data["index"], 0),
            "message_delta" => {
                assert_eq!(event.data["delta"]["stop_reason"], "end_turn");
                assert_eq!(event.data["usage"]["output_tokens"], tokens);
            }
            "message_stop" => return text,
            other => panic!("{other}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn messages_follow_each_other_whole() {
    let mut body = follow(&app(), "/stream/tokens", None).await;
    let first = read_message(&mut body).await;
    let begin = TEXTS.iter().position(|text| *text == first).expect("one of the texts");
    for message in 1..7 {
        assert_eq!(read_message(&mut body).await, TEXTS[(begin + message) % TEXTS.len()]);
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_are_typed_twenty_a_second_and_there_is_a_pause() {
    let mut body = follow(&app(), "/stream/tokens", None).await;
    read_message(&mut body).await;
    let end = Instant::now();
    Event::next(&mut body).await;
    assert_eq!(end.elapsed(), Duration::from_millis(3050));
    let start = Instant::now();
    for _ in 0..20 {
        Event::next(&mut body).await;
    }
    assert_eq!(start.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn everyone_sees_the_same_and_a_newcomer_the_running_message_from_its_start() {
    let app = app();
    let mut one = follow(&app, "/stream/tokens", None).await;
    let mut position = 0;
    for _ in 0..500 {
        position = Event::next(&mut one).await.position();
    }
    let mut other = follow(&app, "/stream/tokens", None).await;
    let first = Event::next(&mut other).await;
    assert_eq!(first.event_type, "message_start");
    let mut behind = first.position();
    while let Some(block) = ready(&mut other) {
        behind += 1;
        assert_eq!(Event::parse(&block).position(), behind);
    }
    assert_eq!(behind, position);
    assert_eq!(Event::next(&mut one).await, Event::next(&mut other).await);
}

#[tokio::test(start_paused = true)]
async fn resumes_in_the_middle_of_a_message_over_a_restart() {
    let clock = Clock::virtual_at(START);
    let mut last: Option<String> = None;
    for run in 0..30_u64 {
        let app = App::start(&clock, 60, 10);
        let mut body = follow(&app, "/stream/tokens", last.as_deref()).await;
        for _ in 0..run {
            let event = Event::next(&mut body).await;
            if let Some(last) = last {
                assert_eq!(event.position(), last.parse::<u64>().unwrap() + 1);
            }
            last = event.id;
        }
        sleep(Duration::from_millis(run * 7919 % 9000)).await;
    }
}

#[test]
fn positions_and_times_agree() {
    let tokens = Tokens::new();
    let first = tokens.newest(START);
    for position in (0..2000).chain(first..first + 2000) {
        let due = tokens.due(position);
        assert_eq!(tokens.newest(due), position);
        assert_eq!(tokens.newest(tokens.due(position + 1) - Duration::from_millis(1)), position);
    }
    assert_eq!(tokens.newest(Duration::ZERO), 0);
    tokens.newest(Duration::MAX);
    tokens.due(u64::MAX / 1000);
}
