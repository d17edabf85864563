//! Statements: golden text, limits and wrong kinds.

use flagstate_tlog::{SigningKey, VerifierKey, note::Algorithm};
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::predicates::{
    judgement::{Check, Tool},
    upkeep::KeyRotation,
};

fn rotation(old: &str) -> Statement<KeyRotation> {
    let predicate = KeyRotation {
        role: "log".to_owned(),
        old: Some(old.to_owned()),
        new: None,
        effective_at: "2026-11-22T02:00:00Z".parse().unwrap(),
        reason: "planned".to_owned(),
    };
    Statement::new(vec![Subject::of("example.com/log", b"x")], predicate)
}

fn key() -> SigningKey {
    SigningKey::from_seed("k", Algorithm::Ed25519, &[3; 32]).unwrap()
}

fn trusted() -> [VerifierKey; 1] {
    [key().verifier().clone()]
}

#[test]
fn the_golden_text() {
    let wanted = concat!(
        r#"{"_type":"https://in-toto.io/Statement/v1","#,
        r#""predicate":{"effective_at":"2026-11-22T02:00:00Z","old":"k","reason":"planned","role":"log"},"#,
        r#""predicateType":"https://flagstate.eu/evidence/key-rotation/v1","#,
        r#""subject":[{"digest":{"sha256":"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"},"#,
        r#""name":"example.com/log"}]}"#,
    );
    assert_eq!(String::from_utf8(rotation("k").to_bytes().unwrap()).unwrap(), wanted);
}

#[test]
fn signing_twice_gives_the_same_entry() {
    assert_eq!(rotation("k").sign(&[&key()]).unwrap(), rotation("k").sign(&[&key()]).unwrap());
}

#[test]
fn what_was_signed_is_read() {
    let entry = rotation("k").sign(&[&key()]).unwrap();
    let verified = Envelope::parse(&entry).unwrap().verify(&trusted(), 1).unwrap();
    assert_eq!(Statement::<KeyRotation>::read(&verified).unwrap(), rotation("k"));
    let any = AnyStatement::read_unverified(&entry).unwrap();
    assert_eq!(any.kind(), Some("key-rotation"));
    let other = Statement::<Check>::read(&verified).unwrap_err().to_string();
    assert!(other.contains("key-rotation/v1") && other.contains("check/v1"), "{other}");
}

#[test]
fn another_payload_is_no_statement() {
    let envelope = Envelope::sign("text/plain", b"{}", &[&key()]).unwrap();
    let verified = envelope.verify(&trusted(), 1).unwrap();
    assert!(matches!(AnyStatement::read(&verified), Err(StatementError::OtherPayload(_))));
    let envelope = Envelope::sign(PAYLOAD_TYPE, b"{}", &[&key()]).unwrap();
    let verified = envelope.verify(&trusted(), 1).unwrap();
    assert!(matches!(AnyStatement::read(&verified), Err(StatementError::Malformed(_))));
}

#[test]
fn an_entry_ends_at_its_limit() {
    let size = |n: usize| rotation(&"k".repeat(n)).sign(&[&key()]);
    let fits = (48_000..49_000).rev().find(|n| size(*n).is_ok()).unwrap();
    assert!(size(fits).unwrap().len() <= MOST_ENTRY_BYTES);
    let text = size(fits + 3).unwrap_err().to_string();
    assert!(text.contains("key-rotation") && text.contains("65535"), "{text}");
}

#[test]
fn a_statement_is_about_something() {
    let none = Statement { subjects: Vec::new(), ..rotation("k") };
    assert!(matches!(none.to_bytes(), Err(RecordError::NoSubject("key-rotation"))));
}

#[test]
fn unknown_fields_in_a_predicate_are_not_passed_over() {
    let payload = String::from_utf8(rotation("k").to_bytes().unwrap()).unwrap();
    let payload = payload.replace("\"role\"", "\"more\":1,\"role\"");
    let envelope = Envelope::sign(PAYLOAD_TYPE, payload.as_bytes(), &[&key()]).unwrap();
    let verified = envelope.verify(&trusted(), 1).unwrap();
    assert!(Statement::<KeyRotation>::read(&verified).is_err());
}

#[test]
fn times_have_one_spelling() {
    let check = Check {
        as_of: "2026-11-22".parse().unwrap(),
        made_at: Timestamp::from_second(1_790_000_000).unwrap(),
        catalog: Digest([1; 32]),
        inputs: Vec::new(),
        passed: true,
        findings: 0,
        by_workload: BTreeMap::new(),
        tool: Tool { name: "flagstate".to_owned(), version: "0.1.0".to_owned(), sha256: None },
        asked_by: None,
    };
    let bytes = Statement::new(vec![Subject::of("report.json", b"{}")], check).to_bytes().unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains(r#""as_of":"2026-11-22""#) && text.contains(r#""made_at":"2026-09-21T14:13:20Z""#), "{text}");
}

proptest! {
    #[test]
    fn arbitrary_payloads_never_panic(payload in prop::collection::vec(any::<u8>(), 0..200)) {
        let verified = Verified { payload_type: PAYLOAD_TYPE.to_owned(), payload, signers: Vec::new() };
        let _ = AnyStatement::read(&verified);
    }
}
