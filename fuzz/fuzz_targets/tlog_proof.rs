//! Proofs to carry away.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| flagstate_fuzz::tlog::proof(data));
