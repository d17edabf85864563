//! The manifest of a provider's inventory.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| flagstate_fuzz::record::inventory(data));
