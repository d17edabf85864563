//! The importer of `terraform-state`.
#![no_main]

use flagstate_import::Format;

libfuzzer_sys::fuzz_target!(|data: &[u8]| flagstate_fuzz::import(Some(Format::TerraformState), data));
