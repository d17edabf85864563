//! A signed note, and a checkpoint in one.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| flagstate_fuzz::tlog::note(data));
