//! The specification's vector, an implementation by somebody else, and forgeries.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use flagstate_tlog::{SigningKey, note::Algorithm};
use proptest::prelude::*;

use super::*;
use crate::hex;

fn named(name: &str, seed: u8) -> SigningKey {
    SigningKey::from_seed(name, Algorithm::Ed25519, &[seed; 32]).unwrap()
}

fn key(seed: u8) -> SigningKey {
    named("k", seed)
}

fn public(name: &str, seed: u8) -> VerifierKey {
    named(name, seed).verifier().clone()
}

/// protocol.md, "Test Vectors": the PAE, and the ECDSA signature over it.
#[test]
fn the_specification_vector() {
    let message = pae("http://example.com/HelloWorld", b"hello world");
    assert_eq!(message, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    let signed = "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==";
    let point = hex::decode(
        "0467cd390f77aa359cb08c2235f652270493a9ed832b0abcc01f70954c0390d238\
         0c782bd54e269125a44f4433aff1432ce94e12bca73aa67ac80cea12608ddf74",
    )
    .unwrap();
    let signed = Base64::decode_vec(signed).unwrap();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(&message, &signed).unwrap();
}

#[test]
fn empty_and_other_lengths_count_bytes_not_characters() {
    assert_eq!(pae("", b""), b"DSSEv1 0  0 ");
    assert_eq!(pae("\u{e9}", "\u{e9}".as_bytes()), "DSSEv1 2 \u{e9} 2 \u{e9}".as_bytes());
}

#[test]
fn signed_bytes_come_back() {
    let envelope = Envelope::sign("t", b"body", &[&key(1), &key(2)]).unwrap();
    let again = Envelope::parse(&envelope.to_bytes().unwrap()).unwrap();
    assert_eq!(again, envelope);
    let verified = again.verify(&[public("b", 2), public("a", 1)], 2).unwrap();
    assert_eq!(verified.payload, b"body");
    assert_eq!(verified.signers, ["b", "a"]);
}

#[test]
fn distinct_keys_are_counted_not_signatures_nor_names() {
    let mut envelope = Envelope::sign("t", b"body", &[&key(1), &key(1)]).unwrap();
    let twice = [public("a", 1), public("the-same-key-again", 1), public("b", 2)];
    assert_eq!(envelope.verify(&twice, 2), Err(DsseError::TooFew { valid: 1, wanted: 2 }));
    assert!(envelope.verify(&twice, 1).is_ok());
    assert!(envelope.verify(&twice, 0).is_ok(), "asking for none asks for one");
    assert_eq!(envelope.verify(&[], 0), Err(DsseError::TooFew { valid: 0, wanted: 1 }));
    envelope.signatures.clear();
    assert_eq!(envelope.verify(&twice, 1), Err(DsseError::TooFew { valid: 0, wanted: 1 }));
}

#[test]
fn keyid_decides_nothing() {
    let mut envelope = Envelope::sign("t", b"body", &[&key(1)]).unwrap();
    envelope.signatures[0].keyid = keyid(&public("x", 2));
    assert!(envelope.verify(&[public("a", 1)], 1).is_ok());
    assert!(envelope.verify(&[public("b", 2)], 1).is_err());
    envelope.signatures[0].keyid = String::new();
    assert!(!String::from_utf8(envelope.to_bytes().unwrap()).unwrap().contains("keyid"));
    assert!(envelope.verify(&[public("a", 1)], 1).is_ok());
}

#[test]
fn type_and_body_are_both_signed() {
    let good = Envelope::sign("t", b"body", &[&key(1)]).unwrap();
    let trusted = [public("a", 1)];
    let other_type = Envelope { payload_type: "u".to_owned(), ..good.clone() };
    let other_body = Envelope { payload: Base64::encode_string(b"bodx"), ..good.clone() };
    assert!(good.verify(&trusted, 1).is_ok());
    assert!(other_type.verify(&trusted, 1).is_err());
    assert!(other_body.verify(&trusted, 1).is_err());
}

#[test]
fn both_alphabets_are_read_and_strangers_fields_ignored() {
    let body = [0xfb, 0xff, 0xbf];
    let good = Envelope::sign("t", &body, &[&key(1)]).unwrap();
    let text = String::from_utf8(good.to_bytes().unwrap()).unwrap();
    let url = text.replace("+/+/", "-_-_").replace("{\"payload\"", "{\"more\":1,\"payload\"");
    assert_ne!(url, text);
    assert_eq!(Envelope::parse(url.as_bytes()).unwrap().verify(&[public("a", 1)], 1).unwrap().payload, body);
}

#[test]
fn a_signature_of_another_algorithm_harms_nothing() {
    let mut envelope = Envelope::sign("t", b"body", &[&key(1)]).unwrap();
    envelope.signatures.insert(0, Signature { keyid: String::new(), sig: Base64::encode_string(&[1; 71]) });
    assert!(envelope.verify(&[public("a", 1)], 1).is_ok());
    envelope.signatures = vec![envelope.signatures[1].clone(); MOST_SIGNATURES + 1];
    assert_eq!(Envelope::parse(&envelope.to_bytes().unwrap()), Err(DsseError::TooMany(65)));
}

#[test]
fn weak_and_other_keys_sign_nothing() {
    let mut neutral = [0; 32];
    neutral[0] = 1;
    // Under the neutral point the signature (neutral point, 0) holds for every message unless it is refused.
    let mut signed = [0; 64];
    signed[0] = 1;
    let mut envelope = Envelope::sign("t", b"body", &[]).unwrap();
    envelope.signatures.push(Signature { keyid: String::new(), sig: Base64::encode_string(&signed) });
    let weak = VerifierKey::new("weak", Algorithm::Ed25519, &neutral);
    assert!(weak.is_err() || envelope.verify(&[weak.unwrap()], 1).is_err());
    let quantum = SigningKey::from_seed("q", Algorithm::MlDsa44, &[1; 32]).unwrap();
    assert!(matches!(Envelope::sign("t", b"body", &[&quantum]), Err(SigningError::Algorithm(_))));
    assert!(Envelope::sign("t", b"body", &[&key(1)]).unwrap().verify(&[quantum.verifier().clone()], 1).is_err());
}

#[test]
fn every_flipped_bit_is_noticed() {
    let bytes = Envelope::sign("t", b"body", &[&key(1)]).unwrap().to_bytes().unwrap();
    let trusted = [public("a", 1)];
    let keyid = String::from_utf8(bytes.clone()).unwrap().find("keyid").unwrap();
    for index in 0..bytes.len() {
        // The hint is not signed, and nothing depends on it.
        if (keyid..keyid + "keyid\":\"".len() + 64).contains(&index) {
            continue;
        }
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[index] ^= 1 << bit;
            let verified = Envelope::parse(&changed).and_then(|envelope| envelope.verify(&trusted, 1));
            assert!(verified.is_err(), "byte {index}, bit {bit}");
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Envelope::parse(&bytes);
    }

    #[test]
    fn arbitrary_fields_never_panic(payload in any::<String>(), sig in any::<String>()) {
        let signatures = vec![Signature { keyid: String::new(), sig }];
        let envelope = Envelope { payload, payload_type: String::new(), signatures };
        prop_assert!(envelope.verify(&[public("a", 1)], 1).is_err());
    }
}

/// The Python package `securesystemslib` verifies what we sign, and we what it signs.
#[test]
fn securesystemslib_agrees() {
    let Some(mut python) = flagstate_interop::python() else { return };
    let program = r#"
import json, sys
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey, CryptoSigner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
ours, public = sys.argv[1], sys.argv[2]
key = SSlibKey("any", "ed25519", "ed25519", {"public": public})
data = json.loads(ours)
for signature in data["signatures"]: signature["keyid"] = "any"
envelope = Envelope.from_dict(data)
envelope.verify([key], 1)
private = Ed25519PrivateKey.from_private_bytes(bytes([2] * 32))
theirs = Envelope(b"from Python", "text/plain", {})
theirs.sign(CryptoSigner(private))
print(json.dumps(theirs.to_dict()))
"#;
    let ours = Envelope::sign("text/plain", b"from Rust", &[&key(1)]).unwrap().to_bytes().unwrap();
    let ours = String::from_utf8(ours).unwrap();
    let output = python.args(["-c", program, &ours, &hex::encode(key(1).verifier().material())]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs = Envelope::parse(&output.stdout).unwrap();
    assert_eq!(theirs.verify(&[public("python", 2)], 1).unwrap().payload, b"from Python");
}
