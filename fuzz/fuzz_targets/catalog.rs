//! Catalog files that a user puts in place of ours.
#![no_main]

use flagstate_catalog::{Catalog, Overlay, ServiceMap};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        let overlay = [Overlay { name: "overlay.yaml".into(), text: text.into() }];
        let _ = Catalog::load(&overlay);
        let _ = ServiceMap::load(&overlay);
    }
});
