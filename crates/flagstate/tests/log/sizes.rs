//! The sizes at which tiles begin, end and reach the next level, checked by Go's own packages, by aics-tlog and by
//! scitt-cose; and the other way round.

use std::{collections::BTreeSet, fs};

use base64ct::{Base64, Encoding as _};
use flagstate_tlog::{Checkpoint, VerifierKey};

use super::{Bench, text};

const SIZES: [u64; 12] = [0, 1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 70_000];

fn entry(index: u64) -> String {
    // Every 100th is longer than the others, and one is empty.
    match index {
        3 => String::new(),
        i if i % 100 == 99 => format!("entry {i} ").repeat(30),
        i => format!("entry {i}"),
    }
}

/// A receipt for the last entry, checked by scitt-cose; its root is the checkpoint's.
fn scitt(b: &Bench, size: u64, vkey: &VerifierKey) {
    let Some(mut program) = flagstate_interop::python_program("scitt-cose") else { return };
    let index = (size - 1).to_string();
    b.ok(&["log", "prove", "--log", "L", "--index", &index, "--receipt", "receipt", "--output", "p"]);
    // SubjectPublicKeyInfo of an Ed25519 key (RFC 8410).
    let mut info = vec![0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    info.extend_from_slice(vkey.material());
    let pem = Base64::encode_string(&info);
    b.write("key.pem", format!("-----BEGIN PUBLIC KEY-----\n{pem}\n-----END PUBLIC KEY-----\n"));
    let hex: Vec<String> = entry(size - 1).bytes().map(|byte| format!("{byte:02x}")).collect();
    let hex = hex.concat();
    let args = ["--json", "--leaf-entry-hex", &hex, "--receipt", "receipt", "--receipt-log-pubkey", "key.pem"];
    let output = program.current_dir(&b.dir).args(args).output().unwrap();
    let note = fs::read(b.path("L/checkpoint")).unwrap();
    let (checkpoint, _) = Checkpoint::open(&note, vkey.name(), [vkey]).unwrap();
    let said = text(&output.stdout);
    assert!(output.status.success() && said.contains(&format!("{:x}", checkpoint.root())), "size {size}: {said}");
}

#[test]
fn three_foreign_verifiers_accept_every_size() {
    let b = Bench::new("sizes");
    let vkey = b.init("L", "log.example/sizes");
    let mut olds: Vec<String> = Vec::new();
    let mut at = 0;
    for size in SIZES {
        if size > at {
            b.write("lines", super::lines(at..size, entry));
            let said = b.ok(&["log", "append", "--log", "L", "--lines", "lines"]);
            assert_eq!(said.lines().next().unwrap(), at.to_string());
            assert_eq!(said.lines().next_back().unwrap(), (size - 1).to_string());
            at = size;
        }
        let mut args = vec!["log", "verify", "--log", "L", "--vkey", &vkey];
        for old in &olds {
            args.extend(["--old", old.as_str()]);
        }
        b.ok(&args);
        if let Some(mut checker) = flagstate_interop::tlogcheck() {
            for old in &olds {
                checker.args(["-old", old]);
            }
            let output = checker.current_dir(&b.dir).args(["-vkey", &vkey, "L"]).output().unwrap();
            assert!(output.status.success(), "size {size}: {}", text(&output.stderr));
            let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!((&found["size"], &found["entries"]), (&size.into(), &size.into()));
            assert_eq!(found["consistency"], olds.len());
        }
        if let Some(mut python) = flagstate_interop::python() {
            let script = flagstate_interop::script("aics.py");
            let output = python.current_dir(&b.dir).arg(script).args(["audit", "L", &vkey]).output().unwrap();
            assert!(output.status.success(), "size {size}: {}", text(&output.stderr));
        }
        if size > 0 {
            scitt(&b, size, &vkey.parse().unwrap());
        }
        let old = format!("checkpoint.{size}");
        fs::copy(b.path("L/checkpoint"), b.path(&old)).unwrap();
        olds.push(old);
    }
    // Proofs of entries in every corner, as files, checked with the key alone.
    let corners: BTreeSet<u64> = [0, 3, 255, 256, 511, 512, 65_535, 65_536, 69_999].into();
    for index in corners {
        let index = index.to_string();
        b.ok(&["log", "prove", "--log", "L", "--index", &index, "--entry-output", "e", "--output", "p"]);
        b.ok(&["log", "verify", "p", "--entry", "e", "--vkey", &vkey]);
        assert_eq!(fs::read_to_string(b.path("e")).unwrap(), entry(index.parse().unwrap()));
    }
    b.fails(3, &["log", "prove", "--log", "L", "--index", "70000"]);
    b.ok(&["log", "fsck", "--log", "L", "--vkey", &vkey]);
}

#[test]
fn logs_of_aics_tlog_are_accepted() {
    let b = Bench::new("reverse");
    let Some(mut python) = flagstate_interop::python() else { return };
    let sizes: Vec<String> = SIZES.iter().map(u64::to_string).collect();
    let output = python
        .current_dir(&b.dir)
        .arg(flagstate_interop::script("aics.py"))
        .args(["write", "theirs", "log.example/theirs"])
        .args(&sizes)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let vkey = text(&output.stdout).trim().to_owned();
    let mut args = vec!["log", "verify", "--log", "theirs", "--vkey", &vkey, "--format", "json"];
    let olds: Vec<String> = sizes.iter().map(|size| format!("theirs/checkpoint.{size}")).collect();
    for old in &olds {
        args.extend(["--old", old]);
    }
    let found = b.json(&args);
    assert_eq!((&found["holds"], &found["entries"]), (&true.into(), &70_000.into()));
    assert_eq!(found["also"].as_array().unwrap().len(), SIZES.len());
    // A proof from somebody else's log, and a foreign log that was changed.
    b.ok(&[
        "log", "prove", "--log", "theirs", "--vkey", &vkey, "--index", "65536", "--entry-output", "e", "--output", "p",
    ]);
    b.ok(&["log", "verify", "p", "--entry", "e", "--vkey", &vkey]);
    let bundle = b.path("theirs/tile/entries/100");
    let mut bytes = fs::read(&bundle).unwrap();
    bytes[77] ^= 1;
    fs::write(&bundle, bytes).unwrap();
    let said = b.fails(1, &["log", "verify", "--log", "theirs", "--vkey", &vkey]);
    assert!(said.contains("tile/entries/100"), "{said}");
}
