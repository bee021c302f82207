//! The laws over random bytes, for those who have no fuzzer, and over the corpus that the fuzzer left.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use sse_conformance::laws;

/// Bytes in which the words of the grammar are frequent.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(vec![
        "data",
        "event",
        "id",
        "retry",
        ":",
        ": ",
        " ",
        "\n",
        "\n\n",
        "\r",
        "\r\n",
        "data: x\n\n",
        "event: e\n",
        "id: 1\n",
        "id: 2\r",
        "retry: 50\n",
        ": c\n",
        "\0",
        "\u{feff}",
        "é",
        "😀",
        "7",
        "1000",
        "text/event-stream",
        "charset=utf-8",
        ";",
        ",",
        "\"",
    ])
    .prop_map(|word| word.as_bytes().to_vec());
    let piece = prop_oneof![4 => word, 1 => vec(any::<u8>(), 1..4), 1 => Just(vec![b'x'; 70])];
    // Lengths, limits and flags are at the front: mostly small, so that there is something left to apply them to.
    let number = prop_oneof![3 => 0..8_u8, 2 => 8..80_u8, 1 => any::<u8>()];
    (vec(number, 6), vec(piece, 0..40)).prop_map(|(head, pieces)| [head, pieces.concat()].concat())
}

/// What the law of the session takes, as operations that mostly fit: random bytes seldom get as far as a second connection.
fn operations() -> impl Strategy<Value = Vec<u8>> {
    let text = vec(
        prop::sample::select(vec![
            "data: a\n\n",
            "data: b\n\n",
            "id: 1\ndata: c\n\n",
            "id: 2\n\n",
            "data\n\n",
            ": c\n",
            "retry: 5\n",
            "retry: 0\n\n",
            "data: 0123456789abcdef\n\n",
            "data: x\n\n",
            "event: e\ndata: q\n\n",
            "data: p\ndata: q\n\n",
            "id\n\n",
            "id: \u{1}\ndata: z\n\n",
            "data",
            "id: 9\nda",
            "\r",
            "\n\n",
            "\u{feff}",
            "retry: 99999999999999999999\n",
        ]),
        1..7,
    );
    let chunk = (prop::sample::select(vec![0, 8, 8 | 32, 8 | 32, 16 | 8 | 32]), text).prop_map(|(way, text)| {
        let mut text = text.concat().into_bytes();
        text.truncate(255);
        [vec![2 | way, text.len() as u8], text].concat()
    });
    let head = (prop::sample::select(vec![0_u8, 0, 0, 0, 6, 7, 4, 64 | 6, 3, 5, 8]), 0..4_u8);
    let operation = prop_oneof![
        3 => Just(vec![0]),
        3 => head.prop_map(|(status, retry_after)| vec![1, status | retry_after << 4]),
        6 => chunk,
        1 => (0..4_u8).prop_map(|end| vec![3, end]),
        1 => Just(vec![4]),
        1 => (5..7_u8, any::<u8>()).prop_map(|(unit, time)| vec![unit, time]),
        // What is used up, straight to the next deadline; seldom time that runs backwards, or the end.
        2 => Just(vec![7, 253]),
        3 => (0..253_u8).prop_map(|any| vec![7, any]),
        1 => prop::sample::select(vec![253, 253, 253, 253, 253, 253, 254, 255]).prop_map(|end| vec![7, end]),
    ];
    (any::<[u8; 2]>(), vec(operation, 3..43))
        .prop_map(|(kind, operations)| [kind.to_vec(), operations.concat()].concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn decode(input in bytes()) {
        laws::decode(&input);
    }

    #[test]
    fn head(input in bytes()) {
        laws::head(&input);
    }

    #[test]
    fn reencode(input in bytes()) {
        laws::reencode(&input);
    }

    #[test]
    fn roundtrip(input in bytes()) {
        laws::roundtrip(&input);
    }

    #[test]
    fn session(input in vec(any::<u8>(), 0..200)) {
        laws::session(&input);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40_000, ..ProptestConfig::default() })]

    #[test]
    fn session_by_operations(input in operations()) {
        laws::session(&input);
    }
}

#[test]
fn the_corpus_is_replayed() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (name, law) in laws::ALL {
        let entries = std::fs::read_dir(corpus.join(name)).expect("each target has a corpus");
        let mut count = 0;
        for entry in entries {
            law(&std::fs::read(entry.expect("readable").path()).expect("readable"));
            count += 1;
        }
        assert!(count > 0, "the corpus of {name} is empty");
    }
}
