//! Thousands of clients of one server that goes down and comes back: no thundering herd.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use sse_client::{End, Policy, Session, Step};

use crate::support::{MS, S, event_stream};

const CLIENTS: usize = 5000;
const BUCKET: Duration = Duration::from_millis(100);

/// Who asked when, and how it went.
struct Attempt {
    client: usize,
    at: Duration,
    succeeded: bool,
}

/// All clients lose their connections at second 100. The server says what happens to an attempt, given its time and how
/// many it has let in during the same 100 ms.
fn simulate(server: impl Fn(Duration, usize) -> Option<u16>) -> Vec<Attempt> {
    let lost_at = 100 * S;
    let mut clients: Vec<_> = (0..CLIENTS).map(|seed| Session::subscribe(Policy::default(), seed as u64)).collect();
    let mut due = BinaryHeap::new();
    for (number, session) in clients.iter_mut().enumerate() {
        session.handle_connecting(Duration::ZERO);
        session.handle_head(S, event_stream(200));
        let mut input = sse_codec::Input::new(b"data: hello\n\n");
        while let Ok(Some(_)) = session.handle_data(2 * S, &mut input) {}
        session.handle_end(lost_at, End::TransportError);
        due.push(Reverse((wait(session), number)));
    }
    let (mut attempts, mut bucket, mut let_in) = (Vec::new(), 0, 0);
    while let Some(Reverse((at, client))) = due.pop() {
        let session = &mut clients[client];
        session.handle_timeout(at);
        session.handle_connecting(at);
        if at.as_millis() / BUCKET.as_millis() != bucket {
            (bucket, let_in) = (at.as_millis() / BUCKET.as_millis(), 0);
        }
        let answer = server(at - lost_at, let_in);
        match answer {
            Some(status) => session.handle_head(at + MS, event_stream(status)),
            None => session.handle_end(at + MS, End::TransportError),
        }
        let succeeded = matches!(session.step(), Step::Read { .. });
        if succeeded {
            let_in += 1;
        } else {
            due.push(Reverse((wait(session), client)));
        }
        attempts.push(Attempt { client, at: at - lost_at, succeeded });
        assert!(attempts.len() < 10 * CLIENTS, "a busy loop");
    }
    attempts
}

fn wait(session: &Session) -> Duration {
    match session.step() {
        Step::Wait { until, .. } => until,
        step => panic!("{step:?}"),
    }
}

/// Attempts in each 100 ms of these seconds.
fn histogram(attempts: &[Attempt], from: Duration, to: Duration) -> Vec<usize> {
    let mut buckets = vec![0; ((to - from).as_millis() / BUCKET.as_millis()) as usize];
    for attempt in attempts.iter().filter(|attempt| (from..to).contains(&attempt.at)) {
        buckets[((attempt.at - from).as_millis() / BUCKET.as_millis()) as usize] += 1;
    }
    buckets
}

#[expect(clippy::print_stdout, reason = "shown with --nocapture")]
fn show(title: &str, from: Duration, buckets: &[usize]) {
    println!("{title}");
    // Half a second a line.
    for (number, line) in buckets.chunks(5).enumerate() {
        let count: usize = line.iter().sum();
        println!("{:6.1} s {count:5} {}", from.as_secs_f64() + number as f64 / 2.0, "#".repeat(count / 20));
    }
}

fn peak(buckets: &[usize]) -> f64 {
    *buckets.iter().max().unwrap() as f64 / CLIENTS as f64
}

#[test]
fn clients_of_a_dead_server_do_not_return_together() {
    let back = 30 * S;
    let attempts = simulate(|at, _| (at >= back).then_some(200));
    let end = attempts.last().unwrap().at + BUCKET;
    show("Attempts; the server is down from 0 s to 30 s:", Duration::ZERO, &histogram(&attempts, Duration::ZERO, end));

    // Nobody is early: three seconds after the loss, and never less after a failure.
    let mut last = vec![Duration::ZERO; CLIENTS];
    for attempt in &attempts {
        assert!(attempt.at - last[attempt.client] >= 3 * S);
        last[attempt.client] = attempt.at;
    }
    // The first wave lies in 3 s to 4.5 s; all at once would be a peak of 1, evenly spread 0.067.
    let first = histogram(&attempts, 3 * S, 4500 * MS);
    assert_eq!(first.iter().sum::<usize>(), CLIENTS);
    assert!(peak(&first) < 0.085, "{}", peak(&first));
    // And each failure spreads them further: when the server is back, they trickle in.
    let returned = histogram(&attempts, back, end);
    assert!(peak(&returned) < 0.025, "{}", peak(&returned));
    // Meanwhile a dead server is asked less and less: fewer than 5 times a client in 30 s, not 10.
    let in_vain = attempts.iter().filter(|attempt| !attempt.succeeded).count();
    assert!(in_vain < 5 * CLIENTS, "{in_vain}");
    // Yet all are back within the longest wait that can have been running then, 24 s and its jitter.
    assert_eq!(attempts.iter().filter(|attempt| attempt.succeeded).count(), CLIENTS);
    assert!(end < back + 36 * S, "{end:?}");
}

#[test]
fn a_server_that_lets_in_a_few_at_a_time_gets_them_all_back() {
    // It comes back at once, and takes 50 clients in 100 ms; the others are told 503.
    let attempts = simulate(|_, let_in| Some(if let_in < 50 { 200 } else { 503 }));
    let end = attempts.last().unwrap().at + BUCKET;
    show("Attempts; 50 per 100 ms are let in:", Duration::ZERO, &histogram(&attempts, Duration::ZERO, end));
    assert_eq!(attempts.iter().filter(|attempt| attempt.succeeded).count(), CLIENTS);
    // At full use that takes 10 s from the first attempt on.
    assert!(end < 60 * S, "{end:?}");
    assert!(attempts.len() < 4 * CLIENTS, "{}", attempts.len());
}
