//! Paths of tiles.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| flagstate_fuzz::tlog::path(data));
