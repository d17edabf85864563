//! Detection of the format, then the importer that claims the file.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| flagstate_fuzz::import(None, data));
