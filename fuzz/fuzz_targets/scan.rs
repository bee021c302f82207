#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| sse_codec::check_scan(input));
