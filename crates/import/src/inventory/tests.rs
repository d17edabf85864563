//! Tests over all inventories: each importer on small files of our own.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use flagstate_catalog::ServiceMap;
use flagstate_estate::{Estate, EstateBuilder, InputLedger, Resource};

use crate::{Context, Format, ImportError, read_file};

mod aws;
mod azure;
mod cyclonedx;
mod fuzz;
mod gcp;
mod list;
mod pepin;
mod register;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A file that goes away with the value.
pub(super) struct Temp(pub(super) PathBuf);

impl Temp {
    pub(super) fn new(name: &str, content: &[u8]) -> Self {
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("flagstate-inventory-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(name);
        std::fs::write(&path, content).unwrap();
        Self(path)
    }
}

impl Drop for Temp {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().unwrap());
    }
}

pub(super) fn map() -> &'static ServiceMap {
    static MAP: std::sync::OnceLock<ServiceMap> = std::sync::OnceLock::new();
    MAP.get_or_init(|| ServiceMap::embedded().unwrap())
}

/// Reads `content` as a file of `name`.
pub(super) fn try_read(name: &str, content: &[u8], format: Option<Format>) -> Result<(Estate, Format), ImportError> {
    let file = Temp::new(name, content);
    let mut builder = EstateBuilder::new();
    let around = Context { services: map(), progress: &|_, _| {} };
    let format = read_file(&file.0, format, &around, &mut builder)?;
    Ok((builder.finish(), format))
}

pub(super) fn read(name: &str, content: &str, wanted: Format) -> Estate {
    let (estate, format) = try_read(name, content.as_bytes(), None).unwrap();
    assert_eq!(format, wanted);
    let ledger = &estate.inputs[0];
    let ignored: u64 = ledger.ignored.values().sum();
    assert_eq!(ledger.rows, ledger.resources + ledger.merged + ignored + ledger.unknown, "{ledger:?}");
    estate
}

/// (rows, resources + unknown, merged, ignored)
pub(super) fn sums(ledger: &InputLedger) -> (u64, u64, u64, u64) {
    (ledger.rows, ledger.resources + ledger.unknown, ledger.merged, ledger.ignored.values().sum())
}

pub(super) fn named<'a>(estate: &'a Estate, name: &str) -> &'a Resource {
    estate.resources.iter().find(|r| r.name.as_deref() == Some(name)).unwrap_or_else(|| panic!("no {name}"))
}

/// The message of a refusal, without the path.
pub(super) fn refusal(name: &str, content: &[u8], format: Option<Format>) -> String {
    let error = try_read(name, content, format).unwrap_err().to_string();
    error.split_once(name).map_or(error.clone(), |(_, rest)| rest.trim_start_matches(':').trim().to_owned())
}

pub(super) fn has_note(estate: &Estate, start: &str) -> bool {
    estate.inputs.iter().any(|i| i.notes.iter().any(|n| n.starts_with(start)))
}

#[test]
fn a_file_that_fails_midway_leaves_nothing_and_harms_nothing() {
    let mut builder = EstateBuilder::new();
    let around = Context { services: map(), progress: &|_, _| {} };
    let good = Temp::new("good.csv", b"name,provider\nkept,aws\n");
    let bad = Temp::new("bad.csv", b"name,provider\nlost,aws\nkept,aws\n,aws\n");
    read_file(&good.0, None, &around, &mut builder).unwrap();
    read_file(&bad.0, None, &around, &mut builder).unwrap_err();
    let estate = builder.finish();
    assert_eq!((estate.inputs.len(), estate.resources.len()), (1, 1));
    assert_eq!(sums(&estate.inputs[0]), (1, 1, 0, 0));
}
