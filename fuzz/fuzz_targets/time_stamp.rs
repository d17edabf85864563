//! The answer of a time-stamp authority.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| flagstate_fuzz::record::time_stamp(data));
