//! A package on an empty machine without a network: by our binary, by the Python verifier in it, by bagit.

use std::{fs, process::Command};

use super::{Bench, text};

#[test]
fn a_package_verifies_without_a_network_in_an_empty_folder() {
    let b = Bench::new("offline");
    let vkey = b.init("L", "log.example/offline");
    b.write("lines", super::lines(0..300, |i| format!("entry {i}")));
    b.ok(&["log", "append", "--log", "L", "--lines", "lines"]);
    b.ok(&["log", "export", "--log", "L", "--output", "whole"]);
    b.ok(&["log", "export", "--log", "L", "--index", "3", "--index", "299", "--receipts", "--output", "two"]);
    b.fails(3, &["log", "export", "--log", "L", "--output", "two"]);
    b.fails(3, &["log", "export", "--log", "L", "--index", "300", "--output", "three"]);
    assert!(!b.path("three").exists(), "nothing partial is left");
    for name in ["whole", "two"] {
        let empty = b.path(&format!("empty-{name}"));
        fs::create_dir_all(&empty).unwrap();
        fs::rename(b.path(name), empty.join("package")).unwrap();
        // No network, no home, no environment, nothing but the package.
        if let Some(unshare) = flagstate_interop::system("unshare") {
            let mut command = Command::new(unshare.get_program());
            command.env_clear().current_dir(&empty).args(["-r", "-n"]).arg(env!("CARGO_BIN_EXE_flagstate"));
            let output = command.args(["log", "verify", "package", "--vkey", &vkey]).output().unwrap();
            assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
        }
        if let Some(mut python) = flagstate_interop::python() {
            let command =
                python.current_dir(&empty).env_clear().args(["-I", "package/data/verify_package.py", "package"]);
            let output = command.args(["--vkey", &vkey]).output().unwrap();
            assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
        }
        if let Some(mut bagit) = flagstate_interop::python_program("bagit.py") {
            let output = bagit.current_dir(&empty).args(["--validate", "package"]).output().unwrap();
            assert!(output.status.success(), "{}", text(&output.stderr));
        }
        // One bit in any file of the package: refused, by both.
        let mut refused = 0;
        for path in super::files(&empty.join("package")) {
            let good = fs::read(&path).unwrap();
            let mut bad = good.clone();
            let middle = bad.len() / 2;
            bad[middle] ^= 1;
            fs::write(&path, bad).unwrap();
            let package = empty.join("package");
            let package = package.to_str().unwrap();
            b.fails(1, &["log", "verify", package, "--vkey", &vkey]);
            refused += 1;
            fs::write(&path, good).unwrap();
        }
        assert!(refused > 8, "{refused}");
    }
}
