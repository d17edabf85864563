//! What the fuzz targets share: a file for each process, and the map of names loaded once.

pub mod record;
pub mod tlog;

use std::{fs, path::PathBuf, sync::LazyLock};

use flagstate_catalog::ServiceMap;
use flagstate_estate::EstateBuilder;
use flagstate_import::{Context, Format, read_file};

static SERVICES: LazyLock<ServiceMap> = LazyLock::new(|| ServiceMap::embedded().expect("the embedded map loads"));

/// A file of this process, in memory where the system has such a folder.
pub fn file(name: &str, data: &[u8]) -> PathBuf {
    let shm = PathBuf::from("/dev/shm");
    let dir = if shm.is_dir() { shm } else { std::env::temp_dir() };
    let path = dir.join(format!("flagstate-fuzz-{}-{name}", std::process::id()));
    fs::write(&path, data).expect("the scratch file can be written");
    path
}

/// Reads `data` as `format` and merges what came out. Panics are the fuzzer's findings.
pub fn import(format: Option<Format>, data: &[u8]) {
    let path = file("input", data);
    let context = Context { services: &SERVICES, progress: &|_, _| {} };
    let mut builder = EstateBuilder::new();
    match read_file(&path, format, &context, &mut builder) {
        Ok(_) => drop(builder.finish()),
        Err(error) => assert!(error.to_string().contains("flagstate-fuzz"), "an error names its file: {error}"),
    }
}
