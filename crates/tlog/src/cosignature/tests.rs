//! Tests of cosignatures: vectors of other implementations, and of witnesses in the field.

use sha2::{Digest as _, Sha256};

use super::*;
use crate::{
    EMPTY_ROOT, SigningKey,
    note::{Verified, tests::key},
};

/// Made with `NewSignerForCosignatureV1` of github.com/transparency-dev/formats 0.1.1 from fixed seeds.
const LOG: &str = "example.com/vector-log+4516a1da+ARGkVJ4QEa2MOOLGBO6i7NVSJ1FQ97tIX+w+Ku0RZ6Em";
const WITNESS: &str = "witness.example.com/vector+416f103d+BK/QmJFVP3SKJOqAMhFxBQPtylo3sjwWibyFDAlZKK8B";
const WITNESS_PRIVATE: &str =
    "PRIVATE+KEY+witness.example.com/vector+416f103d+BJEX3xv88eoQIKT4E+GkxZcXaJCYlQfi/GJ3NDFmZIW8";
const TIME_S: u64 = 1_791_014_171;
const COSIGNED: &str = "example.com/vector-log
1234
SBNJTRN+FjG7owHVrKtue7eqdM4RhdRWVl71HXN2d7I=

\u{2014} example.com/vector-log RRah2qlLrSlk6J8DA1HmNewppUM15Quhs5cAIb1KjBsV3otVirJTW8AFVsQtJkTW1Zny7GuoAxZpI6bUPcpM68QOIgE=
\u{2014} witness.example.com/vector QW8QPQAAAABqwLUbDdj7sDNRIVjmjYgqFI6y4UJhPg/UAA8J8wAdqSd3q4PedRhkgXA4xFN/Jg5uWn7ZkBA+H/UHQs5d9hITdXmQAA==
";

#[test]
fn another_implementation_made_the_same_cosignature() {
    let (log, witness): (VerifierKey, VerifierKey) = (LOG.parse().unwrap(), WITNESS.parse().unwrap());
    let note = Note::parse(COSIGNED.as_bytes()).unwrap();
    let expected = [Verified { key: &log, timestamp_s: None }, Verified { key: &witness, timestamp_s: Some(TIME_S) }];
    assert_eq!(note.verify([&witness, &log]).unwrap(), expected);
    let signer: SigningKey = WITNESS_PRIVATE.parse().unwrap();
    assert_eq!(signer.verifier(), &witness);
    let line = cosign(&signer, &note, TIME_S).unwrap();
    assert_eq!(&line, &note.signatures()[1]);
    assert!(COSIGNED.ends_with(&format!("{line}\n")));
}

#[test]
fn no_bit_of_a_cosignature_can_change() {
    let witness: VerifierKey = WITNESS.parse().unwrap();
    let (text, line) = COSIGNED.rsplit_once("\u{2014} ").unwrap();
    let note = Note::parse(COSIGNED.as_bytes()).unwrap();
    let good = note.signatures()[1].bytes().to_vec();
    for bit in 0..good.len() * 8 {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let mut changed = Note::new(note.text().to_owned()).unwrap();
        changed.add(Signature::new(&witness, bytes)).unwrap();
        assert!(changed.verify([&witness]).is_err(), "bit {bit}");
    }
    let later = format!("{}\u{2014} {line}", text.replace("1234", "1235"));
    assert!(Note::parse(later.as_bytes()).unwrap().verify([&witness]).is_err());
}

#[test]
fn keys_of_witnesses_in_the_field() {
    // From the public witness network: the IDs show that key IDs of type 0x04 are computed alike.
    for (key, id) in [
        ("witness.navigli.sunlight.geomys.org+a3e00fe2+BNy/co4C1Hn1p+INwJrfUlgz7W55dSZReusH/GhUhJ/G", 0xa3e0_0fe2),
        ("remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2", 0xda77_ade7),
        ("rgdd.se/poc-witness+db03732e+BCjJKlo6BU0xfIb8LutqerIFTWIXEA0L5n3tW3QyPFgG", 0xdb03_732e),
    ] {
        let parsed: VerifierKey = key.parse().unwrap();
        assert_eq!((parsed.key_id(), parsed.algorithm()), (id, Algorithm::CosignatureV1));
        assert_eq!(parsed.to_string(), key);
    }
}

#[test]
fn ml_dsa_keys_are_those_of_other_implementations() {
    // OpenSSL 3.5 (through Python's `cryptography` 48) derives a public key with this SHA-256 from the same seed.
    let seed: [u8; 32] = std::array::from_fn(|index| u8::try_from(index).unwrap());
    let signer = SigningKey::from_seed("name", Algorithm::MlDsa44, &seed).unwrap();
    let digest: [u8; 32] = Sha256::digest(signer.verifier().material()).into();
    assert_eq!(format!("{:x}", Hash(digest)), "9f107644c1084526af3bc8098680b05499a2325a644e388fb4f970e058d19d46");
    // OpenSSL accepted this signature of ours; we make the same one every time.
    let signer = SigningKey::from_seed("me", Algorithm::MlDsa44, &seed).unwrap();
    let note = Checkpoint::new("log", 7, EMPTY_ROOT).unwrap().to_note().unwrap();
    let line = cosign(&signer, &note, 5).unwrap();
    let digest: [u8; 32] = Sha256::digest(&line.bytes()[8..]).into();
    assert_eq!(format!("{:x}", Hash(digest)), "0366dc30091ecbd00a4fcba5abccc71c27ae3f5f6710b68c18660352b6663c5d");
}

/// A checkpoint of a Certificate Transparency log run by Google, and a witness's key: published on the open network.
const FIELD: &str = include_str!("../../testdata/field.checkpoint");
const FIELD_KEY: &str = include_str!("../../testdata/field.vkey");

#[test]
fn a_witness_in_the_field_cosigned_with_ml_dsa() {
    let key: VerifierKey = FIELD_KEY.trim_end().parse().unwrap();
    // The ID covers all 1,312 bytes.
    assert_eq!((key.key_id(), key.algorithm()), (0x6bc4_4249, Algorithm::MlDsa44));
    let classic: VerifierKey =
        "witness.navigli.sunlight.geomys.org+a3e00fe2+BNy/co4C1Hn1p+INwJrfUlgz7W55dSZReusH/GhUhJ/G".parse().unwrap();
    let note = Note::parse(FIELD.as_bytes()).unwrap();
    assert_eq!(note.to_string(), FIELD);
    let verified = note.verify([&key, &classic]).unwrap();
    let time_s = 1_785_704_691;
    let both = [&classic, &key].map(|key| Verified { key, timestamp_s: Some(time_s) });
    assert_eq!(verified, both);
    for (from, to) in [("185550722", "185550723"), ("coach", "couch"), ("YXAM", "YXAN")] {
        let changed = Note::parse(FIELD.replacen(from, to, 1).as_bytes()).unwrap();
        assert!(changed.verify([&key]).is_err(), "{to}");
    }
}

#[test]
fn ml_dsa_signs_the_name_but_no_extension() {
    let signer = key("w", Algorithm::MlDsa44, 5);
    let plain = Checkpoint::new("log", 7, EMPTY_ROOT).unwrap();
    let note = plain.to_note().unwrap();
    let line = cosign(&signer, &note, 1_700_000_000).unwrap();
    assert_eq!(line.bytes().len(), 8 + 2420);
    let with = |checkpoint: Checkpoint| {
        let mut note = checkpoint.to_note().unwrap();
        note.add(line.clone()).unwrap();
        note.verify([signer.verifier()]).map(|verified| verified[0].timestamp_s)
    };
    assert_eq!(with(plain.clone()), Ok(Some(1_700_000_000)));
    assert_eq!(with(plain.with_extension("x").unwrap()), Ok(Some(1_700_000_000)));
    assert!(with(Checkpoint::new("log", 8, EMPTY_ROOT).unwrap()).is_err());
    assert!(with(Checkpoint::new("gol", 7, EMPTY_ROOT).unwrap()).is_err());
    assert!(with(Checkpoint::new("log", 7, Hash([0; 32])).unwrap()).is_err());
    // The same key under another name signs another message.
    let namesake = key("v", Algorithm::MlDsa44, 5);
    let mut moved = note.clone();
    moved.add(Signature::new(namesake.verifier(), line.bytes().to_vec())).unwrap();
    assert!(moved.verify([namesake.verifier()]).is_err());
    for byte in (0..line.bytes().len()).step_by(97) {
        let mut bytes = line.bytes().to_vec();
        bytes[byte] ^= 1;
        let mut changed = note.clone();
        changed.add(Signature::new(signer.verifier(), bytes)).unwrap();
        assert!(changed.verify([signer.verifier()]).is_err(), "byte {byte}");
    }
}

#[test]
fn the_message_is_laid_out_as_specified() {
    let subtree = Subtree { origin: "log", start: 0, end: 258, hash: Hash([9; 32]) };
    let message = subtree_message("me", 3, &subtree).unwrap();
    let mut expected = b"subtree/v1\n\0\x02me\0\0\0\0\0\0\0\x03\x03log\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x02".to_vec();
    expected.extend_from_slice(&[9; 32]);
    assert_eq!(message, expected);
    let bad = |name: &str, time, subtree| subtree_message(name, time, &subtree).unwrap_err();
    assert_eq!(bad("", 0, subtree), MessageError::Name);
    assert_eq!(bad(&"n".repeat(256), 0, subtree), MessageError::Name);
    assert_eq!(bad("n", 1 << 63, subtree), MessageError::Timestamp { timestamp_s: 1 << 63 });
    let part = Subtree { start: 256, ..subtree };
    assert_eq!(bad("n", 1, part), MessageError::Subtree { start: 256, end: 258 });
    assert!(subtree_message("n", 0, &part).is_ok());
    assert!(subtree_message("n", 0, &Subtree { start: 258, ..part }).is_err());
    let note = Note::new("no checkpoint\n".to_owned()).unwrap();
    assert!(matches!(cosign(&key("w", Algorithm::CosignatureV1, 1), &note, 1), Err(SignError::Message(_))));
    let wrong = cosign(&key("w", Algorithm::Ed25519, 1), &Note::parse(COSIGNED.as_bytes()).unwrap(), 1);
    assert_eq!(wrong, Err(SignError::Message(MessageError::Algorithm)));
}
