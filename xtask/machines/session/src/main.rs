//! A session on a small heap: four attempts, the server's answers in place of a network, a number in place of a clock.
#![no_std]
#![no_main]

extern crate alloc;

mod heap;

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::hint::black_box;
use core::time::Duration;

use sse_client::{CloseReason, End, Policy, ResponseHead, Session, Step};
use sse_codec::{Frame, Input};

type Answer = (u16, &'static [&'static str]);

const SERVER: [Answer; 4] = [
    (200, &["retry: 2000\nid: 1\nda", "ta: a\n\nid: 2\nda"]),
    (503, &[]),
    (200, &["data: b\ndata: c\n\n"]),
    (204, &[]),
];

#[cortex_m_rt::entry]
fn main() -> ! {
    heap::init();
    let passed = run();
    board::print_count("heap", heap::peak());
    board::finish(passed)
}

fn run() -> bool {
    let mut server = black_box(SERVER).into_iter();
    let mut body = [].iter();
    let mut now = Duration::ZERO;
    let mut events = Vec::<String>::new();
    let mut sent = Vec::<Option<String>>::new();

    let mut session = Session::subscribe(Policy::default(), 0x5eed).with_max_event_bytes(1024);
    loop {
        match session.step() {
            Step::Connect { last_event_id } => {
                sent.push(last_event_id.map(ToOwned::to_owned));
                session.handle_connecting(now);
            }
            Step::AwaitHead { .. } => match server.next() {
                Some((status, chunks)) => {
                    body = chunks.iter();
                    let head = ResponseHead::new(status).with_content_type(Some(b"text/event-stream"));
                    session.handle_head(now, head);
                }
                None => session.handle_end(now, End::TransportError),
            },
            Step::Read { .. } => match body.next() {
                Some(chunk) => {
                    let mut input = Input::new(chunk.as_bytes());
                    loop {
                        match session.handle_data(now, &mut input) {
                            Ok(Some(Frame::Event(event))) => events.push(event.data.to_owned()),
                            Ok(Some(_)) => {}
                            Ok(None) => break,
                            Err(_) => return false,
                        }
                    }
                }
                None => session.handle_end(now, End::Eof),
            },
            Step::Wait { until, .. } => {
                now = until;
                session.handle_timeout(now);
            }
            Step::Closed(reason) => {
                let sent: Vec<_> = sent.iter().map(Option::as_deref).collect();
                return *reason == CloseReason::NoContent
                    && events == ["a", "b\nc"]
                    && sent == [None, Some("1"), Some("1"), Some("1")]
                    // Two reconnection times of two seconds, one after a failure, and a third.
                    && now >= Duration::from_secs(6)
                    && now < Duration::from_secs(60);
            }
        }
    }
}
