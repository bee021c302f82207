//! What holds for a session whatever is done to it: [`sse_conformance::laws::session`] over sequences of operations
//! that get somewhere. Fuzzing calls the same law with any bytes.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sse_conformance::laws;

/// An operation in the law's notation.
fn operation() -> impl Strategy<Value = Vec<u8>> {
    let data = select(vec![
        "id: 1\n",
        "id: 22\ndata\n\n",
        "data: x\n\n",
        "\n",
        "\r",
        "retry: 50\n",
        "retry: 0\r\n",
        "retry: 99999999999999999999999\n",
        ": comment\n",
        "id: \u{1}\n\n",
        "id\n\n",
        "id: \u{20ac}\n\n",
        "\u{feff}data: x",
    ]);
    prop_oneof![
        4 => Just(vec![0]),
        4 => (0..32_u8).prop_map(|head| vec![1, head]),
        4 => Just(vec![1, 0]),
        6 => (receive(), data).prop_map(|(receive, data)| [&[receive, data.len() as u8], data.as_bytes()].concat()),
        2 => (receive(), vec(any::<u8>(), 0..20))
            .prop_map(|(receive, data)| [&[receive, data.len() as u8], &data[..]].concat()),
        4 => (0..20_u8).prop_map(|end| vec![3, end % 19 % 2 + end / 19]),
        1 => Just(vec![4]),
        2 => any::<u8>().prop_map(|milliseconds| vec![5, milliseconds]),
        2 => any::<u8>().prop_map(|seconds| vec![6, seconds]),
        // To the next deadline; rarely, a clock that is set back, or close.
        6 => Just(vec![7, 0]),
        1 => select(vec![vec![7, 0], vec![7, 254], vec![7, 254], vec![7, 255]]),
    ]
}

/// A chunk: lent or shared, whole or up to the first frame.
fn receive() -> impl Strategy<Value = u8> {
    select(vec![2, 2 | 8, 2 | 16, 2 | 8 | 16])
}

/// The way into a connection, so that half of the operations do not pass by outside of one.
fn operations() -> impl Strategy<Value = Vec<u8>> {
    let open = Just(vec![7, 0, 0, 1, 0]);
    vec(prop_oneof![4 => operation(), 1 => open], 0..80).prop_map(|operations| operations.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn hold_for_any_sequence_of_operations(kind in any::<u8>(), operations in operations()) {
        laws::session(&[&[kind], &operations[..]].concat());
    }
}
