//! Packages whose lists are right and whose content is not: only signatures and proofs can tell.

use super::*;

/// What our verifier and the Python one say about a forged package.
fn refused(log: &Log, package: &Path, check: &str, file: &str) {
    let report = verify(package, &trusting(&log.keys)).unwrap();
    let found = report.failures().any(|line| line.check == check && line.file.as_deref() == Some(file));
    assert!(found, "{check} {file}: {:?}", report.lines);
    if let Some((holds, said)) = python(&[package.to_str().unwrap(), "--vkey", &log.keys[0].to_string()]) {
        assert!(!holds && !said.contains("Traceback"), "{said}");
    }
}

fn copy(data: &Path, from: &str, to: &str) {
    fs::copy(data.join(from), data.join(to)).unwrap();
}

#[test]
fn a_changed_entry() {
    let log = Log::new(9);
    let package = log.chosen();
    reseal(&package, |data| fs::write(data.join("entries/0.entry"), b"entry X").unwrap());
    refused(&log, &package, "entry", "data/entries/0.tlog-proof");
}

#[test]
fn a_changed_tile_or_bundle() {
    let log = Log::new(300);
    let package = log.whole();
    reseal(&package, |data| {
        let path = data.join("tile/entries/000");
        let mut bytes = fs::read(&path).unwrap();
        bytes[5] ^= 1;
        fs::write(path, bytes).unwrap();
    });
    refused(&log, &package, "tree", "data/tile/entries/000");
    fs::remove_dir_all(&package).unwrap();
    let package = log.whole();
    reseal(&package, |data| {
        let path = data.join("tile/0/000");
        let mut bytes = fs::read(&path).unwrap();
        bytes[5] ^= 1;
        fs::write(path, bytes).unwrap();
    });
    refused(&log, &package, "tree", "data/tile/0/000");
}

#[test]
fn a_tile_too_many() {
    let log = Log::new(300);
    let package = log.whole();
    reseal(&package, |data| copy(data, "tile/0/000", "tile/0/007"));
    refused(&log, &package, "tree", "data/tile/0/007");
}

#[test]
fn a_proof_of_another_entry_or_none() {
    let log = Log::new(9);
    let package = log.chosen();
    reseal(&package, |data| copy(data, "entries/1.tlog-proof", "entries/0.tlog-proof"));
    refused(&log, &package, "entry", "data/entries/0.tlog-proof");
    reseal(&package, |data| fs::remove_file(data.join("entries/0.tlog-proof")).unwrap());
    refused(&log, &package, "entry", "data/entries/0.entry");
}

#[test]
fn a_receipt_of_another_entry() {
    let log = Log::new(9);
    let package = log.chosen();
    reseal(&package, |data| copy(data, "entries/1.cose", "entries/0.cose"));
    let report = verify(&package, &trusting(&log.keys)).unwrap();
    assert!(report.failures().all(|line| line.check == "receipt"), "{:?}", report.lines);
    assert_eq!(report.failures().count(), 1);
}

#[test]
fn another_log_under_the_same_name() {
    let log = Log::new(9);
    let package = log.chosen();
    let stranger = key(ORIGIN, Algorithm::Ed25519, 99);
    let mut forged = note(&log.checkpoint).text().parse::<Checkpoint>().unwrap().to_note().unwrap();
    forged.sign(&stranger).unwrap();
    reseal(&package, |data| {
        fs::write(data.join("checkpoint"), forged.to_string()).unwrap();
        fs::write(data.join("log.vkey"), format!("{}\n", stranger.verifier())).unwrap();
    });
    refused(&log, &package, "checkpoint", "data/checkpoint");
    // A policy in the package that names the stranger's key as the log's changes nothing.
    reseal(&package, |data| {
        fs::write(data.join("policy"), format!("log {}\nquorum none\n", stranger.verifier())).unwrap();
    });
    refused(&log, &package, "checkpoint", "data/checkpoint");
}

#[test]
fn a_missing_or_wrong_witness() {
    let log = Log::new(9);
    let package = log.chosen();
    let checkpoint: Checkpoint = note(&log.checkpoint).text().parse().unwrap();
    reseal(&package, |data| fs::write(data.join("checkpoint"), signed(&checkpoint, &[2])).unwrap());
    refused(&log, &package, "witnesses", "data/checkpoint");
    let text = String::from_utf8(signed(&checkpoint, &[1, 2])).unwrap();
    let last = text.trim_end().chars().last().unwrap();
    let wrong = text.replace(&format!("{last}\n"), if last == 'A' { "B\n" } else { "A\n" });
    reseal(&package, |data| fs::write(data.join("checkpoint"), wrong).unwrap());
    assert!(!verify(&package, &trusting(&log.keys)).unwrap().holds());
}

/// The caller's policy counts, whatever the package says.
#[test]
fn the_callers_policy_counts() {
    let log = Log::new(9);
    let package = log.chosen();
    let own = |quorum: &str| {
        let text = String::from_utf8(policy()).unwrap().replace("quorum enough", &format!("quorum {quorum}"));
        Policy::parse(text.as_bytes()).unwrap()
    };
    let (met, unmet) = (own("w1"), own("w2"));
    let check =
        |policy: &Policy| verify(&package, &Trust { policy: Some(policy), ..trusting(&log.keys) }).unwrap().holds();
    assert!(check(&met));
    assert!(!check(&unmet));
    let file = log.room.0.join("own-policy");
    fs::write(&file, unmet.to_bytes()).unwrap();
    let Some((holds, said)) = python(&[package.to_str().unwrap(), "--policy", file.to_str().unwrap()]) else { return };
    assert!(!holds && said.contains("FAILED witnesses: quorum w2"), "{said}");
}

#[test]
fn a_statement_that_nobody_trusted_signed() {
    let log = Log::new(9);
    let package = log.chosen();
    let stranger = [key("stranger.example", Algorithm::Ed25519, 77).verifier().clone()];
    let report = verify(&package, &Trust { statement_keys: &stranger, ..trusting(&log.keys) }).unwrap();
    let failed: Vec<_> = report.failures().filter_map(|line| line.file.as_deref()).collect();
    assert_eq!(failed, ["data/entries/1.entry", "data/entries/5.entry", "data/entries/7.entry"]);
    let Some((holds, said)) = python(&[package.to_str().unwrap(), "--signer", &stranger[0].to_string()]) else {
        return;
    };
    assert!(!holds && said.contains("entry 7 is signed by none"), "{said}");
}

#[test]
fn an_opening_of_something_else() {
    let log = Log::new(9);
    let package = log.chosen();
    let name = format!("openings/{}.json", opening(1).commitment().hex());
    let file = format!("data/{name}");
    reseal(&package, |data| {
        let text = fs::read_to_string(data.join(&name)).unwrap().replace("person 1", "person 7");
        fs::write(data.join(&name), text).unwrap();
    });
    refused(&log, &package, "opening", &file);
    let stranger = format!("openings/{}.json", opening(9).commitment().hex());
    reseal(&package, |data| {
        fs::remove_file(data.join(&name)).unwrap();
        fs::write(data.join(&stranger), opened::Opened::new(&opening(9)).to_bytes()).unwrap();
    });
    refused(&log, &package, "opening", &format!("data/{stranger}"));
}

/// What was erased is not passed on, even where an interrupted erasure left the opening in the side store.
#[test]
fn an_opening_of_what_was_erased() {
    let log = Log::new(9);
    let left = [opening(2)];
    let contents = Contents { openings: &left, ..log.contents(Selection::Whole) };
    let refusal = export(&log.target(), &contents).unwrap_err().to_string();
    assert!(refusal.contains("says was erased"), "{refusal}");
    assert!(!log.target().exists());
}

#[test]
fn a_time_stamp_over_something_else() {
    let log = Log::new(9).stamped();
    if log.stamps.is_empty() {
        return;
    }
    let package = log.chosen();
    let checkpoint: Checkpoint = note(&log.checkpoint).text().parse().unwrap();
    reseal(&package, |data| fs::write(data.join("timestamps/0.checkpoint"), signed(&checkpoint, &[1, 2])).unwrap());
    refused(&log, &package, "time stamp", "data/timestamps/0.tsr");
    let other = signed(&Checkpoint::new(ORIGIN, 9, leaf_hash(b"x")).unwrap(), &[]);
    reseal(&package, |data| fs::write(data.join("timestamps/0.checkpoint"), &other).unwrap());
    refused(&log, &package, "time stamp", "data/timestamps/0.checkpoint");
    // With the caller's roots the package's own count for nothing.
    let Some(authority) = Authority::new("other-roots") else { return };
    let mut roots = flagstate_tsp::Trust::default();
    roots.add_roots(&authority.read("ca.pem")).unwrap();
    fs::remove_dir_all(&package).unwrap();
    let package = log.chosen();
    let report = verify(&package, &Trust { stamp_roots: Some(&roots), ..trusting(&log.keys) }).unwrap();
    assert!(report.failures().any(|line| line.text.contains("no root that you trust")), "{:?}", report.lines);
}

/// An earlier checkpoint may be stamped; a whole log shows that it is of the same tree, or convicts the log.
#[test]
fn an_earlier_checkpoint_is_connected_by_the_whole_log() {
    let early = Log::new(200).stamped();
    if early.stamps.is_empty() {
        return;
    }
    let mut log = Log::new(600);
    log.stamps = early.stamps.clone();
    log.roots = early.roots.clone();
    let package = log.whole();
    let report = verify(&package, &trusting(&log.keys)).unwrap();
    assert!(report.lines.iter().any(|line| line.check == "time stamp" && line.outcome == Outcome::Holds));
    let fork = Log::of(&(0..600).map(|n| format!("fork {n}").into_bytes()).collect::<Vec<_>>());
    let forked = Contents { stamps: &log.stamps, stamp_roots: log.roots.as_deref(), ..fork.contents(Selection::Whole) };
    let refusal = export(&fork.target(), &forked).unwrap_err().to_string();
    assert!(refusal.contains("it convicts the log"), "{refusal}");
    let chosen = log.contents(Selection::Entries(BTreeSet::from([0])));
    let refusal = export(&log.room.0.join("other"), &chosen).unwrap_err().to_string();
    assert!(refusal.contains("only a whole log can connect them"), "{refusal}");
}
