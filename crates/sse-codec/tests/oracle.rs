//! The decoder gives what the naive oracle gives: any stream, any chunks, every path.

mod support;

use proptest::prelude::*;
use sse_codec::Decoder;
use support::{Seen, borrowed, bytewise, cut, expected, fixed, owned};

/// Streams made of what matters to the grammar, so that most of them say something.
fn streams() -> impl Strategy<Value = Stream> {
    let line_end = prop::sample::select(vec![&b"\n"[..], b"\r", b"\r\n", b"\n\n", b"\r\r", b"\r\n\r\n"]);
    let name = prop::sample::select(vec![
        &b"data"[..],
        // Several in a row, often.
        b"data",
        b"data",
        b"data",
        b"event",
        b"id",
        b"retry",
        b"",
        b"datax",
        b"dat",
        b"Data",
        b" data",
        b"\xef\xbb\xbfdata",
        b"x\xff",
    ]);
    let colon = prop::sample::select(vec![&b": "[..], b":", b"", b":  ", b":\t"]);
    let value = prop_oneof![
        prop::sample::select(vec![
            &b""[..],
            b"a",
            b"12",
            b"0300",
            b"hello world",
            b"\0",
            b"7\x007",
            b"\xc3\xa9",
            b"\xe2\x82\xac",
            b"\xf0\x9f\x98\x80",
            b"\xff",
            b"\xe2\x82",
            b"\xf0\x9f",
            b"\xed\xa0\x80",
            b"\xc0\x80",
            b"\xef\xbb\xbf",
            b"a:b",
            b"\xe2\x80\xa8",
        ])
        .prop_map(<[u8]>::to_vec),
        prop::collection::vec(any::<u8>(), 0..8),
        (0_usize..150).prop_map(|len| vec![b'x'; len]),
        // Longer than what is looked at at once.
        (500_usize..1100).prop_map(|len| vec![b'x'; len]),
    ];
    let line = (name, colon, value, line_end).prop_map(|(name, colon, value, end)| [name, colon, &value, end].concat());
    let bom = prop::sample::select(vec![&b""[..], b"\xef\xbb\xbf", b"\xef\xbb", b"\xef"]);
    (bom, prop::collection::vec(line, 0..20)).prop_map(|(bom, lines)| Stream([bom, &lines.concat()].concat()))
}

/// Bytes that a failure prints readably.
#[derive(Clone)]
struct Stream(Vec<u8>);

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

impl std::ops::Deref for Stream {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

proptest! {
    // Some two thousand, unless `PROPTEST_CASES` says otherwise.
    #![proptest_config(ProptestConfig {
        cases: 8 * ProptestConfig::default().cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn agrees_with_the_oracle(stream in streams(), places in prop::collection::vec(any::<usize>(), 0..6)) {
        let expected = expected(&stream);
        for chunks in [vec![&stream[..]], bytewise(&stream), cut(&stream, &places)] {
            prop_assert_eq!(&borrowed(&mut Decoder::new().with_comments(true), &chunks), &expected);
            prop_assert_eq!(&owned(&mut Decoder::new().with_comments(true), &chunks), &expected);
            prop_assert_eq!(&fixed(&chunks, |decoder| decoder.with_comments(true)), &expected);
        }
        // Without comments everything else is the same.
        let mut expected = expected;
        expected.0.retain(|seen| !matches!(seen, Seen::Frame(sse_conformance::oracle::Frame::Comment(_))));
        prop_assert_eq!(&borrowed(&mut Decoder::new(), &cut(&stream, &places)), &expected);
    }

    #[test]
    fn a_limit_means_the_same_for_all_chunks(
        stream in streams(),
        places in prop::collection::vec(any::<usize>(), 0..6),
        limit in 0_usize..40,
    ) {
        let decoder = || Decoder::new().with_max_event_bytes(limit).with_comments(true);
        let whole = borrowed(&mut decoder(), &[&stream]);
        for chunks in [bytewise(&stream), cut(&stream, &places)] {
            prop_assert_eq!(&borrowed(&mut decoder(), &chunks), &whole);
            prop_assert_eq!(&owned(&mut decoder(), &chunks), &whole);
        }
    }

    #[test]
    fn small_buffers_drop_events_and_nothing_else_goes_wrong(
        stream in streams(),
        places in prop::collection::vec(any::<usize>(), 0..6),
        sizes in (0_usize..32, 0_usize..8, 0_usize..8),
    ) {
        let (mut text, mut event_type, mut id) = (vec![0; sizes.0], vec![0; sizes.1], vec![0; sizes.2]);
        let mut decoder = Decoder::in_slices(&mut text, &mut event_type, &mut id).with_comments(true);
        let (seen, _) = borrowed(&mut decoder, &cut(&stream, &places));
        // What does come through came from the stream, in its order, but for ids that an earlier drop withheld.
        let mut all = expected(&stream).0.into_iter().map(without_id);
        for frame in seen.into_iter().filter(|seen| matches!(seen, Seen::Frame(_))).map(without_id) {
            prop_assert!(all.any(|other| other == frame), "{frame:?} is not next in the stream");
        }
    }

    #[test]
    fn the_last_event_id_outlives_the_connection(first in streams(), second in streams()) {
        let mut decoder = Decoder::new().with_comments(true);
        let (_, id) = borrowed(&mut decoder, &[&first]);
        decoder.reset();
        let outcome = sse_conformance::oracle::interpret_after(&id, &second);
        let expected = (outcome.frames.into_iter().map(Seen::Frame).collect(), outcome.last_event_id);
        prop_assert_eq!(borrowed(&mut decoder, &[&second]), expected);
    }
}

#[test]
fn agrees_with_the_oracle_wherever_it_is_cut_twice() {
    for stream in [
        &b"\xef\xbb\xbfdata: 0\n\n: comment\ndata: a\n:\xff\ndata: b\n\nid: 1\n\n"[..],
        b"event: e\r\ndata: a\r\ndata: b\r\n\r\n: comment\r\n\r\nretry: 5\r\nid: 1\r\ndata\r\n\r\n",
        b"data: 0\r\rid: 1\rdata: \xe2\x82\xac\rx\r\revent: e\r\rid\r\rdata: \xf0\x9f\x98\r\r",
    ] {
        let expected = expected(stream);
        for first in 0..=stream.len() {
            for second in first..=stream.len() {
                let chunks = [&stream[..first], &stream[first..second], &stream[second..]];
                for outcome in [
                    borrowed(&mut Decoder::new().with_comments(true), &chunks),
                    owned(&mut Decoder::new().with_comments(true), &chunks),
                ] {
                    assert_eq!(outcome, expected, "{} cut at {first} and {second}", stream.escape_ascii());
                }
            }
        }
    }
}

fn without_id(seen: Seen) -> Seen {
    match seen {
        Seen::Frame(sse_conformance::oracle::Frame::Event(mut event)) => {
            event.last_event_id.clear();
            Seen::Frame(sse_conformance::oracle::Frame::Event(event))
        }
        other => other,
    }
}
