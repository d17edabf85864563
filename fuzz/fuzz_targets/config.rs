//! `flagstate.yaml`.
#![no_main]

use flagstate_estate::Project;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = serde_saphyr::from_str::<Project>(text);
    }
});
