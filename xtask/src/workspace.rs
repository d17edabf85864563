//! Where things are: the project's root, the build folder, the source files, the shared inputs.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// The project's root folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

/// The build folder: `CARGO_TARGET_DIR`, else `target/`.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// The folder of tools that xtask installs for itself.
pub(crate) fn tools() -> PathBuf {
    target().join("tools")
}

/// The built binary.
pub(crate) fn binary(profile: &str) -> PathBuf {
    target().join(profile).join(format!("flagstate{}", env::consts::EXE_SUFFIX))
}

/// Public schemas and real files beside the project, where they stand (a work tree may lie one folder deeper).
pub(crate) fn shared() -> Option<PathBuf> {
    ["../shared", "../../shared"].iter().map(|dir| root().join(dir)).find(|dir| dir.is_dir())
}

/// True in continuous integration, where nothing may be skipped in silence.
pub(crate) fn in_ci() -> bool {
    env::var("CI").is_ok_and(|v| v == "true" || v == "1")
}

/// Files below `folder` that `keep` accepts, in order, relative to the root with `/` separators.
pub(crate) fn files(folder: &Path, keep: &dyn Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(folder, keep, &mut found);
    found.sort();
    found
}

fn collect(folder: &Path, keep: &dyn Fn(&Path) -> bool, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if path.is_dir() {
            if !matches!(&*name, "target" | "flagstate-demo" | "corpus" | "artifacts") && !name.starts_with(".git") {
                collect(&path, keep, found);
            }
        } else if keep(&path) {
            found.push(path);
        }
    }
}

/// `path` as shown to readers: relative to the root.
pub(crate) fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// The extension of `path`, or nothing.
pub(crate) fn extension(path: &Path) -> &str {
    path.extension().and_then(|e| e.to_str()).unwrap_or_default()
}
