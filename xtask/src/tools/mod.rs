//! What tests need beyond the Rust toolchain, installed below the build folder; what is there already is left alone.

pub(crate) mod interop;
pub(crate) mod objects;

use std::{fs, path::PathBuf};

use crate::{
    out,
    process::{Program, cargo, tail},
    workspace,
};

/// Pinned packages for validation.
const TEST_PACKAGES: [&str; 4] = ["jsonschema==4.26.0", "xmlschema==4.3.2", "pyyaml==6.0.3", "duckdb==2.0.0"];
/// Pinned release of cargo-deny.
const CARGO_DENY: &str = "0.20.2";

/// The Python of the test tools, installed when missing unless `install` forbids it.
pub(crate) fn python(install: bool) -> Result<PathBuf, String> {
    venv("venv", &TEST_PACKAGES, install)
}

/// A virtual environment below the tools folder with these packages.
pub(crate) fn venv(name: &str, packages: &[&str], install: bool) -> Result<PathBuf, String> {
    venv_from(name, &packages.join("\n"), packages, install)
}

/// A virtual environment below the tools folder, filled by `pip install` with these arguments; `wanted` is what the
/// arguments stand for, and a folder that was made for the same is left alone.
fn venv_from(name: &str, wanted: &str, arguments: &[&str], install: bool) -> Result<PathBuf, String> {
    let dir = workspace::tools().join(name);
    let python = dir.join("bin/python");
    let stamp = dir.join("installed.txt");
    if python.exists() && fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(python);
    }
    if !install {
        return Err(format!("{} lacks {}; run without --no-install", dir.display(), arguments.join(" ")));
    }
    if !python.exists() {
        system_python()?;
        Program::new("python3").args(["-m", "venv"]).args([&dir]).run()?;
    }
    Program::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(arguments)
        .run()?;
    fs::write(&stamp, wanted).map_err(|e| format!("{}: {e}", stamp.display()))?;
    Ok(python)
}

/// Makes sure that `python3 -m venv` works: the only thing taken from the system's packages.
fn system_python() -> Result<(), String> {
    let works = |module: &str| {
        Program::new("python3").args(["-c", &format!("import {module}")]).capture().is_ok_and(|run| run.code == 0)
    };
    if works("venv, ensurepip") {
        return Ok(());
    }
    apt(&["python3", "python3-venv"])
}

/// Installs packages of the system where that is allowed, else says how.
pub(crate) fn apt(packages: &[&str]) -> Result<(), String> {
    let root = Program::new("id").args(["-u"]).capture().is_ok_and(|run| run.stdout.trim() == "0");
    if !root {
        return Err(format!("missing; run: sudo apt-get install -y {}", packages.join(" ")));
    }
    Program::new("apt-get").args(["update", "-q"]).capture()?;
    let run = Program::new("apt-get")
        .args(["install", "-y", "-q"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .capture()?;
    if run.code == 0 {
        Ok(())
    } else {
        Err(format!("apt-get install {}:\n{}", packages.join(" "), tail(&run.stderr, 20)))
    }
}

/// cargo-deny of the pinned release. Built without optimisation: it runs for a second and compiles for minutes.
pub(crate) fn cargo_deny(install: bool) -> Result<PathBuf, String> {
    cargo_program("cargo-deny", CARGO_DENY, &["--no-default-features"], install)
}

/// A program of a pinned release from crates.io, built without optimisation.
fn cargo_program(name: &str, release: &str, flags: &[&str], install: bool) -> Result<PathBuf, String> {
    let root = workspace::tools();
    let program = root.join("bin").join(name);
    let have = Program::new(&program).args(["--version"]).capture();
    if have.is_ok_and(|run| run.stdout.trim().ends_with(release)) {
        return Ok(program);
    }
    if !install {
        return Err(format!("{name} {release} is missing; run without --no-install"));
    }
    out::line(&format!("building {name} {release}"));
    let build = root.join("build");
    let run = cargo()
        .args(["install", name, "--locked", "--quiet", "--force", "--debug"])
        .args(flags)
        .args(["--version", release, "--root"])
        .args([&root])
        .env("CARGO_TARGET_DIR", &build)
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_INCREMENTAL", "0")
        .capture()?;
    // Intermediate files are larger than everything else in the tools folder.
    let _ = fs::remove_dir_all(&build);
    if run.code == 0 { Ok(program) } else { Err(format!("{name} did not build:\n{}", tail(&run.stderr, 20))) }
}
