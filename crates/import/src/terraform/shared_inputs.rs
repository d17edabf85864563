//! Every real file of the shared inputs with its counts or its refusal.
//!
//! What it is for: nothing that people really have is read differently tomorrow without somebody noticing. The rows
//! were counted independently: instances in `resources[].instances[]` (version 4), `modules[].resources{}`
//! (version 3), and for plans the distinct addresses over planned values, prior state and changes.
//!
//! What it deliberately does not do: copy those files. Where they are absent the test says so (and fails in CI).
//!
//! Source: issue 2, "Must show" 3 (2026-11).

use std::path::{Path, PathBuf};

use flagstate_catalog::ServiceMap;
use flagstate_estate::EstateBuilder;

use crate::{Context, read_file};

const EXPECTED: &str = include_str!("shared_inputs.txt");

fn folder() -> Option<PathBuf> {
    let repo = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?.to_owned();
    ["../shared/inputs", "../../shared/inputs"].iter().map(|p| repo.join(p)).find(|p| p.is_dir())
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// `file: format rows resources merged ignored unknown`, or `file: refused: message`.
fn line(base: &Path, path: &Path, services: &ServiceMap) -> String {
    let name = path.strip_prefix(base).expect("below the folder").display().to_string();
    let context = Context { services, progress: &|_, _| {} };
    let mut builder = EstateBuilder::new();
    match read_file(path, None, &context, &mut builder) {
        Err(e) => format!("{name}: refused: {}", e.to_string().replace(&path.display().to_string(), "FILE")),
        Ok(format) => {
            let estate = builder.finish();
            let ledger = estate.inputs.first().expect("one input");
            let ignored: u64 = ledger.ignored.values().sum();
            assert_eq!(ledger.rows, ledger.resources + ledger.merged + ignored + ledger.unknown, "{name}");
            format!(
                "{name}: {format} rows {} = {} resources + {} merged + {ignored} ignored + {} unknown",
                ledger.rows, ledger.resources, ledger.merged, ledger.unknown
            )
        }
    }
}

#[test]
fn every_shared_file_has_its_counts() {
    let Some(base) = folder() else {
        assert!(std::env::var_os("CI").is_none(), "shared inputs are missing");
        println!("skipped: no shared inputs");
        return;
    };
    let mut found = Vec::new();
    files(&base.join("terraform-plan"), &mut found);
    files(&base.join("terraform-state"), &mut found);
    found.sort();
    let services = ServiceMap::embedded().expect("the shipped map");
    let seen: Vec<String> = found.iter().map(|p| line(&base, p, &services)).collect();
    let expected: Vec<&str> = EXPECTED.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).collect();
    let wrong: Vec<&String> = seen.iter().filter(|l| !expected.contains(&l.as_str())).collect();
    let missing: Vec<&&str> = expected.iter().filter(|l| !seen.iter().any(|s| s == *l)).collect();
    assert!(wrong.is_empty() && missing.is_empty(), "seen:\n{}\nin the table only:\n{missing:#?}", seen.join("\n"));
}
