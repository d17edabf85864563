//! Other people's programs that tests run against: where they are, and what to do where they are missing.
//!
//! What it is for: `cargo xtask test` installs verifiers written by others (Go's transparency log packages, Python
//! packages, OpenSSL) below the build folder. A test asks here for one of them. Where it is missing the test ends early
//! and says `skipped: ...`; in continuous integration (`CI=true`) that is a failure instead.
//!
//! What it deliberately does not do: no installing, and no use outside tests. Product crates name it as a
//! dev-dependency only.
//!
//! ```
//! # fn a_test() {
//! let Some(mut python) = flagstate_interop::python() else { return };
//! python.arg(flagstate_interop::script("aics.py")).args(["audit", "log/", "example.com/log+..."]);
//! # }
//! ```
#![expect(clippy::print_stderr, reason = "used by tests only")]

pub mod tsa;

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

/// The folder that `cargo xtask test` installs into: `FLAGSTATE_TOOLS`, else `tools` in the build folder that the
/// running test lies in.
pub fn tools() -> PathBuf {
    if let Some(dir) = env::var_os("FLAGSTATE_TOOLS") {
        return PathBuf::from(dir);
    }
    let exe = env::current_exe().unwrap_or_default();
    let found = exe.ancestors().map(|dir| dir.join("tools")).find(|dir| dir.is_dir());
    found.unwrap_or_else(|| PathBuf::from("target/tools"))
}

/// A file of the folder `interop/`, for example `aics.py`.
pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The Python that has the packages of `xtask/py/interop.txt`: aics-tlog, aics-witness, bagit, cryptography,
/// rfc3161-client, rfc8785, scitt-cose, securesystemslib.
pub fn python() -> Option<Command> {
    installed("interop-venv/bin/python")
}

/// A program that the packages of [`python`] bring, for example `aics-witness` or `bagit.py`.
pub fn python_program(name: &str) -> Option<Command> {
    installed(&format!("interop-venv/bin/{name}"))
}

/// The Go checker of `interop/tlogcheck`.
pub fn tlogcheck() -> Option<Command> {
    installed("bin/tlogcheck")
}

/// A program of the system: `openssl`, `strace`, `softhsm2-util`, `unshare`.
pub fn system(name: &str) -> Option<Command> {
    let paths = env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/bin", "/usr/sbin", "/usr/local/bin"].map(PathBuf::from);
    let found = env::split_paths(&paths).chain(usual).map(|dir| dir.join(name)).find(|path| path.is_file());
    found.map(|path| command(path.as_os_str())).or_else(|| missing(name))
}

/// Says that a test is skipped for want of `what`.
///
/// # Panics
/// In continuous integration (`CI=true`), where that is a failed test.
pub fn missing<T>(what: &str) -> Option<T> {
    let advice = "run `cargo xtask test --only tools`";
    assert!(!in_ci(), "{what} is missing, and nothing may be skipped here; {advice}");
    eprintln!("skipped: {what} is missing; {advice}");
    None
}

fn installed(below: &str) -> Option<Command> {
    let path = tools().join(below);
    if path.is_file() { Some(command(path.as_os_str())) } else { missing(&path.display().to_string()) }
}

fn command(path: &OsStr) -> Command {
    let mut command = Command::new(path);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

fn in_ci() -> bool {
    env::var("CI").is_ok_and(|v| v == "true" || v == "1")
}
