//! Line ends in every order and at every place of the blocks in which they are looked for: what random streams meet
//! too seldom.

mod support;

use sse_codec::Decoder;
use sse_conformance::oracle::Frame;
use support::{Seen, borrowed, bytewise, expected, owned};

/// Behind a first event (what comes before it never goes the shortest way): whole, in a chunk of its own, cut in two, and
/// byte by byte.
fn check(stream: &[u8], cut: usize) {
    const FIRST: &[u8] = b"id: 1\ndata: first\n\n";
    let stream = &[FIRST, stream].concat()[..];
    let cut = FIRST.len() + cut;
    let expected = expected(stream);
    let (first, second) = stream.split_at(cut);
    let behind = &stream[FIRST.len()..];
    for chunks in [vec![stream], vec![FIRST, behind], vec![first, second], bytewise(stream)] {
        let decoder = || Decoder::new().with_comments(true);
        assert_eq!(borrowed(&mut decoder(), &chunks), expected, "{}", stream.escape_ascii());
        assert_eq!(owned(&mut decoder(), &chunks), expected, "{}", stream.escape_ascii());
    }
}

/// All strings of these bytes, of `len` bytes.
fn strings(bytes: &[u8], len: usize) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len().pow(len as u32)).map(move |mut n| {
        let mut next = || {
            let byte = bytes[n % bytes.len()];
            n /= bytes.len();
            byte
        };
        (0..len).map(|_| next()).collect()
    })
}

#[test]
fn in_every_order_behind_data() {
    for len in 1..=6 {
        for ends in strings(b"\r\nx", len) {
            for behind in ["data: behind\n\n", "x\ndata: behind\n\n", ""] {
                let stream = [b"data: before", &ends[..], behind.as_bytes()].concat();
                check(&stream, stream.len() - behind.len());
            }
        }
    }
}

const ENDS: [&str; 7] = ["\n\n", "\r\n\r\n", "\r\r", "\n", "\r\n", "\n\r\n", "\r\n\n"];

#[test]
fn at_every_place_of_a_block() {
    for len in 0..150 {
        let value = "x".repeat(len);
        for end in ENDS {
            for behind in ["data: behind\n\n", "data: behind\r\n\r\n", "\n", ""] {
                for line in [format!("data: {value}"), format!("event: {value}"), format!("{value}é\ndata: é")] {
                    let stream = format!("{line}{end}{behind}");
                    check(stream.as_bytes(), stream.len() - behind.len());
                }
            }
        }
    }
}

#[test]
fn of_comments_that_nobody_asked_for() {
    for len in 0..150 {
        for end in ENDS {
            for behind in ["data: behind\n\n", "\ndata: behind\n\n", ": comment\n\n", ""] {
                let stream = format!("data: first\n\n:{}{end}{behind}", "x".repeat(len));
                let (mut frames, id) = expected(stream.as_bytes());
                frames.retain(|seen| !matches!(seen, Seen::Frame(Frame::Comment(_))));
                let outcome = (frames, id);
                let (first, second) = stream.as_bytes().split_at("data: first\n\n".len());
                for chunks in [&[stream.as_bytes()][..], &[first, second]] {
                    assert_eq!(borrowed(&mut Decoder::new(), chunks), outcome, "{}", stream.escape_debug());
                    assert_eq!(owned(&mut Decoder::new(), chunks), outcome, "{}", stream.escape_debug());
                }
            }
        }
    }
}

#[test]
fn of_several_data_lines() {
    let long = format!("data:{}", "x".repeat(100));
    for lines in 1..8 {
        for end in ["\n", "\r\n", "\r"] {
            for other in ["data: other", &long, "data:é", "data", "data:", "id: 2", "event: e", ": comment", "x"] {
                for at in 0..=lines {
                    let mut all: Vec<_> = (0..lines).map(|n| format!("data{}", ": x".repeat(n))).collect();
                    all.insert(at, other.to_owned());
                    let stream = all.join(end) + end + end + "data: behind\n\n";
                    check(stream.as_bytes(), stream.len() / 2);
                }
            }
        }
    }
}

#[test]
fn of_data_lines_longer_than_the_room_that_is_made_at_once() {
    for len in (4080..4110).chain([8192, 20_000]) {
        let long = "x".repeat(len);
        let stream = format!("data: a\ndata: b\ndata: {long}\ndata: c\ndata: {long}\n\ndata: behind\n\n");
        check(stream.as_bytes(), stream.len() / 2);
    }
}

#[test]
fn a_chunk_that_ends_with_cr_may_be_left_as_soon_as_it_is_empty() {
    // Whoever leaves the loop by `is_empty` has seen all of the chunk, and the LF is still half of the CRLF.
    for first in ["data: x\r\nretry: 5\r", "data: x\r\n: comment\r", "data: 0\n\ndata: x\r"] {
        let mut decoder = sse_codec::Decoder::new().with_comments(true);
        let mut data = Vec::new();
        for chunk in [first, "\ndata: y\n\n"] {
            let mut input = sse_codec::Input::new(chunk.as_bytes());
            while !input.is_empty() {
                if let Ok(Some(sse_codec::Frame::Event(event))) = decoder.decode(&mut input) {
                    data.push(event.data.to_owned());
                }
            }
        }
        assert_eq!(data.last().map(String::as_str), Some("x\ny"), "{first:?}");
    }
}
