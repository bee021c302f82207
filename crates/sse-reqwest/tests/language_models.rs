//! The examples against a server that streams what the two APIs document, in pieces of a few bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

mod support;

#[path = "../examples/anthropic_messages.rs"]
#[allow(dead_code)] // its `main`
mod anthropic_messages;
#[path = "../examples/openai_chat.rs"]
#[allow(dead_code)] // its `main`
mod openai_chat;

use std::error::Error;

use serde_json::{Value, json};
use sse_reqwest::JsonError;
use support::{HEAD, PATIENCE, client, hung_up, listen, nobody_else};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// A chat completion: data alone, comments of a gateway in between, a last chunk without choices, and the mark.
const CHAT: &str = r#": PROCESSING

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"Grüße,"},"logprobs":null,"finish_reason":null}]}

: PROCESSING

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"\n\"Welt\" 🦀"},"logprobs":null,"finish_reason":null}]}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}

data: [DONE]

"#;

/// A message: typed events, pings, an event type that is new, and the last event.
const MESSAGE: &str = r#"event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"model":"m","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: ping
data: {"type":"ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Grüße,"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\n\"Welt\" 🦀"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQB"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: of_next_year
data: {"type":"of_next_year","anything":[1]}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":4}}

event: message_stop
data: {"type":"message_stop"}

"#;

const ANSWER: &str = "Grüße,\n\"Welt\" 🦀";

type Outcome = (String, Result<String, Box<dyn Error>>);

async fn chat(url: String) -> Outcome {
    let mut said = String::new();
    let request = client().post(format!("{url}v1/chat/completions")).json(&json!({ "stream": true }));
    let outcome = timeout(PATIENCE, openai_chat::chat(request, |text| said.push_str(text))).await.expect("an end");
    (said, outcome)
}

async fn ask(url: String) -> Outcome {
    let mut said = String::new();
    let request = client().post(format!("{url}v1/messages")).json(&json!({ "stream": true }));
    let outcome = timeout(PATIENCE, anthropic_messages::ask(request, |text| said.push_str(text))).await;
    (said, outcome.expect("an end"))
}

/// Accepts a request with its JSON body.
async fn accept(listener: &TcpListener) -> (TcpStream, String, Value) {
    let (mut stream, _) = timeout(PATIENCE, listener.accept()).await.expect("a connection").unwrap();
    stream.set_nodelay(true).unwrap();
    let mut request = Vec::new();
    loop {
        assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0, "a whole request");
        let Some(end) = request.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
        if let Ok(body) = serde_json::from_slice(&request[end + 4..]) {
            let head = String::from_utf8(request[..end].to_vec()).unwrap().to_lowercase();
            return (stream, head, body);
        }
    }
}

/// Writes in pieces that have nothing to do with events, lines or characters.
async fn trickle(stream: &mut TcpStream, text: &str) {
    for piece in text.as_bytes().chunks(11) {
        if stream.write_all(piece).await.is_err() {
            return; // the client has heard enough
        }
        tokio::task::yield_now().await;
    }
}

/// Answers one request with a stream that ends behind `text`.
async fn answer(listener: &TcpListener, text: &str) {
    let (mut stream, ..) = accept(listener).await;
    trickle(&mut stream, &format!("{HEAD}{text}")).await;
    let _ = stream.shutdown().await;
}

async fn refuse(listener: &TcpListener, status: &str, body: &str) {
    let (mut stream, ..) = accept(listener).await;
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\n");
    stream.write_all(format!("{head}Retry-After: 0\r\n\r\n{body}").as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
}

#[tokio::test]
async fn the_answer_is_whole_and_the_connection_closed_with_it() {
    let (listener, url) = listen().await;
    let server = async {
        let mut heads = Vec::new();
        for text in [CHAT, MESSAGE] {
            let (mut stream, head, body) = accept(&listener).await;
            assert_eq!(body, json!({ "stream": true }));
            heads.push(head);
            trickle(&mut stream, &format!("{HEAD}{text}")).await;
            // It is the client who hangs up.
            hung_up(&mut stream).await;
        }
        heads
    };
    let client = async { [chat(url.clone()).await, ask(url.clone()).await] };
    let (outcomes, heads) = tokio::join!(client, server);
    for ((said, outcome), reason) in outcomes.into_iter().zip(["stop", "end_turn"]) {
        assert_eq!((&*said, &*outcome.unwrap()), (ANSWER, reason));
    }
    for (head, path) in heads.iter().zip(["/v1/chat/completions", "/v1/messages"]) {
        assert!(head.starts_with(&format!("post {path} http/1.1\r\n")), "{head}");
        assert!(
            head.contains("accept: text/event-stream") && head.contains("content-type: application/json"),
            "{head}"
        );
    }
    nobody_else(listener);
}

#[tokio::test]
async fn an_answer_that_was_cut_off_is_no_answer() {
    let (listener, url) = listen().await;
    // Each has said all that it will say; only the end is missing.
    let chat_cut_off = &CHAT[..CHAT.find("data: [DONE]").unwrap() + "data: [DONE]\n".len()];
    let message_cut_off = &MESSAGE[..MESSAGE.find("event: message_stop").unwrap()];
    let client = async { [chat(url.clone()).await, ask(url.clone()).await] };
    let server = async {
        answer(&listener, chat_cut_off).await;
        answer(&listener, message_cut_off).await;
    };
    let (outcomes, ()) = tokio::join!(client, server);
    for (said, outcome) in outcomes {
        assert_eq!(said, ANSWER);
        assert!(outcome.unwrap_err().to_string().contains("not all of it"));
    }
    nobody_else(listener);
}

#[tokio::test]
async fn an_error_in_the_stream_is_one() {
    let (listener, url) = listen().await;
    let client = async { [chat(url.clone()).await, ask(url.clone()).await] };
    let server = async {
        let error = r#"{"error":{"message":"out of luck","type":"server_error","param":null,"code":null}}"#;
        answer(&listener, &CHAT.replace("[DONE]", error)).await;
        let error = r#"{"type":"error","error":{"type":"overloaded_error","message":"out of luck"}}"#;
        answer(&listener, &MESSAGE.replace(r#"{"type":"message_stop"}"#, error).replace("message_stop", "error")).await;
    };
    let (outcomes, ()) = tokio::join!(client, server);
    for (said, outcome) in outcomes {
        assert_eq!((&*said, outcome.unwrap_err().to_string()), (ANSWER, "out of luck".into()));
    }
}

#[tokio::test]
async fn data_that_is_no_json_is_shown() {
    let (listener, url) = listen().await;
    let client = async { [chat(url.clone()).await, ask(url.clone()).await] };
    let server = async {
        for text in [CHAT, MESSAGE] {
            answer(&listener, &text.replace(r#"\"Welt\" "#, r#"\Welt "#)).await;
        }
    };
    let (outcomes, ()) = tokio::join!(client, server);
    for ((_, outcome), event_type) in outcomes.into_iter().zip(["message", "content_block_delta"]) {
        let error = outcome.unwrap_err();
        let error = error.downcast_ref::<JsonError>().expect("an error of the data");
        assert_eq!((error.event_type(), error.line()), (event_type, 1));
        assert!(error.excerpt().contains(r#""\n\Welt 🦀""#), "{error}");
    }
}

#[tokio::test]
async fn a_refusal_is_read() {
    for status in ["400 Bad Request", "401 Unauthorized", "404 Not Found", "413 Too Large", "500 Oops"] {
        let (listener, url) = listen().await;
        let client = async { [chat(url.clone()).await, ask(url.clone()).await] };
        let server = async {
            let refusal = r#"{"error":{"message":"not like this","type":"invalid_request_error"}}"#;
            refuse(&listener, status, refusal).await;
            refuse(&listener, status, refusal).await;
        };
        let (outcomes, ()) = tokio::join!(client, server);
        for (_, outcome) in outcomes {
            assert_eq!(outcome.unwrap_err().to_string(), "not like this");
        }
        nobody_else(listener);
    }
}

#[tokio::test]
async fn a_busy_api_is_asked_again_where_that_is_allowed() {
    const BUSY: &str = r#"{"error":{"message":"slow down","type":"rate_limit_error"}}"#;
    let (listener, url) = listen().await;
    let server = async {
        refuse(&listener, "429 Too Many Requests", BUSY).await;
        refuse(&listener, "503 Service Unavailable", BUSY).await;
        answer(&listener, CHAT).await;
    };
    let ((said, outcome), ()) = tokio::join!(chat(url.clone()), server);
    assert_eq!((&*said, &*outcome.unwrap()), (ANSWER, "stop"));

    // Three times and no more, and what it said is known.
    let server = async {
        for _ in 0..3 {
            refuse(&listener, "429 Too Many Requests", BUSY).await;
        }
    };
    let ((_, outcome), ()) = tokio::join!(chat(url.clone()), server);
    assert_eq!(outcome.unwrap_err().to_string(), "slow down");

    // Once it has begun to answer, and by an example that does not allow it: never.
    let server = async {
        answer(&listener, &CHAT[..CHAT.find("\n\ndata: {\"id\"").unwrap() + 2]).await;
        refuse(&listener, "429 Too Many Requests", BUSY).await;
    };
    let client = async { [chat(url.clone()).await, ask(url.clone()).await] };
    let (outcomes, ()) = tokio::join!(client, server);
    assert!(outcomes.into_iter().all(|(_, outcome)| outcome.is_err()));
    nobody_else(listener);
}

/// reqwest does not say whether it had been redirected before.
#[tokio::test]
async fn a_server_that_cannot_be_reached_may_have_been_asked() {
    let (listener, url) = listen().await;
    drop(listener);
    let (_, outcome) = chat(url).await;
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("the connection failed"), "{error}");
}

#[tokio::test]
async fn dropping_the_answer_closes_the_connection() {
    let (listener, url) = listen().await;
    let client = async { tokio::join!(chat(url.clone()), ask(url.clone())) };
    let server = async {
        let (mut first, ..) = accept(&listener).await;
        let (mut second, ..) = accept(&listener).await;
        for stream in [&mut first, &mut second] {
            trickle(stream, &format!("{HEAD}: thinking\n\n")).await;
        }
        (first, second)
    };
    let (mut first, mut second) = tokio::select! {
        _ = client => panic!("there was no answer"),
        streams = server => streams,
    };
    hung_up(&mut first).await;
    hung_up(&mut second).await;
}
