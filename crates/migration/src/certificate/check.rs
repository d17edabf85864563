//! Checking a certificate and proofs for single keys, offline, with nothing but the files.

use flagstate_evidence::{
    dsse::{DsseError, Envelope, Verified},
    hex::Digest,
    jcs,
    predicates::moving::Certificate,
    statement::{Statement, StatementError},
};
use flagstate_objects::Key;
use flagstate_tlog::{Checkpoint, Hash, Proof, VerifierKey, leaf_hash, verify_inclusion};

use super::{BUNDLE, Bundle, DOCUMENT, Document, KeyProof, prove::PROOF};
use crate::tree::Side;

/// Why a certificate does not hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// Not a certificate.
    #[error("this is no certificate of a move: {0}")]
    Form(String),
    /// The signatures.
    #[error(transparent)]
    Signature(#[from] DsseError),
    /// The statement.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The document is another than the one that was signed.
    #[error("the document was changed after it was signed: its SHA-256 is {found}, and {signed} was signed")]
    Changed {
        /// What it is.
        found: Digest,
        /// What was signed.
        signed: String,
    },
    /// Statement and document say different things.
    #[error("the statement and the document disagree: {0}")]
    Disagree(&'static str),
    /// The log's proof.
    #[error("the log's proof does not hold: {0}")]
    Log(String),
    /// A key's proof.
    #[error("the proof for the key does not hold: {0}")]
    Proof(String),
}

/// A certificate that holds.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What it says.
    pub document: Document,
    /// SHA-256 of its canonical form.
    pub digest: Digest,
    /// Names of the keys that signed, of those that were trusted.
    pub signers: Vec<String>,
    /// Entry and size of the log, when the file proves that it is there.
    pub logged: Option<(u64, u64)>,
    /// True when the log's key is one of those that were trusted; else it came from the file.
    pub log_trusted: bool,
    /// True when the keys came from the file itself: then they show only that it is of one piece.
    pub own_keys: bool,
    /// People who accepted losses with a signature that holds.
    pub acceptances: u64,
}

fn form(e: impl std::fmt::Display) -> CheckError {
    CheckError::Form(e.to_string())
}

/// Checks a certificate. Without `trusted` keys it is only checked against itself.
pub fn check(bytes: &[u8], trusted: &[VerifierKey]) -> Result<Checked, CheckError> {
    let bundle: Bundle = serde_json::from_slice(bytes).map_err(form)?;
    if bundle.format != BUNDLE {
        return Err(form(format!("its format is `{}`", bundle.format)));
    }
    let claimed: Vec<VerifierKey> = bundle.keys.iter().filter_map(|k| k.parse().ok()).collect();
    let own_keys = trusted.is_empty();
    let keys = if own_keys { &claimed } else { trusted };
    let envelope = serde_json::to_vec(&bundle.envelope).map_err(form)?;
    let verified: Verified = Envelope::parse(&envelope)?.verify(keys, 1)?;
    let statement: Statement<Certificate> = Statement::read(&verified)?;
    let canonical = jcs::to_vec(&bundle.document).map_err(form)?;
    let digest = Digest::of(&canonical);
    let signed = statement.subjects.first().and_then(|s| s.digest.get("sha256")).cloned().unwrap_or_default();
    if signed != digest.to_string() {
        return Err(CheckError::Changed { found: digest, signed });
    }
    let document: Document = serde_json::from_value(bundle.document.clone()).map_err(form)?;
    if document.format != DOCUMENT {
        return Err(form(format!("its document is of the format `{}`", document.format)));
    }
    agree(&document, &statement.predicate)?;
    let (logged, log_trusted) = match &bundle.log {
        None => (None, false),
        Some(log) => in_log(log, &bundle.envelope, trusted).map(|(at, known)| (Some(at), known))?,
    };
    let accepted = |value: &serde_json::Value| {
        let bytes = serde_json::to_vec(value).ok()?;
        Envelope::parse(&bytes).ok()?.verify(keys, 1).ok()
    };
    let acceptances = bundle.acceptances.iter().filter(|v| accepted(v).is_some()).count() as u64;
    Ok(Checked { document, digest, signers: verified.signers, logged, log_trusted, own_keys, acceptances })
}

/// Statement and document must say the same.
fn agree(document: &Document, said: &Certificate) -> Result<(), CheckError> {
    let same = |ok: bool, what| if ok { Ok(()) } else { Err(CheckError::Disagree(what)) };
    same(said.transfer_id == document.settings.id, "the move")?;
    same(said.read.root == document.source.root && said.read.records == document.source.records, "what was read")?;
    same(said.arrived.root == document.target.root && said.arrived.records == document.target.records, "what arrived")?;
    same(document.source.records == document.target.records, "the number of records on both sides")?;
    let plain = document.transform == "none";
    same(!plain || document.source.root == document.target.root, "the roots of both sides, and nothing was encrypted")?;
    same(document.cutover.delta.is_empty(), "the last look, which found changes")?;
    same(document.cutover.roots.source.records == document.source.records, "the source's listing and what was read")?;
    same(document.cutover.roots.target.records == document.target.records, "the target's listing and what arrived")?;
    let gaps: u64 = document.gaps.values().map(|g| g.records).sum();
    same(gaps == 0 || document.gaps_accepted_by.is_some() || only_refused(document), "gaps that nobody accepted")
}

fn only_refused(document: &Document) -> bool {
    document.gaps.keys().all(|fate| *fate == crate::row::Fate::Refused)
}

/// Entry and size of the log, and whether its key is a trusted one. A person's key vouches for the certificate; the log's own
/// only for its place there.
fn in_log(
    log: &super::Logged,
    envelope: &serde_json::Value,
    trusted: &[VerifierKey],
) -> Result<((u64, u64), bool), CheckError> {
    let wrong = |e: &dyn std::fmt::Display| CheckError::Log(e.to_string());
    let key: VerifierKey = log.key.parse().map_err(|e| wrong(&e))?;
    let known = trusted.iter().any(|t| t.material() == key.material());
    let proof = Proof::parse(log.proof.as_bytes()).map_err(|e| wrong(&e))?;
    let note = proof.note().to_string();
    let (checkpoint, _) =
        Checkpoint::open(note.as_bytes(), key.name(), std::slice::from_ref(&key)).map_err(|e| wrong(&e))?;
    let entry = jcs::to_vec(envelope).map_err(|e| wrong(&e))?;
    if proof.index() != log.index || key.name() != log.origin {
        return Err(CheckError::Log("it is about another entry or another log".to_owned()));
    }
    let leaf = leaf_hash(&entry);
    verify_inclusion(&leaf, proof.index(), checkpoint.size(), proof.hashes(), checkpoint.root())
        .map_err(|e| wrong(&e))?;
    Ok(((proof.index(), checkpoint.size()), known))
}

/// Checks the proof for a key against a certificate that holds. Hands back whether the key is there.
pub fn check_proof(checked: &Checked, bytes: &[u8]) -> Result<KeyProof, CheckError> {
    let wrong = |what: &str| CheckError::Proof(what.to_owned());
    let proof: KeyProof = serde_json::from_slice(bytes).map_err(|e| CheckError::Proof(e.to_string()))?;
    if proof.format != PROOF || proof.certificate != checked.digest {
        return Err(wrong("it is about another certificate"));
    }
    let tree = if proof.side == Side::Source { &checked.document.source } else { &checked.document.target };
    if proof.size != tree.records {
        return Err(wrong("it is about a tree of another size"));
    }
    let key = Key::from_escaped(&proof.key).ok_or_else(|| wrong("the key cannot be read"))?;
    let root = Hash(tree.root.0);
    let mut keys = Vec::new();
    for leaf in &proof.leaves {
        let hashes: Vec<Hash> = leaf.path.iter().map(|d| Hash(d.0)).collect();
        verify_inclusion(&leaf_hash(leaf.record.as_bytes()), leaf.index, proof.size, &hashes, &root)
            .map_err(|e| CheckError::Proof(e.to_string()))?;
        let record: serde_json::Value =
            serde_json::from_str(&leaf.record).map_err(|e| CheckError::Proof(e.to_string()))?;
        let name = record.get("key").and_then(serde_json::Value::as_str).unwrap_or_default();
        keys.push((leaf.index, Key::from_escaped(name).ok_or_else(|| wrong("a record has no key"))?));
    }
    let holds = if proof.present {
        !keys.is_empty() && keys.iter().all(|(_, k)| *k == key)
    } else {
        absent(&keys, &key, proof.size)
    };
    if holds { Ok(proof) } else { Err(wrong("the records are not those of the key, nor its neighbours")) }
}

/// True when the records are neighbours, and the key would stand between them.
fn absent(keys: &[(u64, Key)], key: &Key, size: u64) -> bool {
    match keys {
        [] => size == 0,
        [(index, only)] => (*index == 0 && key < only) || (*index + 1 == size && only < key),
        [(a, before), (b, after)] => *a + 1 == *b && before < key && key < after,
        _ => false,
    }
}
