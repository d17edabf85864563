//! Tests of notes and keys.

use proptest::prelude::*;

use super::*;
use crate::tests::{SKEY, VKEY};

const FOO: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
/// The example of the specification.
const EXAMPLE: &str = "This is an example message.

\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
";
/// The other example: a text with an empty line in it. Its key is not published.
const EVENING: &str = "Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

\u{2014} quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
";

pub(crate) fn key(name: &str, algorithm: Algorithm, seed: u8) -> SigningKey {
    SigningKey::from_seed(name, algorithm, &[seed; SEED_BYTES]).unwrap()
}

#[test]
fn the_example_of_the_specification() {
    let foo: VerifierKey = FOO.parse().unwrap();
    assert_eq!((foo.name(), foo.key_id(), foo.algorithm()), ("example.com/foo", 0x530d_903a, Algorithm::Ed25519));
    assert_eq!(foo.to_string(), FOO);
    let note = Note::parse(EXAMPLE.as_bytes()).unwrap();
    assert_eq!(note.text(), "This is an example message.\n");
    assert_eq!(note.verify([&foo]).unwrap(), [Verified { key: &foo, timestamp_s: None }]);
    assert_eq!(note.to_string(), EXAMPLE);
    for (at, bit) in (0..EXAMPLE.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        let mut damaged = EXAMPLE.as_bytes().to_vec();
        damaged[at] ^= 1 << bit;
        let accepted = Note::parse(&damaged).is_ok_and(|note| note.verify([&foo]).is_ok());
        assert!(!accepted, "byte {at}, bit {bit}");
    }
}

#[test]
fn a_text_may_have_empty_lines() {
    let note = Note::parse(EVENING.as_bytes()).unwrap();
    assert!(note.text().ends_with("raggio di sole:\n\ned è subito sera.\n"));
    assert_eq!(note.signatures()[0].name(), "quasimodo.example/salvatore");
    assert_eq!(note.to_string(), EVENING);
    assert_eq!(note.verify([]), Err(VerifyError::NoTrustedSignature));
}

#[test]
fn what_is_no_note() {
    let signature = EXAMPLE.lines().last().unwrap();
    let wrong = |text: &str| Note::parse(text.as_bytes()).unwrap_err();
    assert_eq!(wrong(""), NoteError::Unsigned);
    assert_eq!(wrong("text\n"), NoteError::Unsigned);
    assert_eq!(wrong("text\n\n"), NoteError::Unsigned);
    assert_eq!(wrong(&format!("text\n{signature}\n")), NoteError::Unsigned);
    assert_eq!(wrong(&format!("text\n\n{signature}")), NoteError::Unsigned);
    assert_eq!(wrong(&format!("text\n\n\n{signature}\n\n")), NoteError::Unsigned);
    assert_eq!(wrong(&format!("text\r\n\n{signature}\n")), NoteError::Characters);
    assert_eq!(wrong(&format!("te\0xt\n\n{signature}\n")), NoteError::Characters);
    assert_eq!(Note::parse(b"\xff\n\n"), Err(NoteError::Characters));
    let id_only = "\u{2014} a AAAAAA==";
    let spaces = "\u{2014} a  AAAAAAA=";
    let sloppy = "\u{2014} a AAAAAAB=";
    let unpadded = "\u{2014} a AAAAAAA";
    for line in ["", "x", "- a AAAAAAA=", "\u{2014} AAAAAAA=", "\u{2014} a+b AAAAAAA=", "\u{2014}a AAAAAAA=", id_only] {
        assert_eq!(wrong(&format!("t\n\n{signature}\n{line}\nx")), NoteError::Unsigned, "{line}");
        assert!(Note::parse(format!("t\n\n{signature}\n{line}\n").as_bytes()).is_err(), "{line}");
    }
    for line in
        [spaces, sloppy, unpadded, "\u{2014} a\u{a0}b AAAAAAA=", "\u{2014} a AAAAAAA= ", "\u{2014} a AAAA\u{2014}"]
    {
        assert_eq!(wrong(&format!("t\n\n{signature}\n{line}\n")), NoteError::Signature { line: 2 }, "{line}");
    }
    assert_eq!(Note::new("no end".to_owned()), Err(NoteError::Unterminated));
    assert_eq!(Note::new("bell\u{7}\n".to_owned()), Err(NoteError::Characters));
}

#[test]
fn limits() {
    let line = "\u{2014} a AAAAAAA=\n";
    let with = |count| Note::parse(format!("t\n\n{}", line.repeat(count)).as_bytes());
    assert_eq!(with(MAX_SIGNATURES).unwrap().signatures().len(), MAX_SIGNATURES);
    assert_eq!(with(MAX_SIGNATURES + 1), Err(NoteError::TooManySignatures));
    let mut full = with(MAX_SIGNATURES).unwrap();
    assert_eq!(full.sign(&key("k", Algorithm::Ed25519, 1)), Err(SignError::TooManySignatures));
    let large = vec![b'a'; MAX_NOTE_BYTES + 1];
    assert_eq!(Note::parse(&large), Err(NoteError::TooLarge { bytes: MAX_NOTE_BYTES + 1 }));
    assert!(Note::new("a\n".repeat(MAX_NOTE_BYTES)).is_err());
}

#[test]
fn unknown_keys_are_ignored_and_known_ones_must_hold() {
    let (ours, theirs) = (key("ours", Algorithm::Ed25519, 1), key("theirs", Algorithm::Ed25519, 2));
    let mut note = Note::new("text\n".to_owned()).unwrap();
    note.sign(&theirs).unwrap();
    assert_eq!(note.verify([ours.verifier()]), Err(VerifyError::NoTrustedSignature));
    note.sign(&ours).unwrap();
    assert_eq!(note.verify([ours.verifier()]).unwrap().len(), 1);
    assert_eq!(note.verify([ours.verifier(), theirs.verifier(), ours.verifier()]).unwrap().len(), 2);
    // A line that claims to be by a known key and is not spoils the note, wherever it stands.
    let foreign = note.signatures()[0].bytes().to_vec();
    let mut spoilt = note.clone();
    spoilt.add(Signature::new(ours.verifier(), foreign)).unwrap();
    assert_eq!(spoilt.verify([ours.verifier()]), Err(VerifyError::BadSignature { name: "ours".to_owned() }));
    assert!(spoilt.verify([theirs.verifier()]).is_ok());
    // The name alone, or the ID alone, is another key.
    let namesake = key("ours", Algorithm::Ed25519, 3);
    assert!(note.verify([namesake.verifier()]).is_err());
}

#[test]
fn keys_that_are_none() {
    let parse = |text: &str| text.parse::<VerifierKey>().unwrap_err();
    assert_eq!(parse(""), KeyError::Form);
    assert_eq!(parse("name+12345678"), KeyError::Form);
    assert_eq!(parse(&FOO.replace("530d903a", "530D903A")), KeyError::Form);
    assert_eq!(parse(&FOO.replace("530d903a", "30d903a")), KeyError::Form);
    let wrong_id = KeyError::KeyId { got: 0x530d_903b, expected: 0x530d_903a };
    assert_eq!(parse(&FOO.replace("530d903a", "530d903b")), wrong_id);
    assert!(matches!(parse(&FOO.replace("foo", "fou")), KeyError::KeyId { .. }));
    assert_eq!(parse(&FOO.replace("example.com/foo", "a b")), KeyError::Name);
    assert_eq!(parse(&FOO.replace("example.com/foo", "")), KeyError::Name);
    assert_eq!(parse(&FOO.replace("+Aek", "+Auk")), KeyError::Algorithm { byte: 2 });
    assert_eq!(parse(&FOO.replace("+Aek", "+/+k")), KeyError::Algorithm { byte: 0xff });
    assert_eq!(parse("a+00000000+AQ=="), KeyError::Material);
    assert_eq!(VerifierKey::new("a\n", Algorithm::Ed25519, &[0; 32]), Err(KeyError::Name));
    assert_eq!(VerifierKey::new("a", Algorithm::MlDsa44, &[0; 1311]), Err(KeyError::Material));
    // Not the x of any point.
    assert_eq!(VerifierKey::new("a", Algorithm::Ed25519, &[2; 32]).err(), Some(KeyError::Material));
}

#[test]
fn weak_keys_verify_nothing() {
    // The neutral element: with it, one signature would fit any text.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let weak = VerifierKey::new("weak", Algorithm::Ed25519, &neutral).unwrap();
    let mut signature = [0; 64];
    signature[0] = 1;
    assert!(!weak.verify_message(b"anything", &signature));
}

#[test]
fn private_keys() {
    for algorithm in [Algorithm::Ed25519, Algorithm::CosignatureV1, Algorithm::MlDsa44] {
        let signer = key("example.com/k", algorithm, 7);
        let text = signer.to_private_text();
        let again: SigningKey = text.parse().unwrap();
        assert_eq!(again.verifier(), signer.verifier());
        assert_eq!(again.to_private_text(), text);
        let public: VerifierKey = signer.verifier().to_string().parse().unwrap();
        assert_eq!(&public, signer.verifier());
        let signature = signer.sign(b"message").unwrap();
        assert!(public.verify_message(b"message", &signature));
        assert!(!public.verify_message(b"massage", &signature));
        assert_eq!(again.sign(b"message").unwrap(), signature, "signatures are deterministic");
        assert_eq!(format!("{signer:?}"), format!("SigningKey(example.com/k+{:08x}, private)", signer.key_id()));
    }
    let parse = |text: &str| text.parse::<SigningKey>().map(drop).unwrap_err();
    assert_eq!(parse(VKEY), KeyError::PrivateForm);
    assert_eq!(parse("PRIVATE+KEY+a+00000000+!"), KeyError::PrivateForm);
    assert_eq!(parse("PRIVATE+KEY+a+00000000+AQ=="), KeyError::Material);
    assert!(matches!(parse(&SKEY.replace("33d7b496", "33d7b497")), KeyError::KeyId { .. }));
    // No part of a private key is in what is said about it.
    let secret = SKEY.rsplit('+').next().unwrap();
    let told = format!("{:?} {}", parse(&SKEY.replace("33d7b496", "33d7b497")), parse(&SKEY.replace("33d7", "+")));
    assert!(!told.contains(secret));
}

/// A token that signs with another key than it says, or not at all.
struct Token {
    says: VerifierKey,
    signs: Option<SigningKey>,
}

impl Signer for Token {
    fn verifier(&self) -> &VerifierKey {
        &self.says
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.signs.as_ref().ok_or_else(|| SignerError::new("no token in the slot"))?.sign(message)
    }
}

#[test]
fn a_wrong_signature_never_gets_into_a_note() {
    let (a, b) = (key("a", Algorithm::Ed25519, 1), key("a", Algorithm::Ed25519, 2));
    let mut note = Note::new("text\n".to_owned()).unwrap();
    let wrong = Token { says: a.verifier().clone(), signs: Some(b) };
    assert_eq!(note.sign(&wrong), Err(SignError::Rejected { name: "a".to_owned() }));
    let absent: &dyn Signer = &Token { says: a.verifier().clone(), signs: None };
    assert!(matches!(note.sign(absent), Err(SignError::Signer { .. })));
    let cosigner = key("c", Algorithm::CosignatureV1, 3);
    assert_eq!(note.sign(&cosigner), Err(SignError::Algorithm { name: "c".to_owned(), byte: 4 }));
    assert!(note.signatures().is_empty());
}

proptest! {
    #[test]
    fn any_bytes(bytes: Vec<u8>) {
        if let Ok(note) = Note::parse(&bytes) {
            prop_assert_eq!(note.to_string().into_bytes(), bytes);
        }
    }

    #[test]
    fn nearly_notes(text in "[a-z\n]{0,9}\n", lines in prop::collection::vec("(\u{2014} )?[a-z+]{0,3} [A-D]{6}[A-D=]{2}", 0..4)) {
        let bytes = format!("{text}\n{}\n", lines.join("\n")).into_bytes();
        if let Ok(note) = Note::parse(&bytes) {
            prop_assert_eq!(note.to_string().into_bytes(), bytes);
        }
    }

    #[test]
    fn signed_notes_read_back(text in "[^\u{0}-\u{1f}]{0,40}\n(\n[^\u{0}-\u{1f}]{0,9}\n)?", seed: [u8; 32], name in "[^\\s+\u{0}-\u{1f}]{1,20}") {
        let signer = SigningKey::from_seed(&name, Algorithm::Ed25519, &seed).unwrap();
        let mut note = Note::new(text).unwrap();
        note.sign(&signer).unwrap();
        let again = Note::parse(note.to_string().as_bytes()).unwrap();
        prop_assert_eq!(&again, &note);
        prop_assert!(again.verify([signer.verifier()]).is_ok());
    }

    #[test]
    fn any_text_as_a_key(text in "(PRIVATE\\+KEY\\+)?[a-z]{0,3}(\\+[0-9a-f]{7,9})?(\\+[A-Za-z0-9+/=]{0,60})?") {
        let _ = text.parse::<SigningKey>();
        if let Ok(key) = text.parse::<VerifierKey>() {
            prop_assert_eq!(key.to_string(), text);
        }
    }
}
