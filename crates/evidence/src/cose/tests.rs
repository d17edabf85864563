//! Receipts over a published tree, checked by us, by `scitt-cose`, and changed in every bit.

use std::{env::temp_dir, fs};

use flagstate_tlog::{HashReader, SigningKey, inclusion_proof, node_hash, note::Algorithm};
use proptest::prelude::*;

use super::*;
use crate::hex;

/// The entries of Tessera's test log and its root at size 15, as that project publishes them.
const ENTRIES: [&str; 15] = [
    "one", "two", "three", "four", "five", "six", "seven", "eit", "nain", "ten", "ileven", "twelf", "threeten",
    "fourten", "fivten",
];
const ROOT: &str = "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=";

/// Computes any perfect subtree from the leaves.
struct Leaves;

impl HashReader for Leaves {
    type Error = std::convert::Infallible;

    fn node(&mut self, height: u32, index: u64) -> Result<Hash, Self::Error> {
        Ok(match height {
            0 => leaf_hash(ENTRIES[usize::try_from(index).unwrap()].as_bytes()),
            _ => node_hash(&self.node(height - 1, index * 2)?, &self.node(height - 1, index * 2 + 1)?),
        })
    }
}

fn checkpoint() -> Checkpoint {
    Checkpoint::new("example.com/log/testdata", 15, ROOT.parse().unwrap()).unwrap()
}

fn log_key(seed: u8) -> SigningKey {
    SigningKey::from_seed("example.com/log/testdata", Algorithm::Ed25519, &[seed; 32]).unwrap()
}

fn receipt(index: u64) -> Vec<u8> {
    let path = inclusion_proof(&mut Leaves, index, 15).unwrap();
    let entry = ENTRIES[usize::try_from(index).unwrap()].as_bytes();
    issue(&log_key(1), &checkpoint(), entry, index, &path).unwrap()
}

fn keys(seed: u8) -> [VerifierKey; 1] {
    [log_key(seed).verifier().clone()]
}

#[test]
fn every_entry_has_a_receipt_under_the_published_root() {
    for (index, entry) in (0..).zip(ENTRIES) {
        let found = verify(&receipt(index), entry.as_bytes(), &keys(1)).unwrap();
        assert_eq!((found.index, found.size, found.root.to_string().as_str()), (index, 15, ROOT));
        assert_eq!(found.issuer, "example.com/log/testdata");
        assert_eq!(found.subject, subject(entry.as_bytes()));
    }
}

#[test]
fn the_header_is_as_the_specification_says() {
    let bytes = receipt(0);
    // Tag 18, four elements, a protected header: EdDSA, key id, claims, verifiable data structure 1.
    assert_eq!(bytes[..2], [0xd2, 0x84]);
    let text = hex::encode(&bytes);
    assert!(text.contains("a4012704582"), "{text}");
    assert!(text.contains("19018b01"), "{text}");
    // Unprotected: proofs, inclusion, an array of one byte string; then the detached payload and 64 bytes.
    assert!(text.contains("a119018ca1208158"), "{text}");
    assert!(text.get(text.len() - 134..).unwrap().starts_with("f65840"), "{text}");
}

#[test]
fn another_entry_key_or_root_is_refused() {
    let bytes = receipt(3);
    assert_eq!(verify(&bytes, b"five", &keys(1)), Err(ReceiptError::Signature));
    assert_eq!(verify(&bytes, b"four", &keys(2)), Err(ReceiptError::Signature));
    assert_eq!(verify(&bytes, b"four", &[]), Err(ReceiptError::Signature));
    let path = inclusion_proof(&mut Leaves, 3, 15).unwrap();
    let wrong = issue(&log_key(1), &checkpoint(), b"five", 3, &path).unwrap_err().to_string();
    assert!(wrong.contains("entry 3") && wrong.contains("size 15"), "{wrong}");
    let quantum = SigningKey::from_seed("q", Algorithm::MlDsa44, &[1; 32]).unwrap();
    assert!(matches!(issue(&quantum, &checkpoint(), b"four", 3, &path), Err(IssueError::Signing(_))));
}

#[test]
fn an_attached_payload_or_another_tree_is_refused() {
    let mut message = CoseSign1::from_tagged_slice(&receipt(3)).unwrap();
    message.payload = Some(checkpoint().root().as_bytes().to_vec());
    let bytes = message.to_tagged_vec().unwrap();
    assert_eq!(verify(&bytes, b"four", &keys(1)), Err(ReceiptError::Malformed("the detached payload")));
    let protected = HeaderBuilder::new().algorithm(iana::Algorithm::EdDSA).value(STRUCTURE, 2.into()).build();
    let other = CoseSign1Builder::new().protected(protected).signature(vec![0; 64]).build();
    assert_eq!(verify(&other.to_tagged_vec().unwrap(), b"four", &keys(1)), Err(ReceiptError::Structure));
}

#[test]
fn no_flipped_bit_changes_what_a_receipt_shows() {
    let bytes = receipt(6);
    let good = verify(&bytes, b"seven", &keys(1)).unwrap();
    for index in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[index] ^= 1 << bit;
            // A neighbouring size can have the same path; the signature covers the root only. `undefined` reads as the `null` of a
            // detached payload.
            if let Ok(found) = verify(&changed, b"seven", &keys(1)) {
                assert_eq!(Receipt { size: 15, ..found }, good, "byte {index} bit {bit}");
            }
        }
    }
    for end in 0..bytes.len() {
        assert!(verify(&bytes[..end], b"seven", &keys(1)).is_err());
    }
    assert!(verify(&[&bytes[..], &[0]].concat(), b"seven", &keys(1)).is_err());
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0..100_usize) {
        prop_assert!(verify(&bytes, b"four", &keys(1)).is_err());
        let mut mixed = receipt(3);
        mixed.truncate(cut);
        mixed.extend(bytes);
        prop_assert!(verify(&mixed, b"four", &keys(1)).is_err());
    }
}

/// The Python package `scitt-cose` verifies our receipts, by its command line.
#[test]
fn scitt_cose_agrees() {
    let Some(program) = flagstate_interop::python_program("scitt-cose") else { return };
    let dir = temp_dir().join(format!("flagstate-cose-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    // SubjectPublicKeyInfo of an Ed25519 key (RFC 8410).
    let info = [&hex::decode("302a300506032b6570032100").unwrap(), log_key(1).verifier().material()].concat();
    let pem =
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", base64ct::Base64::encode_string(&info));
    fs::write(dir.join("key.pem"), pem).unwrap();
    let run = |index: u64, entry: &str| {
        fs::write(dir.join("receipt"), receipt(index)).unwrap();
        let mut command = std::process::Command::new(program.get_program());
        command.args(["--json", "--leaf-entry-hex", &hex::encode(entry.as_bytes())]);
        command.arg("--receipt").arg(dir.join("receipt")).arg("--receipt-log-pubkey").arg(dir.join("key.pem"));
        let output = command.output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    for (index, entry) in (0..).zip(ENTRIES).step_by(5) {
        let (ok, text) = run(index, entry);
        let root: Hash = ROOT.parse().unwrap();
        assert!(ok && text.contains(&format!("{root:x}")), "{text}");
    }
    assert!(!run(0, "two").0);
    fs::remove_dir_all(&dir).unwrap();
}
