#![no_main]
use sse_conformance::laws;
libfuzzer_sys::fuzz_target!(|input: &[u8]| laws::head(input));
