use std::vec::Vec;

use super::check::check;
use super::{BLOCK, BLOCKS};

#[test]
fn every_byte_value_at_every_place() {
    for at in 0..BLOCK + 17 {
        for byte in 0..=255 {
            for filling in [b'\n', b'\x0b', b'\x8a'] {
                let mut chunk = [filling; BLOCK + 17];
                chunk[at] = byte;
                check(&chunk[..=at]);
                check(&chunk);
            }
        }
    }
}

#[test]
fn every_length_up_to_two_calls() {
    for len in 0..=2 * BLOCK * BLOCKS {
        let chunk: Vec<u8> = (0..len).map(|at| if at * at % 7 == 3 { b'\n' } else { b'a' + (at % 23) as u8 }).collect();
        check(&chunk);
    }
}

#[test]
fn what_is_not_plain_among_what_is() {
    for at in [0, 1, BLOCK - 1, BLOCK, BLOCK * BLOCKS - 1, BLOCK * BLOCKS, 2 * BLOCK * BLOCKS - 1] {
        for byte in 0..=255 {
            let mut chunk = [b'x'; 2 * BLOCK * BLOCKS];
            chunk[at] = byte;
            check(&chunk);
        }
    }
    // Everywhere.
    check(&[0xff; BLOCK * BLOCKS]);
}

#[test]
fn what_the_fuzzer_left() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/scan");
    let mut count = 0;
    for entry in std::fs::read_dir(corpus).unwrap() {
        let input = std::fs::read(entry.unwrap().path()).unwrap();
        for skip in 0..input.len().min(17) {
            check(&input[skip..]);
        }
        count += 1;
    }
    assert!(count > 0, "the corpus is empty");
}
