//! The report as PDF, from the program; only with the feature `pdf`.
#![cfg(feature = "pdf")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::{fs, path::PathBuf, process::Command};

#[test]
fn the_demo_becomes_the_same_pdf_twice() {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("report-pdf");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    let run = |folder: &str, args: &[&str]| {
        let run =
            Command::new(env!("CARGO_BIN_EXE_flagstate")).current_dir(dir.join(folder)).args(args).output().unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        run.stdout
    };
    run("", &["demo", "--as-of", "2026-11-21"]);
    for lang in ["en", "fr", "de"] {
        let args = ["report", "--as-of", "2026-11-21", "--format", "pdf", "--lang", lang];
        let pdf = run("flagstate-demo", &args);
        assert!(pdf.starts_with(b"%PDF-1.") && pdf == run("flagstate-demo", &args), "{lang}");
    }
}
