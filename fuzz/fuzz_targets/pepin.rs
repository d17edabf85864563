//! The importer of `pepin`.
#![no_main]

use flagstate_import::Format;

libfuzzer_sys::fuzz_target!(|data: &[u8]| flagstate_fuzz::import(Some(Format::Pepin), data));
