//! The whole road: `sse tail` follows `sse demo` over the server's death and its restart, and nothing is lost or
//! doubled.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout};

use crate::process::Demo;
use crate::sse;

/// `sse tail`, killed at the end.
struct Tail(Child);

impl Drop for Tail {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn tick(lines: &mut BufReader<ChildStdout>) -> u64 {
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    let event: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(event["type"], "date", "{line}");
    event["last_event_id"].as_str().unwrap().parse().unwrap()
}

#[test]
fn tail_survives_a_restart_of_the_server_with_no_event_lost_or_doubled() {
    let first = Demo::start(&[]);
    let address = first.address.to_string();
    let url = format!("http://{address}/stream/date");
    let mut tail = Tail(sse().args(["tail", "--json", &url]).spawn().unwrap());
    let mut lines = BufReader::new(tail.0.stdout.take().unwrap());
    let mut ticks = vec![tick(&mut lines), tick(&mut lines)];

    drop(first); // SIGKILL
    let second = Demo::start_on(&address, &[]);
    // The demo's reconnection time is 10 s: the first of these come at once when it is over.
    while ticks.len() < 14 {
        ticks.push(tick(&mut lines));
    }
    drop(second);
    let expected: Vec<u64> = (ticks[0]..).take(ticks.len()).collect();
    assert_eq!(ticks, expected);
}
