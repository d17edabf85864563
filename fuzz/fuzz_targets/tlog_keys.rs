//! Verifier keys and private keys.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| flagstate_fuzz::tlog::keys(data));
