//! Entries and proofs, checked as a stranger would check them.

use std::fs;

use flagstate_tlog::{leaf_hash, tree::verify_inclusion};

use super::help::{Scratch, keys};
use crate::log::{Log, LogError, store::LocalFiles};

fn vkey() -> flagstate_tlog::VerifierKey {
    keys().verifiers().remove(0)
}

#[test]
fn every_entry_can_be_proven_and_every_older_checkpoint_is_contained() {
    let scratch = Scratch::new();
    scratch.make();
    let checkpoint = scratch.log().join("checkpoint");
    let mut older = vec![fs::read(&checkpoint).unwrap()];
    let writer = scratch.open();
    for number in 0..600_u32 {
        writer.append(&number.to_be_bytes()).unwrap();
        if number % 37 == 0 {
            older.push(writer.checkpoint().unwrap().note);
        }
    }
    writer.close().unwrap();
    let store = LocalFiles::read_only(&scratch.log()).unwrap();
    let mut log = Log::open(&store, &vkey()).unwrap();
    for number in 0..600_u32 {
        let index = u64::from(number);
        assert_eq!(log.entry(index).unwrap(), number.to_be_bytes());
        let proof = log.prove(index).unwrap();
        let leaf = leaf_hash(&number.to_be_bytes());
        verify_inclusion(&leaf, index, 600, proof.hashes(), log.checkpoint().root()).unwrap();
    }
    for note in &older {
        log.consistency(note).unwrap();
    }
    let mut seen = 0;
    log.entries(300, |index, entry| {
        assert_eq!(entry, u32::try_from(index).unwrap().to_be_bytes());
        seen += 1;
        Ok::<(), LogError>(())
    })
    .unwrap();
    assert_eq!(seen, 300);
    assert!(matches!(log.entry(600), Err(LogError::NoSuchEntry { index: 600, size: 600 })));
    assert!(matches!(log.prove(600), Err(LogError::NoSuchEntry { .. })));
}

#[test]
fn a_fork_and_a_rollback_are_seen_from_a_kept_checkpoint() {
    let (one, other) = (Scratch::new(), Scratch::new());
    let notes = [(&one, "left"), (&other, "right")].map(|(scratch, word)| {
        scratch.make();
        let writer = scratch.open();
        let mut notes = Vec::new();
        for _ in 0..3 {
            writer.append(word.as_bytes()).unwrap();
            notes.push(writer.checkpoint().unwrap().note);
        }
        writer.close().unwrap();
        notes
    });
    let store = LocalFiles::read_only(&one.log()).unwrap();
    let mut log = Log::open(&store, &vkey()).unwrap();
    log.consistency(&notes[0][1]).unwrap();
    assert!(matches!(log.consistency(&notes[1][1]), Err(LogError::Forked { old: 2, .. })));
    assert!(matches!(log.consistency(b"nothing"), Err(LogError::Older(_))));
    let mut earlier = Log::at(&store, &vkey(), &notes[0][1]).unwrap();
    assert!(matches!(earlier.consistency(&notes[0][2]), Err(LogError::Shrunk { old: 3, size: 2 })));
}

#[test]
fn a_damaged_entry_is_never_handed_out() {
    let scratch = Scratch::new();
    scratch.make();
    let writer = scratch.open();
    writer.append(b"sound").unwrap();
    writer.close().unwrap();
    fs::write(scratch.log().join("tile/entries/000.p/1"), b"\x00\x05soUnd").unwrap();
    let store = LocalFiles::read_only(&scratch.log()).unwrap();
    let error = Log::open(&store, &vkey()).unwrap().entry(0).unwrap_err();
    assert!(error.to_string().contains("tile/entries/000.p/1"), "{error}");
}
