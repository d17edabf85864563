//! From a checkpoint to the recorded statement, with OpenSSL as the authority.

use flagstate_interop::tsa::{Authority, STAMPING};
use flagstate_tlog::{EMPTY_ROOT, SigningKey, note::Algorithm};

use super::*;

fn checkpoint() -> Vec<u8> {
    let key = SigningKey::from_seed("example.com/log", Algorithm::Ed25519, &[1; 32]).unwrap();
    let mut note = Checkpoint::new("example.com/log", 0, EMPTY_ROOT).unwrap().to_note().unwrap();
    note.sign(&key).unwrap();
    note.to_string().into_bytes()
}

#[test]
fn an_accepted_answer_is_recorded_with_what_it_says() {
    let Some(authority) = Authority::new("evidence") else { return };
    authority.issue("tsa", "ca", "EC:P-256", STAMPING);
    let mut trust = Trust::default();
    trust.add_roots(&authority.read("ca.pem")).unwrap();
    let nonce = Nonce::new([9; 16]);
    let reply = authority.answer("tsa", None, &ask(&checkpoint(), &nonce).der);
    let (stamp, statement) = accept(&reply, &checkpoint(), &nonce, &trust).unwrap();
    let recorded = &statement.predicate;
    assert_eq!((recorded.origin.as_str(), recorded.size, recorded.reply), ("example.com/log", 0, Digest::of(&reply)));
    assert_eq!(recorded.time.to_string(), stamp.time_text);
    assert_eq!(statement.subjects, [Subject::of("checkpoint", &checkpoint())]);
    assert!(statement.to_bytes().is_ok());
    let other = accept(&reply, b"other", &nonce, &trust);
    assert!(matches!(other, Err(TimestampError::Token(TokenError::OtherMessage))));
    assert!(matches!(accept(b"<html>", &checkpoint(), &nonce, &trust), Err(TimestampError::Reply(_))));
}
