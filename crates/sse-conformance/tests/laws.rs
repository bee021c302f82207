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
