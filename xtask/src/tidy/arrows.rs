//! Crate arrows point down only: the picture of ARCHITECTURE.md, checked against what cargo sees.

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde::Deserialize;

use super::Problem;
use crate::{process::cargo, workspace};

/// The house from the roof to the ground. A crate may use the rows below its own.
const ROWS: [&[&str]; 19] = [
    &["flagstate"],
    &["console"],
    &["report-pdf"],
    &["report"],
    &["migration", "keys", "approvals", "import"],
    &["placement"],
    &["frameworks"],
    &["exposure"],
    &["estate"],
    &["catalog"],
    &["witness"],
    &["evidence"],
    &["store"],
    &["inventory"],
    &["objects"],
    &["net"],
    &["token"],
    &["tlog"],
    &["columnar", "sigv4", "tsp"],
];
/// Beside the picture: may use anything, nobody uses them.
const BESIDE: [&str; 3] = ["interop", "bench-server", "testbed"];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
    path: Option<PathBuf>,
}

/// Checks every workspace member.
pub(super) fn check() -> Result<Vec<Problem>, String> {
    let run = cargo().args(["metadata", "--no-deps", "--format-version", "1", "--offline"]).capture()?;
    if run.code != 0 {
        return Err(format!("cargo metadata failed: {}", run.stderr));
    }
    let metadata: Metadata = serde_json::from_str(&run.stdout).map_err(|e| format!("cargo metadata: {e}"))?;
    let mut problems = Vec::new();
    for package in &metadata.packages {
        arrows(package, &mut problems);
    }
    written(&metadata, &mut problems);
    Ok(problems)
}

fn short(name: &str) -> &str {
    name.strip_prefix("flagstate-").unwrap_or(name)
}

/// The row of a crate; `columnar`, `sigv4`, `tlog` and `tsp` are ground: one crate per public specification, none uses another.
pub(super) fn row(name: &str) -> Option<usize> {
    ROWS.iter().position(|names| names.contains(&name))
}

/// True when crate `from` may depend on crate `to`.
pub(super) fn allowed(from: &str, to: &str) -> bool {
    match (row(from), row(to)) {
        (Some(a), Some(b)) => a < b && from != "tlog",
        (None, Some(_)) => BESIDE.contains(&from),
        (_, None) => false,
    }
}

fn arrows(package: &Package, problems: &mut Vec<Problem>) {
    let from = short(&package.name);
    if row(from).is_none() && !BESIDE.contains(&from) && from != "xtask" {
        let text = format!("crate `{from}` is not in the picture: draw it in ARCHITECTURE.md and in xtask/src/tidy");
        problems.push(Problem::new(&package.manifest_path, 1, text));
    }
    for dependency in package.dependencies.iter().filter(|d| d.path.is_some() && d.kind.as_deref() != Some("dev")) {
        let to = short(&dependency.name);
        if !allowed(from, to) {
            let text = format!("`{from}` must not use `{to}`: arrows point down");
            problems.push(Problem::new(&package.manifest_path, 1, text));
        }
    }
}

/// `docs/dependencies.md` has a row for every direct dependency, and no other.
fn written(metadata: &Metadata, problems: &mut Vec<Problem>) {
    let path = workspace::root().join("docs/dependencies.md");
    let text = fs::read_to_string(&path).unwrap_or_default();
    let rows: BTreeSet<&str> = text.lines().filter_map(|l| l.strip_prefix("| `")?.split('`').next()).collect();
    let all = metadata.packages.iter().flat_map(|p| &p.dependencies).filter(|d| d.path.is_none());
    let used: BTreeSet<&str> = all.map(|d| d.name.as_str()).collect();
    for name in used.difference(&rows) {
        problems.push(Problem::new(&path, 1, format!("no row for the dependency `{name}`")));
    }
    for name in rows.difference(&used) {
        problems.push(Problem::new(&path, 1, format!("`{name}` has a row and is not a dependency")));
    }
}
