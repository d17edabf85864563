//! COSE receipts: the log's proofs in the encoding of the IETF, over the same tree and the same leaves.
//!
//! What it is for: tools of the SCITT world check an entry without knowing anything about C2SP. The signature is by the
//! log's Ed25519 key over the same root that its checkpoint carries.
//!
//! What it deliberately does not do: no consistency proofs, no receipts of other tree algorithms, and it keeps nothing:
//! who takes size and root of a receipt for the log's must compare both with a checkpoint, since the signature of a receipt
//! covers the root alone.
//!
//! Specifications: RFC 9942 (COSE Receipts), sections 4 and 5.2 (`RFC9162_SHA256`, verifiable data structure 1), the claims
//! for issuer and subject that RFC 9943 asks for (June 2026), RFC 9052 for `COSE_Sign1`, RFC 9597 for claims in headers.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ciborium::Value;
use coset::{
    CborSerializable as _, CoseSign1, CoseSign1Builder, Header, HeaderBuilder, Label, RegisteredLabelWithPrivate,
    TaggedCborSerializable as _, iana,
};
use flagstate_tlog::{Checkpoint, Hash, Signer, VerifierKey, inclusion_root, leaf_hash};

use crate::{
    hex::Digest,
    signing::{self, SigningError},
};

/// Header parameters of RFC 9942 and RFC 9597.
const CWT_CLAIMS: i64 = 15;
const STRUCTURE: i64 = 395;
const PROOFS: i64 = 396;
/// `RFC9162_SHA256`.
const RFC9162_SHA256: i64 = 1;
/// Inclusion proofs among the proofs.
const INCLUSION: i64 = -1;
/// Claims of RFC 8392.
const ISSUER: i64 = 1;
const SUBJECT: i64 = 2;
/// No tree is higher than this.
const MOST_HASHES: usize = 63;

/// Why no receipt was made.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The proof is for another entry or another checkpoint.
    #[error("no receipt for entry {index}: its proof does not lead to the root of the checkpoint of size {size}")]
    Proof {
        /// The entry.
        index: u64,
        /// The checkpoint.
        size: u64,
    },
    /// The key holder did not sign.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// It cannot be encoded.
    #[error("the receipt for entry {0} cannot be encoded: report this as a mistake in the program")]
    Encode(u64),
}

/// Why a receipt shows nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReceiptError {
    /// Not a receipt.
    #[error("this is no COSE receipt: {0} is missing or malformed")]
    Malformed(&'static str),
    /// Over another kind of tree.
    #[error("the receipt is over another kind of tree than RFC9162_SHA256")]
    Structure,
    /// Not this entry, or not this key.
    #[error(
        "the receipt's signature does not hold for this entry: the entry or the receipt was changed, or another log signed"
    )]
    Signature,
}

/// What a checked receipt shows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Receipt {
    /// The log's origin.
    pub issuer: String,
    /// What the receipt is about: the entry by its digest (RFC 6920).
    pub subject: String,
    /// Number of the entry.
    pub index: u64,
    /// Size of the tree as the receipt claims it: unsigned, so compare it with a checkpoint.
    pub size: u64,
    /// Its root, which the signature covers.
    pub root: Hash,
}

/// The name of an entry in receipts: `ni:///sha-256;` and the digest in base64url.
pub fn subject(entry: &[u8]) -> String {
    format!("ni:///sha-256;{}", Base64UrlUnpadded::encode_string(&Digest::of(entry).0))
}

/// A receipt for an entry under a checkpoint, signed by the log.
pub fn issue(
    signer: &dyn Signer,
    checkpoint: &Checkpoint,
    entry: &[u8],
    index: u64,
    path: &[Hash],
) -> Result<Vec<u8>, IssueError> {
    let size = checkpoint.size();
    let root = inclusion_root(&leaf_hash(entry), index, size, path).ok();
    if root.as_ref() != Some(checkpoint.root()) {
        return Err(IssueError::Proof { index, size });
    }
    let claims = Value::Map(vec![(ISSUER.into(), checkpoint.origin().into()), (SUBJECT.into(), subject(entry).into())]);
    let keyid = Digest::of(signer.verifier().material()).0.to_vec();
    let protected = HeaderBuilder::new()
        .algorithm(iana::Algorithm::EdDSA)
        .key_id(keyid)
        .value(CWT_CLAIMS, claims)
        .value(STRUCTURE, RFC9162_SHA256.into())
        .build();
    let path = path.iter().map(|hash| Value::Bytes(hash.as_bytes().to_vec())).collect();
    let proof = Value::Array(vec![size.into(), index.into(), Value::Array(path)]);
    let proof = Value::Bytes(proof.to_vec().map_err(|_| IssueError::Encode(index))?);
    let proofs = Value::Map(vec![(INCLUSION.into(), Value::Array(vec![proof]))]);
    let receipt = CoseSign1Builder::new()
        .protected(protected)
        .unprotected(HeaderBuilder::new().value(PROOFS, proofs).build())
        .try_create_detached_signature(checkpoint.root().as_bytes(), &[], |message| signing::ed25519(signer, message))?
        .build();
    receipt.to_tagged_vec().map_err(|_| IssueError::Encode(index))
}

/// Checks a receipt for an entry against the log's keys.
pub fn verify(receipt: &[u8], entry: &[u8], keys: &[VerifierKey]) -> Result<Receipt, ReceiptError> {
    let message = CoseSign1::from_tagged_slice(receipt).map_err(|_| ReceiptError::Malformed("the COSE message"))?;
    if message.payload.is_some() {
        // An attached payload would bind the signature to it and not to the entry.
        return Err(ReceiptError::Malformed("the detached payload"));
    }
    let header = &message.protected.header;
    let eddsa = RegisteredLabelWithPrivate::Assigned(iana::Algorithm::EdDSA);
    if header.alg != Some(eddsa) || !header.crit.is_empty() {
        return Err(ReceiptError::Malformed("the algorithm EdDSA"));
    }
    match number(header, STRUCTURE) {
        Some(RFC9162_SHA256) => {}
        _ => return Err(ReceiptError::Structure),
    }
    let claims = parameter(header, CWT_CLAIMS).and_then(Value::as_map);
    let claim = |label: i64| {
        let found = claims?.iter().find(|(key, _)| *key == Value::from(label))?;
        found.1.as_text().map(str::to_owned)
    };
    let issuer = claim(ISSUER).ok_or(ReceiptError::Malformed("the issuer"))?;
    let subject = claim(SUBJECT).ok_or(ReceiptError::Malformed("the subject"))?;
    let (size, index, path) = proof(&message.unprotected).ok_or(ReceiptError::Malformed("the inclusion proof"))?;
    let root = inclusion_root(&leaf_hash(entry), index, size, &path).map_err(|_| ReceiptError::Signature)?;
    let signed = |signature: &[u8], tbs: &[u8]| {
        let mut candidates = keys.iter().filter(|key| signing::is_ed25519(key));
        let holds = candidates.any(|key| key.verify_message(tbs, signature));
        if holds { Ok(()) } else { Err(ReceiptError::Signature) }
    };
    message.verify_detached_signature(root.as_bytes(), &[], signed)?;
    Ok(Receipt { issuer, subject, index, size, root })
}

fn parameter(header: &Header, label: i64) -> Option<&Value> {
    header.rest.iter().find(|(key, _)| *key == Label::Int(label)).map(|(_, value)| value)
}

fn number(header: &Header, label: i64) -> Option<i64> {
    parameter(header, label)?.as_integer()?.try_into().ok()
}

/// The one inclusion proof: size, index, path.
fn proof(unprotected: &Header) -> Option<(u64, u64, Vec<Hash>)> {
    let all = parameter(unprotected, PROOFS)?.as_map()?;
    let inclusion = all.iter().find(|(key, _)| *key == Value::from(INCLUSION))?.1.as_array()?;
    let [one] = inclusion.as_slice() else { return None };
    let decoded = Value::from_slice(one.as_bytes()?).ok()?;
    let [size, index, path] = decoded.as_array()?.as_slice() else { return None };
    let path = path.as_array()?;
    if path.len() > MOST_HASHES {
        return None;
    }
    let path = path.iter().map(|hash| Hash::from_slice(hash.as_bytes()?)).collect::<Option<_>>()?;
    Some((size.as_integer()?.try_into().ok()?, index.as_integer()?.try_into().ok()?, path))
}

#[cfg(test)]
mod tests;
