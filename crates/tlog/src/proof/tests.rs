//! Tests of proofs: one from a log in the field, and our own.

use std::fmt::Write as _;

use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::{
    SigningKey, VerifierKey,
    cosignature::cosign,
    leaf_hash,
    note::{Algorithm, Signature, Signer as _, VerifyError, tests::key},
    tree::{
        inclusion_proof,
        tests::{Memory, leaves, mth},
    },
};

/// A proof that the log `serviceberry.tlog.stagemole.eu` handed out in February 2026, cosigned by eight witnesses. It is
/// published in another format (the README of github.com/mullvad/sigsum-rs); here are its parts.
const ORIGIN: &str = "sigsum.org/v1/tree/1643169b32bef33a3f54f8a353b87c475d19b6223cbb106390d10a29978e1cba";
const LOG_KEY: &str = "47e481606d8acba747a6b053d6c2d191605fb122175d410a1202a91430abce39";
const SIZE: u64 = 381_382;
const ROOT: &str = "901fefc6f1d978d2c2bedb82d448755bcdc7e8626e67ac7ee80873771be9b667";
const TIME_S: u64 = 1_770_193_051;
/// Two of these three, and two more, are the quorum that the witnesses' users recommend for tests.
const GROUPS: &str = "group glasklar-test-witnesses 2 poc.sigsum.org/nisse rgdd.se/poc-witness \
     witness1.smartit.nu/witness1\ngroup quorum-rule 4 glasklar-test-witnesses \
     witness.navigli.sunlight.geomys.org remora.n621.de witness.stagemole.eu tillitis.se/test-witness-1 \
     transparency.dev/DEV:witness-little-garden\nquorum quorum-rule\n";
/// Name, public key and cosignature of each witness.
const WITNESSES: [(&str, &str, &str); 8] = [
    (
        "poc.sigsum.org/nisse",
        "1c25f8a44c635457e2e391d1efbca7d4c2951a0aef06225a881e46b98962ac6c",
        "a1ee1182b265204499cbef3ae59f3ea228b928b3cbda8817a4ed5a12776823e9ad8ef1ce986b9b98d9954f1798ec4315c1820704600a231c69038ccc9726d202",
    ),
    (
        "witness.stagemole.eu",
        "4a921b7caef58ae670cdc11ef4184f1c058f7b9259a9107a969f69fa54aa496f",
        "aaf642e81a54399777180f238573d74878b68c7b645d8011583621405bb450b4e7887fc76502a8142c493d64e3ed3e556d82dad1706411082e58805f64fa9d02",
    ),
    (
        "rgdd.se/poc-witness",
        "28c92a5a3a054d317c86fc2eeb6a7ab2054d6217100d0be67ded5b74323c5806",
        "f5953f406f5fd97d9c9d1328b00b07bf434a5eb76d8da359aeda98c414de29ca1ced1872971ea0f137508a7bb05c7d322548409425677af96433706319bc0801",
    ),
    (
        "remora.n621.de",
        "ebcdeb78e7fdb2ef9227b2c1ef11e94600b55b4d6d9a57877e31ee89e59adc36",
        "3434b4646904714f4983c8e7e976a45332711f10012b19fbeb5549b6c0c04fb4ed52feed2da829354623c52b22b90093776034a8d57d660f9ff27a118f5bf801",
    ),
    (
        "witness.navigli.sunlight.geomys.org",
        "dcbf728e02d479f5a7e20dc09adf525833ed6e797526517aeb07fc6854849fc6",
        "f0dce1bcdda3a2826479d62e6afedbe9ec06e8f990ae59d8cefa84d9a6ee68c12c2820fb00e1dbdc30044b16c7695a9d1047cec4788dc757f698d34ebaec4305",
    ),
    (
        "transparency.dev/DEV:witness-little-garden",
        "2b6eb0ec483503544cde4e8fc1ce6d1921db21dffccc186865f808f7625443cc",
        "b44c41f75566850003f7f655a6dc7bb38bb980e8e2c383871e29883805d3adec7782a08388b9386d9718380a4bb6900043e2b46080cff0fa75a500c36ef9df0a",
    ),
    (
        "tillitis.se/test-witness-1",
        "636582aec12f32c18a21733db9e3f718058ee7aaec6dbe4eb81781e0f4300c6e",
        "70697b4a6b07e79e49d0a8e41fd7450a593ee9df11da6244cebe4b0c15c8e52f28ad3931b95a806fc7f16b4ad90197971ddc087434c7985b8b3a0223c9fa3603",
    ),
    (
        "witness1.smartit.nu/witness1",
        "f4855a0f46e8a3e23bb40faf260ee57ab8a18249fa402f2ca2d28a60e1a3130e",
        "6610e5cf4ead2062d9783fbc19d2bae65eded35335495ad0cf0386277ed2d51854ced64efa21a6db0a398fdfb6761aa7d5659e54950a060d167fbdcb7b5ece05",
    ),
];
const SIBLINGS: [&str; 10] = [
    "d009c5dbeaaa5be1788ea9533f6f398747755a8245012165ac73f753b7917672",
    "fb515551fe18f6e53d7d7f49b80abbb5c702b9662ee74fc7730e4a7685000aa4",
    "e21e73ee8caf0d49cdcd2f334b3f64e85e4a151daf8d09b6034306bb21b88480",
    "f77bc4db00e509149b6e2fc0028d7107dd415929dc9972f32fe758ce39bcc9a0",
    "3acb38f01c633d917b899ed4e522a49a02bf20d358f98ca530e3a3065591e7f2",
    "889de80c543a5ae8e35430988dc120ac7edde74b776f9082f814ea88190a601f",
    "199f812b9f3667dec31f964098e32652477a2f3d458019b6f8f4acc645cf0131",
    "084580f8f6324d4ae42dbcb779502ab9fab77e0c2b92519fe089be72e38d60ed",
    "9ddbece4939d621df53f31e2729d5fa7802fd82f3edfb784483d8b7fa9cf41e2",
    "e1c7a90c09949c263807e5970aef47f9a06164b759995ab814aff94aff9dcd00",
];
const LOG_SIGNATURE: &str = "8a8bf1fca60d1344fb6e2106e8f8906af833d3d75a21fe8d3af72be459f7a11f2ae6606ec6344a13b851cd454b3d281a2b1ae47732f7a8d6afbcc0134d1a2d00";
const LEAF_SIGNATURE: &str = "38dd0b42cab5166611a4f8346db1c6ffe81ee2345f3ffe36a466eb8fce1d4b2879fbb5f26291d25e610b2dc7f30eaa603efd97739ae585657d0f7181726eec00";
const LEAF_KEY_HASH: &str = "2c8d843ed6237e9ea033207113329fdd1428c75f8fd3c6782ae46c92c7a00c40";
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(16).unwrap()).collect();
    digits.chunks_exact(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
}

fn hash(text: &str) -> Hash {
    Hash::from_slice(&hex(text)).unwrap()
}

/// The same proof as a file, with the cosignatures of the witnesses in `wanted`.
fn field_proof(wanted: impl Fn(&str) -> bool) -> String {
    let log = VerifierKey::new(ORIGIN, Algorithm::Ed25519, &hex(LOG_KEY)).unwrap();
    let mut note = Checkpoint::new(ORIGIN, SIZE, hash(ROOT)).unwrap().to_note().unwrap();
    note.add(Signature::new(&log, hex(LOG_SIGNATURE))).unwrap();
    for (name, public, signature) in WITNESSES.into_iter().filter(|(name, ..)| wanted(name)) {
        let witness = VerifierKey::new(name, Algorithm::CosignatureV1, &hex(public)).unwrap();
        let bytes = [TIME_S.to_be_bytes().as_slice(), &hex(signature)].concat();
        note.add(Signature::new(&witness, bytes)).unwrap();
    }
    Proof::new(SIZE - 1, SIBLINGS.map(hash).to_vec(), note).unwrap().to_string()
}

fn field_policy() -> Policy {
    let mut text = format!("log {}\n", VerifierKey::new(ORIGIN, Algorithm::Ed25519, &hex(LOG_KEY)).unwrap());
    for (name, public, _) in WITNESSES {
        let witness = VerifierKey::new(name, Algorithm::CosignatureV1, &hex(public)).unwrap();
        writeln!(text, "witness {name} {witness}").unwrap();
    }
    Policy::parse(format!("{text}{GROUPS}").as_bytes()).unwrap()
}

/// That log's entries: a digest of a digest, a signature and the digest of a key.
fn field_entry() -> Vec<u8> {
    let twice: [u8; 32] = Sha256::digest(Sha256::digest(b"Hello, Sigsum!\n")).into();
    [twice.as_slice(), &hex(LEAF_SIGNATURE), &hex(LEAF_KEY_HASH)].concat()
}

#[test]
fn a_proof_from_the_field() {
    let (text, policy) = (field_proof(|_| true), field_policy());
    let proof = Proof::parse(text.as_bytes()).unwrap();
    assert_eq!(proof.to_string(), text);
    let accepted = proof.verify(&leaf_hash(&field_entry()), &policy).unwrap();
    assert_eq!(accepted.witnesses.len(), 8);
    assert!(accepted.witnesses.iter().all(|(_, time)| *time == TIME_S));
    let four = ["poc.sigsum.org/nisse", "rgdd.se/poc-witness", "remora.n621.de", "witness.stagemole.eu"];
    let few = Proof::parse(field_proof(|name| four.contains(&name)).as_bytes()).unwrap();
    let refused = few.verify(&leaf_hash(&field_entry()), &policy).unwrap_err();
    assert!(matches!(refused, VerifyProofError::Policy(CheckError::Quorum { .. })));
    let wrong = proof.verify(&leaf_hash(b"Hello, Sigsum!\n"), &policy).unwrap_err();
    assert!(matches!(wrong, VerifyProofError::Inclusion(tree::ProofError::Root { .. })));
}

/// A proof of entry `index` of our own test log, with its policy and leaf.
fn own(index: u64, size: u64) -> (Proof, Policy, Hash) {
    let all = leaves(size);
    let leaf = all[usize::try_from(index).unwrap()];
    let log = key("example.com/own", Algorithm::Ed25519, 1);
    let witness = key("w", Algorithm::CosignatureV1, 2);
    let note = signed(&log, size, mth(&all), &witness);
    let hashes = inclusion_proof(&mut Memory::new(all), index, size).unwrap();
    let text = format!("log {}\nwitness w {}\nquorum w\n", log.verifier(), witness.verifier());
    (Proof::new(index, hashes, note).unwrap(), Policy::parse(text.as_bytes()).unwrap(), leaf)
}

fn signed(log: &SigningKey, size: u64, root: Hash, witness: &SigningKey) -> Note {
    let mut note = Checkpoint::new(log.name(), size, root).unwrap().to_note().unwrap();
    note.sign(log).unwrap();
    let line = cosign(witness, &note, 9).unwrap();
    note.add(line).unwrap();
    note
}

#[test]
fn no_bit_of_a_proof_can_change() {
    let (proof, policy, leaf) = own(5, 7);
    let text = proof.to_string();
    Proof::parse(text.as_bytes()).unwrap().verify(&leaf, &policy).unwrap();
    for (at, bit) in (0..text.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        let mut damaged = text.clone().into_bytes();
        damaged[at] ^= 1 << bit;
        let accepted = Proof::parse(&damaged).is_ok_and(|proof| proof.verify(&leaf, &policy).is_ok());
        assert!(!accepted, "byte {at}, bit {bit}");
    }
    for length in 0..text.len() {
        let cut = Proof::parse(&text.as_bytes()[..length]);
        assert!(!cut.is_ok_and(|proof| proof.verify(&leaf, &policy).is_ok()), "cut after {length}");
    }
}

#[test]
fn extra_data_is_carried_and_not_believed() {
    let (proof, policy, leaf) = own(0, 1);
    assert!(proof.hashes().is_empty());
    for extra in [&b""[..], b"\xffanything"] {
        let with = proof.clone().with_extra(extra.to_vec());
        let again = Proof::parse(with.to_string().as_bytes()).unwrap();
        assert_eq!(again.extra(), Some(extra));
        assert_eq!(again, with);
        again.verify(&leaf, &policy).unwrap();
    }
    assert_eq!((proof.index(), proof.checkpoint().size()), (0, 1));
}

#[test]
fn what_is_no_proof() {
    let (proof, ..) = own(5, 7);
    let text = proof.to_string();
    let parse = |from: &str, to: &str| Proof::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err();
    assert_eq!(parse("@v1", "@v2"), ParseError::Header);
    assert_eq!(parse("@v1\n", "@v1"), ParseError::Header);
    assert_eq!(parse("index 5", "extra !\nindex 5"), ParseError::Extra);
    assert_eq!(parse("index 5", "extra\nindex 5"), ParseError::Index);
    assert_eq!(parse("index 5", "extra QQ==\nextra QQ==\nindex 5"), ParseError::Index);
    assert_eq!(parse("index 5", "index 05"), ParseError::Index);
    assert_eq!(parse("index 5", "index  5"), ParseError::Index);
    assert_eq!(parse("index 5\n", "index 5\nx\n"), ParseError::Hash { line: 1 });
    let sixty_four = format!("index 5\n{}", format!("{}\n", Hash([0; 32])).repeat(61));
    assert_eq!(parse("index 5\n", &sixty_four), ParseError::Hash { line: 64 });
    assert_eq!(Proof::parse(b"c2sp.org/tlog-proof@v1\nindex 5\n"), Err(ParseError::Incomplete));
    assert!(matches!(parse("\u{2014}", "-"), ParseError::Note(_)));
    assert!(matches!(parse("\n7\n", "\n07\n"), ParseError::Checkpoint(_)));
    assert_eq!(Proof::parse(&vec![b'a'; MAX_PROOF_BYTES + 1]), Err(ParseError::TooLarge));
}

#[test]
fn a_proof_of_a_changed_checkpoint_is_refused() {
    let (proof, policy, leaf) = own(5, 7);
    let wrong = Proof::parse(proof.to_string().replacen("\n7\n", "\n8\n", 1).as_bytes()).unwrap();
    let bad = VerifyError::BadSignature { name: "example.com/own".to_owned() };
    assert_eq!(wrong.verify(&leaf, &policy), Err(VerifyProofError::Policy(CheckError::Verify(bad))));
}

proptest! {
    #[test]
    fn any_bytes(bytes: Vec<u8>) {
        if let Ok(proof) = Proof::parse(&bytes) {
            prop_assert_eq!(proof.to_string().into_bytes(), bytes);
        }
    }

    #[test]
    fn written_proofs_read_back(index: u64, hashes in prop::collection::vec(any::<[u8; 32]>(), 0..=63), extra: Option<Vec<u8>>) {
        let (proof, ..) = own(0, 1);
        let mut proof = Proof::new(index, hashes.into_iter().map(Hash).collect(), proof.note().clone()).unwrap();
        if let Some(extra) = extra {
            proof = proof.with_extra(extra);
        }
        prop_assert_eq!(Proof::parse(proof.to_string().as_bytes()), Ok(proof));
    }
}
