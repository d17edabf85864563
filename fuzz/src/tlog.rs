//! What must hold of any bytes that the parsers of transparency logs are given.
//!
//! What is accepted is written back as it was: one text, one meaning. What is verified is what was signed.

use std::sync::LazyLock;

use flagstate_tlog::{
    Checkpoint, EMPTY_ROOT, Note, Policy, Proof, Signer, SigningKey, TileId, VerifierKey, leaf_hash,
    note::Algorithm,
    tile::{Bundle, push_entry},
    witness::{AddCheckpoint, Decision, Latest, WatchedLog, decide, read_cosignatures, read_size},
};

static LOG: LazyLock<SigningKey> = LazyLock::new(|| key("example.com/log", Algorithm::Ed25519));
static WITNESS: LazyLock<SigningKey> = LazyLock::new(|| key("witness", Algorithm::CosignatureV1));
static POLICY: LazyLock<Policy> = LazyLock::new(|| Policy::trusting(LOG.verifier().clone()));

fn key(name: &str, algorithm: Algorithm) -> SigningKey {
    SigningKey::from_seed(name, algorithm, &[7; 32]).expect("a fixed key")
}

/// A signed note.
pub fn note(data: &[u8]) {
    let Ok(note) = Note::parse(data) else { return };
    assert_eq!(note.to_string().as_bytes(), data);
    let _ = note.verify([LOG.verifier(), WITNESS.verifier()]);
    let _ = Checkpoint::open(data, "example.com/log", [LOG.verifier()]);
}

/// A verifier key or a private key.
pub fn keys(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(key) = text.parse::<SigningKey>() {
        assert_eq!(key.to_private_text().as_str(), text);
    }
}

/// The text of a checkpoint, and the same text cosigned.
pub fn checkpoint(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(checkpoint) = text.parse::<Checkpoint>() else { return };
    assert_eq!(checkpoint.to_string(), text);
    let Ok(note) = checkpoint.to_note() else { return };
    let _ = flagstate_tlog::cosignature::cosign(&*WITNESS, &note, 1);
}

/// The path of a tile.
pub fn path(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(id) = text.parse::<TileId>() {
        assert_eq!(id.path(), text);
    }
}

/// An entry bundle, after two bytes that say how wide it should be.
pub fn bundle(data: &[u8]) {
    let Some((width, bytes)) = data.split_first_chunk() else { return };
    let Ok(bundle) = Bundle::parse(bytes, u16::from_be_bytes(*width)) else { return };
    let mut again = Vec::new();
    bundle.entries().for_each(|entry| push_entry(&mut again, entry).expect("it came from a bundle"));
    assert_eq!(again, bytes);
}

/// A proof to carry away.
pub fn proof(data: &[u8]) {
    let Ok(proof) = Proof::parse(data) else { return };
    assert_eq!(proof.to_string().as_bytes(), data);
    assert!(proof.verify(&leaf_hash(b"never logged"), &POLICY).is_err());
}

/// A policy file.
pub fn policy(data: &[u8]) {
    let Ok(policy) = Policy::parse(data) else { return };
    assert_eq!(Policy::parse(&policy.to_bytes()), Ok(policy.clone()));
    let _ = policy.is_quorum(policy.witnesses().iter().map(|witness| witness.name.as_slice()));
}

/// A request to a witness that has seen five leaves, and a witness's answers.
pub fn witness(data: &[u8]) {
    let _ = read_size(data);
    let asked = Checkpoint::new("example.com/log", 1, EMPTY_ROOT).expect("a checkpoint").to_note().expect("a note");
    assert!(read_cosignatures(data, &asked, [WITNESS.verifier()]).is_err(), "nobody cosigned that");
    let Ok(request) = AddCheckpoint::parse(data) else { return };
    assert_eq!(request.to_string().as_bytes(), data);
    let keys = [LOG.verifier().clone()];
    let latest = Latest { size: 5, root: leaf_hash(b"the root of five") };
    let decision = decide(Some(WatchedLog { keys: &keys, latest }), &request, &[&*WITNESS], 1);
    if let Ok(Decision::Cosigned { latest: next, .. }) = decision {
        assert!(next.size > latest.size || next == latest);
    }
}
