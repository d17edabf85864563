//! `fsck` and `verify` on sound logs of every interesting size, and on damaged ones.

use std::{collections::BTreeSet, fs, path::Path};

use super::help::{ORIGIN, Scratch, keys};
use crate::log::{
    Limits, Setup, Writer,
    fsck::{Problem, Report, fsck, verify},
    store::LocalFiles,
};

fn vkey() -> flagstate_tlog::VerifierKey {
    keys().verifiers().remove(0)
}

fn entry(number: u64) -> Vec<u8> {
    format!("entry number {number}").into_bytes()
}

fn fill(scratch: &Scratch, sizes: &[u64]) {
    let writer = scratch.open();
    let mut next = writer.durable();
    for size in sizes {
        let tickets: Vec<_> = (next..*size).map(|n| writer.submit(&entry(n)).unwrap()).collect();
        for ticket in tickets {
            ticket.wait().unwrap();
        }
        next = *size;
        writer.checkpoint().unwrap();
    }
    writer.close().unwrap();
}

fn check(scratch: &Scratch) -> Report {
    fsck(&scratch.log(), &vkey(), &[]).unwrap()
}

fn public(scratch: &Scratch) -> Report {
    verify(&LocalFiles::read_only(&scratch.log()).unwrap(), &vkey()).unwrap()
}

fn files(directory: &Path, prefix: &str, into: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            files(&entry.path(), &format!("{name}/"), into);
        } else {
            into.insert(name);
        }
    }
}

#[test]
fn sound_logs_of_every_interesting_size() {
    let scratch = Scratch::new();
    scratch.make();
    for size in [0, 1, 2, 255, 256, 257, 511, 512, 1000, 65_535, 65_536, 65_537, 70_000] {
        fill(&scratch, &[size]);
        for report in [check(&scratch), public(&scratch)] {
            assert_eq!(report.findings, [], "size {size}");
            assert_eq!(report.notes, [] as [String; 0], "size {size}");
            assert_eq!(report.entries, size);
            assert_eq!(report.checkpoint.unwrap().size(), size);
        }
    }
}

#[test]
fn one_flipped_bit_in_any_file_is_found_and_the_file_is_named() {
    let scratch = Scratch::new();
    scratch.make();
    fill(&scratch, &[3, 300, 700]);
    let mut all = BTreeSet::new();
    files(&scratch.log(), "", &mut all);
    assert!(all.len() > 12, "{all:?}");
    for name in &all {
        let path = scratch.log().join(name);
        let sound = fs::read(&path).unwrap();
        let bits = sound.len() * 8;
        // The first, the last and some between; each bit has its turn where there are few.
        for step in 0..40_usize.min(bits) {
            let bit = step * (bits - 1) / 39_usize.min(bits - 1).max(1);
            let mut damaged = sound.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, &damaged).unwrap();
            let report = check(&scratch);
            let named: Vec<_> = report.findings.iter().map(|f| f.path.as_str()).collect();
            assert!(named.contains(&name.as_str()), "bit {bit} of {name}: {:?}", report.findings);
            let second = scratch.second().join("checkpoint").display().to_string();
            let others: Vec<_> = named.iter().filter(|n| **n != name && **n != second).collect();
            assert!(others.is_empty() || name == "checkpoint", "bit {bit} of {name} also blames {others:?}");
        }
        fs::write(&path, &sound).unwrap();
    }
    assert_eq!(check(&scratch).findings, []);
    let second = scratch.second().join("checkpoint");
    let mut damaged = fs::read(&second).unwrap();
    damaged[3] ^= 1;
    fs::write(&second, damaged).unwrap();
    assert_eq!(check(&scratch).findings[0].path, second.display().to_string());
}

#[test]
fn missing_and_extra_files_are_named() {
    let scratch = Scratch::new();
    scratch.make();
    fill(&scratch, &[3, 300, 700]);
    let mut all = BTreeSet::new();
    files(&scratch.log(), "", &mut all);
    // Partial tiles of earlier sizes may go; nobody misses a lock.
    let may_go = [
        ".flagstate/lock", "tile/0/000.p/3", "tile/entries/000.p/3", "tile/0/001.p/44", "tile/entries/001.p/44",
        "tile/1/000.p/1",
    ];
    for name in all.iter().filter(|name| !may_go.contains(&name.as_str())) {
        let path = scratch.log().join(name);
        let sound = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let report = check(&scratch);
        let directory = name.rsplit_once('/').map_or("", |(directory, _)| directory);
        let named = report.findings.iter().any(|f| f.path == *name || (name.contains("wal/") && f.path == directory));
        assert!(named, "{name}: {:?}", report.findings);
        fs::write(&path, sound).unwrap();
    }
    for name in
        ["tile/0/003", "tile/0/002.p/189", "tile/x", "stranger", ".flagstate/stranger", "tile/1/001.p/1", "tile/2/000"]
    {
        let path = scratch.log().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, [0; 32]).unwrap();
        let report = check(&scratch);
        assert_eq!(report.findings.len(), 1, "{name}: {:?}", report.findings);
        assert_eq!((report.findings[0].path.as_str(), &report.findings[0].problem), (name, &Problem::Extra));
        fs::remove_file(&path).unwrap();
    }
    assert_eq!(check(&scratch).findings, []);
}

#[test]
fn a_log_that_was_not_closed_is_sound_and_says_so() {
    let scratch = Scratch::new();
    scratch.make();
    let limits = Limits { batch_entries: 10, ..Limits::default() };
    let writer = Writer::open(&scratch.log(), keys(), Setup::new(|| 0).limits(limits)).unwrap();
    for number in 0..600 {
        writer.append(&entry(number)).unwrap();
    }
    let report = check(&scratch);
    assert_eq!((report.findings.as_slice(), report.entries), ([].as_slice(), 0));
    assert!(report.notes[0].contains("running"), "{report:?}");
    drop(writer);
    let report = check(&scratch);
    assert_eq!(report.findings, [], "full tiles ahead of the checkpoint are in the write-ahead log");
    // Those ahead are checked as well.
    let path = scratch.log().join("tile/entries/001");
    let mut bytes = fs::read(&path).unwrap();
    bytes[100] ^= 4;
    fs::write(&path, &bytes).unwrap();
    assert_eq!(check(&scratch).findings[0].path, "tile/entries/001");
    // And a start makes them again.
    scratch.open().close().unwrap();
    let report = check(&scratch);
    assert_eq!((report.findings.as_slice(), report.entries), ([].as_slice(), 600));
}

#[test]
fn another_key_is_refused() {
    let scratch = Scratch::new();
    scratch.make();
    fill(&scratch, &[5]);
    let other =
        flagstate_tlog::SigningKey::from_seed(ORIGIN, flagstate_tlog::note::Algorithm::Ed25519, &[8; 32]).unwrap();
    let store = LocalFiles::read_only(&scratch.log()).unwrap();
    let report = verify(&store, flagstate_tlog::Signer::verifier(&other)).unwrap();
    assert!(!report.is_sound());
    assert_eq!(report.findings[0].path, "checkpoint");
}

#[test]
fn one_flipped_bit_in_every_file_of_seventy_thousand_entries() {
    let scratch = Scratch::new();
    scratch.make();
    fill(&scratch, &[1000, 66_000, 70_000]);
    let mut all = BTreeSet::new();
    files(&scratch.log(), "", &mut all);
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut flipped = 0;
    let start = std::time::Instant::now();
    for name in &all {
        let path = scratch.log().join(name);
        let sound = fs::read(&path).unwrap();
        if sound.is_empty() {
            continue;
        }
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let bit = usize::try_from(random % (sound.len() as u64 * 8)).unwrap();
        let mut damaged = sound.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &damaged).unwrap();
        let report = check(&scratch);
        assert!(report.findings.iter().any(|f| f.path == *name), "bit {bit} of {name}: {:?}", report.findings);
        fs::write(&path, &sound).unwrap();
        flipped += 1;
    }
    println!("{flipped} files in {:?}", start.elapsed());
    assert!(flipped > 550);
    assert_eq!(check(&scratch).findings, []);
}
