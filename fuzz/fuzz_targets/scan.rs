#![no_main]
// The first byte says how far from an aligned address the chunk begins.
libfuzzer_sys::fuzz_target!(|input: &[u8]| if let [skip, chunk @ ..] = input {
    sse_codec::check_scan(&chunk[chunk.len().min((*skip % 64).into())..]);
});
