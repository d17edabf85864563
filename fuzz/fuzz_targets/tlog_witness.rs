//! Requests to a witness and its answers.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| flagstate_fuzz::tlog::witness(data));
