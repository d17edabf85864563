//! Keys at rest, the identity, and what a start refuses.

use std::fs;

use flagstate_tlog::{Hash, Note, Signer as _, SigningKey, note::Algorithm};

use super::help::{ORIGIN, Scratch, keys};
use crate::log::{
    InitError, KeyError, LogKeys, NewLog, OpenError, Passphrase, Place, RecoverError, Seal, Seen, Setup, Witnesses,
    Writer, fsck::fsck, init, is_origin, key::is_sealed,
};

fn sealed(scratch: &Scratch, passphrase: &[u8]) -> LogKeys {
    let made = LogKeys::generate(ORIGIN, false).unwrap();
    let text = LogKeys::generate(ORIGIN, false).unwrap();
    assert_ne!(made.verifiers(), text.verifiers(), "keys are made by chance");
    let seal = Seal::Passphrase(Passphrase::new(passphrase.to_vec()));
    let new = NewLog { origin: ORIGIN.into(), keys: made, seal, second: Some(scratch.second()) };
    init(&scratch.log(), new, Setup::new(|| 1_700_000_000)).unwrap();
    LogKeys::read(&Place::new(&scratch.log()).key(), Some(&Passphrase::new(passphrase.to_vec()))).unwrap()
}

#[test]
fn a_sealed_key_opens_with_its_passphrase_only() {
    let scratch = Scratch::new();
    let keys = sealed(&scratch, b"correct horse\n");
    let path = Place::new(&scratch.log()).key();
    assert!(is_sealed(&path).unwrap());
    assert!(matches!(LogKeys::read(&path, None), Err(KeyError::Sealed)));
    let wrong = Passphrase::new(b"correct horsf".to_vec());
    assert!(matches!(LogKeys::read(&path, Some(&wrong)), Err(KeyError::Passphrase)));
    assert_eq!(format!("{wrong:?}"), "Passphrase(hidden)");
    assert!(!format!("{keys:?}").contains("PRIVATE"));
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("flagstate-log-key/v1 sealed\nargon2id 65536 3 1 ") && !text.contains("PRIVATE"));
    assert_eq!(keys.again().unwrap().verifiers(), keys.verifiers());
    let writer = Writer::open(&scratch.log(), keys, Setup::new(|| 1_700_000_001)).unwrap();
    writer.append(b"x").unwrap();
    let note = Note::parse(&writer.close().unwrap().note).unwrap();
    let vkeys = LogKeys::read(&path, Some(&Passphrase::new(b"correct horse".to_vec()))).unwrap().verifiers();
    assert_eq!(vkeys.iter().map(|key| key.algorithm().byte()).collect::<Vec<_>>(), [1, 6]);
    let verified = note.verify(&vkeys).unwrap();
    assert_eq!(verified.len(), 2, "both the Ed25519 and the ML-DSA-44 line hold");
    assert_eq!(verified[1].timestamp_s, Some(1_700_000_001));
    assert_eq!(note.verify([&vkeys[0]]).unwrap().len(), 1, "who knows the first key only ignores the other line");
    assert!(fsck(&scratch.log(), &vkeys[0], &[]).unwrap().is_sound());
}

#[test]
fn a_passphrase_of_chance_seals_without_stretching_and_opens_from_its_text() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.log()).unwrap();
    let path = scratch.log().join("key");
    let keys = LogKeys::generate(ORIGIN, true).unwrap();
    keys.write(&path, &Seal::Passphrase(Passphrase::from_chance(&[7; 32]))).unwrap();
    assert!(fs::read_to_string(&path).unwrap().starts_with("flagstate-log-key/v1 sealed\nargon2id 1024 1 1 "));
    let text = b"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n".to_vec();
    assert_eq!(LogKeys::read(&path, Some(&Passphrase::new(text))).unwrap().verifiers(), keys.verifiers());
    let wrong = Passphrase::from_chance(&[8; 32]);
    assert!(matches!(LogKeys::read(&path, Some(&wrong)), Err(KeyError::Passphrase)));
}

#[cfg(unix)]
#[test]
fn only_the_owner_reads_the_private_directory_and_the_key() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = Scratch::new();
    scratch.make();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(Place::new(&scratch.log()).key()), 0o600);
    assert_eq!(mode(Place::new(&scratch.log()).private()), 0o700);
}

#[test]
fn keys_of_another_log_are_refused() {
    let scratch = Scratch::new();
    scratch.make();
    let other = LogKeys::generate(ORIGIN, true).unwrap();
    let error = Writer::open(&scratch.log(), other, Setup::new(|| 0)).unwrap_err();
    assert!(matches!(error, OpenError::WrongKeys { .. }), "{error:?}");
    let cosigner = SigningKey::from_seed(ORIGIN, Algorithm::MlDsa44, &[1; 32]).unwrap();
    assert!(matches!(LogKeys::from_keys(vec![cosigner]), Err(KeyError::Form { .. })));
}

#[test]
fn a_log_is_made_once_under_a_name_that_can_be_one() {
    let scratch = Scratch::new();
    scratch.make();
    let new =
        |origin: &str, keys| NewLog { origin: origin.into(), keys, seal: Seal::Open, second: Some(scratch.second()) };
    let error = init(&scratch.log(), new(ORIGIN, keys()), Setup::new(|| 0)).unwrap_err();
    assert!(matches!(&error, InitError::Exists { origin, .. } if origin == ORIGIN), "{error:?}");
    let error = init(&scratch.join("new"), new("example.org/other", keys()), Setup::new(|| 0)).unwrap_err();
    assert!(matches!(error, InitError::Origin { .. }), "keys carry the name of the log: {error:?}");
    let within = NewLog { second: Some(scratch.join("new/second")), ..new(ORIGIN, keys()) };
    let error = init(&scratch.join("new"), within, Setup::new(|| 0)).unwrap_err();
    assert!(matches!(error, InitError::SecondInside { .. }), "{error:?}");
    fs::create_dir_all(scratch.join("foreign/tile")).unwrap();
    let error = init(&scratch.join("foreign"), new(ORIGIN, keys()), Setup::new(|| 0)).unwrap_err();
    assert!(matches!(error, InitError::NotEmpty { .. }), "{error:?}");
    for bad in ["", "a b", "a+b", "a\u{a0}b", "a\nb", &"x".repeat(256)] {
        assert!(!is_origin(bad), "{bad:?}");
    }
    assert!(is_origin("example.org/log") && is_origin("é"));
}

/// A witness with one answer.
struct One(Result<Seen, String>);

impl Witnesses for One {
    fn latest(&self, origin: &str) -> Vec<Result<Seen, String>> {
        assert_eq!(origin, ORIGIN);
        vec![self.0.clone()]
    }
}

#[test]
fn a_witness_that_saw_more_or_something_else_stops_the_writer() {
    let scratch = Scratch::new();
    scratch.make();
    let writer = scratch.open();
    let mut roots = Vec::new();
    for _ in 0..3 {
        writer.append(b"x").unwrap();
        roots.push(*writer.checkpoint().unwrap().checkpoint.root());
    }
    writer.close().unwrap();
    let open = |answer: Result<Seen, String>| {
        Writer::open(&scratch.log(), keys(), Setup::new(|| 0).witnesses(Box::new(One(answer))))
    };
    let seen = |size, root| Ok(Seen { witness: "w".into(), size, root });
    for size in 1..=3 {
        open(seen(size, roots[usize::try_from(size - 1).unwrap()])).unwrap().close().unwrap();
    }
    let error = open(seen(4, Hash([0; 32]))).unwrap_err();
    assert!(matches!(error, OpenError::Recover(RecoverError::RolledBack { have: 3, signed: 4, .. })), "{error:?}");
    let error = open(seen(2, Hash([0; 32]))).unwrap_err();
    assert!(matches!(error, OpenError::Recover(RecoverError::Forked { size: 2, .. })), "{error:?}");
    assert_eq!(open(Err("w did not answer".into())).unwrap().notes(), ["w did not answer"]);
}

#[test]
fn a_lost_second_place_is_adopted_only_when_asked() {
    let scratch = Scratch::new();
    scratch.make();
    let writer = scratch.open();
    writer.append(b"x").unwrap();
    writer.close().unwrap();
    fs::remove_dir_all(scratch.second()).unwrap();
    let error = Writer::open(&scratch.log(), keys(), Setup::new(|| 0)).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, OpenError::Recover(RecoverError::SecondBehind { signed: 1, .. })), "{error:?}");
    assert!(text.contains("knows of none") && text.contains("--adopt"), "{text}");
    Writer::open(&scratch.log(), keys(), Setup::new(|| 0).adopt(true)).unwrap().close().unwrap();
    scratch.open().close().unwrap();
}

#[test]
fn a_checkpoint_that_was_signed_but_not_published_is_published_at_the_next_start() {
    let scratch = Scratch::new();
    scratch.make();
    let before = fs::read(scratch.log().join("checkpoint")).unwrap();
    let writer = scratch.open();
    writer.append(b"x").unwrap();
    let published = writer.checkpoint().unwrap();
    drop(writer);
    // As if the power had gone between the second place and the checkpoint.
    fs::write(scratch.log().join("checkpoint"), before).unwrap();
    drop(scratch.open());
    assert_eq!(fs::read(scratch.log().join("checkpoint")).unwrap(), published.note);
}

#[test]
fn cosigned_checkpoints_keep_every_line_and_the_second_place_in_step() {
    let scratch = Scratch::new();
    scratch.make();
    let writer = scratch.open();
    writer.append(b"x").unwrap();
    let published = writer.checkpoint().unwrap();
    let mut note = Note::parse(&published.note).unwrap();
    let witness = SigningKey::from_seed("witness.example", Algorithm::CosignatureV1, &[3; 32]).unwrap();
    note.add(flagstate_tlog::cosignature::cosign(&witness, &note, 5).unwrap()).unwrap();
    let cosigned = note.to_string().into_bytes();
    writer.publish_cosigned(&cosigned).unwrap();
    assert!(writer.publish_cosigned(&published.note).is_err(), "lines are never taken away");
    writer.close().unwrap();
    assert_eq!(fs::read(scratch.log().join("checkpoint")).unwrap(), cosigned);
    let report = fsck(&scratch.log(), &keys().verifiers()[0], &[]).unwrap();
    assert_eq!(report.findings, []);
    // A witness's line is nothing that the log's key covers; the second place covers it.
    let mut text = String::from_utf8(cosigned).unwrap();
    text = text.replace("witness.example", "witness.exampme");
    fs::write(scratch.log().join("checkpoint"), text).unwrap();
    assert_eq!(fsck(&scratch.log(), &keys().verifiers()[0], &[]).unwrap().findings[1].path, "checkpoint");
    assert_eq!(witness.verifier().name(), "witness.example");
}
