//! Commitments: what they are, and what they do not show.

use flagstate_tlog::{SigningKey, note::Algorithm};

use super::*;
use crate::{
    hex::Digest,
    predicates::upkeep::Redaction,
    statement::{Statement, Subject},
};

#[test]
fn a_commitment_is_the_digest_of_salt_and_value() {
    let opening = Opening::new([7; 32], "ana@example.eu");
    let bytes = [&[7; 32][..], b"ana@example.eu"].concat();
    assert_eq!(opening.commitment().0, Digest::of(&bytes).0);
    assert_ne!(opening.commitment(), Opening::new([8; 32], "ana@example.eu").commitment());
}

#[test]
fn nothing_prints_the_value() {
    let opening = Opening::new([7; 32], "ana@example.eu");
    let shown = format!("{opening:?} {}", opening.commitment());
    assert!(!shown.contains("ana") && !shown.contains("[7"), "{shown}");
}

#[test]
fn one_spelling() {
    let commitment = Opening::new([7; 32], "x").commitment();
    assert_eq!(commitment.to_string().parse(), Ok(commitment));
    for text in [commitment.to_string().to_uppercase(), commitment.hex(), "salted-sha256:00".to_owned()] {
        assert_eq!(text.parse::<Commitment>(), Err(CommitmentError));
    }
}

#[test]
fn found_in_any_statement() {
    let commitments = vec![Opening::new([1; 32], "a").commitment(), Opening::new([2; 32], "b").commitment()];
    let redaction = Redaction {
        commitments: commitments.clone(),
        lawful_basis: "GDPR Art. 17(1)(b)".to_owned(),
        erased_at: jiff::Timestamp::UNIX_EPOCH,
        decided_by: Some(commitments[0]),
    };
    let key = SigningKey::from_seed("k", Algorithm::Ed25519, &[1; 32]).unwrap();
    let entry = Statement::new(vec![Subject::of("person", b"")], redaction).sign(&[&key]).unwrap();
    let mut sorted = commitments;
    sorted.sort_unstable();
    assert_eq!(in_entry(&entry), sorted);
    assert_eq!(in_entry(b"any line of text"), []);
}
