//! Packages as they should be: ours, the Python verifier's and `bagit`'s word on them.

use super::*;

#[test]
fn chosen_entries_are_proven_everywhere() {
    let log = Log::new(600).stamped();
    let package = log.chosen();
    let names = files(&package);
    let stamped = log.stamps.len();
    for name in
        ["data/entries/7.entry", "data/entries/7.tlog-proof", "data/entries/7.cose", "data/policy", "data/SPEC.md"]
    {
        assert!(names.contains(&name.to_owned()), "{names:?}");
    }
    assert!(!names.iter().any(|name| name.starts_with("data/tile")), "{names:?}");
    let report = verify(&package, &trusting(&log.keys)).unwrap();
    let text = report.lines.iter().map(|line| format!("{line}\n")).collect::<Vec<_>>().concat();
    assert!(report.holds(), "{text}");
    for part in [
        "ok entry: 4 entries are in the tree",
        "ok receipt: 4 COSE receipts lead to the same root",
        "ok statements: 1 key-rotation, 2 redaction, 1 other entries",
        "ok opening: 1 commitments are opened",
        "GDPR Art. 17(1)(b), recorded in entry 5]",
        "ok witnesses: w1.example at 2026-09-21T14:13:20Z, w3.example at 2026-09-21T14:13:20Z",
        "note witnesses: the policy is the package's own word",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert_eq!(text.matches("ok time stamp: the checkpoint existed at 20").count(), stamped, "{text}");
    let Some((good, said)) = python(&[package.to_str().unwrap(), "--vkey", &log.keys[0].to_string()]) else { return };
    assert!(good && said.ends_with("VERIFIED\n"), "{said}");
    for part in ["ok entry: 4 entries", "ok opening: ", "[erased ", "signatures checked: 3", "cosigned by w1, w3"] {
        assert!(said.contains(part), "{part}\n{said}");
    }
}

#[test]
fn a_whole_log_is_proven_everywhere() {
    for count in [0, 1, 255, 256, 257, 600] {
        let log = Log::new(count).stamped();
        let package = if count > 1 { log.whole() } else { log.target() };
        if count <= 1 {
            export(&package, &log.contents(Selection::Whole)).unwrap();
        }
        let report = verify(&package, &trusting(&log.keys)).unwrap();
        assert!(report.holds(), "{count}: {:?}", report.lines);
        let wanted = format!("{count} entries and all tiles hash to the root");
        assert!(report.lines.iter().any(|line| line.text == wanted), "{:?}", report.lines);
        let Some((good, said)) = python(&[package.to_str().unwrap()]) else { continue };
        assert!(good, "{count}: {said}");
        assert!(said.contains("note checkpoint: the log's key is the package's own word"), "{said}");
    }
}

/// The Python package `bagit` calls both kinds of package valid.
#[test]
fn bagit_agrees() {
    let Some(program) = flagstate_interop::python_program("bagit.py") else { return };
    let log = Log::new(300);
    for package in [log.whole(), log.chosen_again()] {
        let (good, said) = run(Command::new(program.get_program()).arg("--validate").arg(&package));
        assert!(good, "{said}");
    }
}

impl Log {
    fn chosen_again(&self) -> PathBuf {
        fs::remove_dir_all(self.target()).unwrap();
        self.chosen()
    }
}

/// The verifier that a package carries is the one of the repository, and short enough to be read.
#[test]
fn the_package_carries_its_verifier() {
    let log = Log::new(3);
    export(&log.target(), &log.contents(Selection::Whole)).unwrap();
    assert_eq!(fs::read_to_string(log.target().join("data/verify_package.py")).unwrap(), PYTHON_VERIFIER);
    assert!(PYTHON_VERIFIER.lines().count() <= 300);
    let imports = PYTHON_VERIFIER.lines().filter(|line| line.starts_with("import ") || line.starts_with("from "));
    assert_eq!(imports.collect::<Vec<_>>(), ["import argparse, base64, hashlib, json, os, re, sys"]);
    let Some(mut command) = flagstate_interop::system("python3") else { return };
    let (good, said) = run(command.arg("-B").arg("data/verify_package.py").current_dir(log.target()));
    assert!(good, "{said}");
}

/// 70 000 entries through the Python verifier as a bare log, and through ours as a package.
#[test]
fn large_logs_are_verified_in_reasonable_time() {
    let all: Vec<Vec<u8>> = (0..70_000_u32).map(|n| n.to_be_bytes().to_vec()).collect();
    let log = Log::of(&all);
    let dir = log.room.0.join("log");
    if let Some((good, said)) = python(&["--log", dir.to_str().unwrap(), "--vkey", &log.keys[0].to_string()]) {
        assert!(good && said.contains("70000 entries"), "{said}");
    }
    export(&log.target(), &log.contents(Selection::Whole)).unwrap();
    assert!(verify(&log.target(), &trusting(&log.keys)).unwrap().holds());
}

/// The Go checker reads a package of a whole log as the log that it is.
#[test]
fn a_package_of_a_whole_log_is_a_log() {
    let Some(mut tlogcheck) = flagstate_interop::tlogcheck() else { return };
    let log = Log::new(600);
    let (good, said) = run(tlogcheck.arg("-vkey").arg(log.keys[0].to_string()).arg(log.whole().join("data")));
    assert!(good, "{said}");
}

/// OpenSSL verifies the time stamp as the instructions in the package say.
#[test]
fn openssl_verifies_the_time_stamp_of_a_package() {
    let log = Log::new(9).stamped();
    if log.stamps.is_empty() {
        return;
    }
    let package = log.chosen();
    let Some(mut openssl) = flagstate_interop::system("openssl") else { return };
    let arguments = ["ts", "-verify", "-in", "0.tsr", "-data", "0.checkpoint", "-CAfile", "roots.pem"];
    let (good, said) = run(openssl.args(arguments).current_dir(package.join("data/timestamps")));
    assert!(good && said.contains("Verification: OK"), "{said}");
}

#[test]
fn nothing_partial_is_ever_shown() {
    let log = Log::new(9);
    let stranger = [opening(9)];
    let contents = Contents { openings: &stranger, ..log.contents(Selection::Whole) };
    assert!(matches!(export(&log.target(), &contents), Err(ExportError::Opening(_))));
    let chosen = log.contents(Selection::Entries(BTreeSet::from([0, 9])));
    assert!(matches!(export(&log.target(), &chosen), Err(ExportError::NoEntry { index: 9, size: 9 })));
    let unlabelled = Contents { organisation: Some("a\nPayload-Oxum: 1.1"), ..log.contents(Selection::Whole) };
    assert!(matches!(export(&log.target(), &unlabelled), Err(ExportError::Label(_))));
    let unwitnessed = signed(&note(&log.checkpoint).text().parse().unwrap(), &[1]);
    let contents = Contents { checkpoint: &unwitnessed, ..log.contents(Selection::Whole) };
    assert!(matches!(export(&log.target(), &contents), Err(ExportError::Refused(_))));
    let left: Vec<_> = fs::read_dir(&log.room.0).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["log"], "an export that failed leaves nothing behind");
    // What a killed export left is in nobody's way; what is there is never written over.
    fs::create_dir_all(log.room.0.join("package.unfinished/data")).unwrap();
    export(&log.target(), &log.contents(Selection::Whole)).unwrap();
    let again = export(&log.target(), &log.contents(Selection::Whole)).unwrap_err().to_string();
    assert!(again.contains("package"), "{again}");
}

#[test]
fn a_damaged_log_is_not_exported() {
    let log = Log::new(300);
    let path = log.room.0.join("log/tile/entries/000");
    let mut bytes = fs::read(&path).unwrap();
    bytes[100] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert!(matches!(export(&log.target(), &log.contents(Selection::Whole)), Err(ExportError::Log(_))));
    let chosen = log.contents(Selection::Entries(BTreeSet::from([299])));
    export(&log.target(), &chosen).unwrap();
}

/// An erased person: every proof holds, the package says what is gone, and nothing of it is in the package.
#[test]
fn erasing_a_person_leaves_every_proof_valid() {
    let log = Log::new(300);
    let side = crate::side_store::SideStore::new(log.room.0.join("side"));
    for number in 1..=2 {
        side.put(&format!("person-{number}"), &opening(number)).unwrap();
    }
    let of_person = side.of_person("person-2").unwrap();
    side.erase(&of_person).unwrap();
    let openings: Vec<_> = (1..=2).filter_map(|n| side.get(&opening(n).commitment()).unwrap()).collect();
    export(&log.target(), &Contents { openings: &openings, ..log.contents(Selection::Whole) }).unwrap();
    let report = verify(&log.target(), &trusting(&log.keys)).unwrap();
    assert!(report.holds(), "{:?}", report.lines);
    let erased = format!("[erased {}, GDPR Art. 17(1)(b), recorded in entry 5]", of_person[0].hex());
    assert!(report.lines.iter().any(|line| line.text == erased), "{:?}", report.lines);
    for name in files(&log.target()) {
        let bytes = fs::read(log.target().join(&name)).unwrap();
        assert!(!bytes.windows(8).any(|w| w == b"person 2"), "{name}");
    }
}
