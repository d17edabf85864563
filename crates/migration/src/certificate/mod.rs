//! The certificate: what moved, what did not, by whose word, with roots that anybody can check alone.
//!
//! What it is for: a document for people and auditors, a signed statement about it (in-toto in DSSE) for the log, and proofs
//! for single keys: that a key moved, with its hashes, or that there was no such key. Everything is checked offline, by
//! `flagstate move verify-certificate` or by `interop/verify_certificate.py`, which has nothing of ours.
//!
//! What it deliberately does not do: it proves no deletion at the source, nothing about copies that a provider keeps, and
//! nothing about objects that no listing ever showed; the document says so (`not_shown`).
//!
//! Specifications: in-toto Statement v1, DSSE 1.0.2, RFC 8785 for the document, RFC 6962 for the trees, c2sp.org/tlog-proof.

mod check;
mod gather;
mod issue;
mod prove;

use std::collections::BTreeMap;

use flagstate_evidence::hex::Digest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use check::{CheckError, Checked, check, check_proof};
pub use gather::{Gathered, gather};
pub use issue::{IssueError, acceptance, bundle, document, statement};
pub use prove::{KeyProof, Leaf, ProveError, prove};

use crate::{
    cutover::Cutover,
    fit::Loss,
    journal::Acceptance,
    row::{Fate, Witness},
    settings::Settings,
    tree::Summary,
    verify::Verified,
};

/// Name and version of the document.
pub const DOCUMENT: &str = "flagstate-move-certificate/1";
/// Name and version of the file that holds document and signatures.
pub const BUNDLE: &str = "flagstate-move-certificate-bundle/1";

/// Records of one kind that did not arrive, or not as they were.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Group {
    /// How many.
    pub records: u64,
    /// Their bytes at the source.
    pub bytes: u64,
    /// The first of them: key, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<String>,
}

/// A file of the manifest.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ManifestFile {
    /// Its name.
    pub name: String,
    /// Rows.
    pub rows: u64,
    /// Rows that are records of the trees.
    pub records: u64,
    /// SHA-256.
    pub sha256: Digest,
}

/// A loss and who accepted it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct AcceptedLoss {
    /// Its name.
    pub name: Loss,
    /// What it means.
    pub means: String,
    /// Records.
    #[serde(flatten)]
    pub group: Group,
    /// Who accepted it; nobody where nobody did.
    pub accepted_by: Option<String>,
    /// When.
    pub accepted_at: Option<String>,
}

/// The document.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Document {
    /// [`DOCUMENT`].
    pub format: String,
    /// What moved where.
    #[serde(rename = "move")]
    pub settings: Settings,
    /// From the first pass to the last.
    pub from: Timestamp,
    /// The end of the last pass.
    pub to: Timestamp,
    /// Objects that moved.
    pub objects: u64,
    /// Their bytes at the source.
    pub bytes: u64,
    /// Marks of deletion that were repeated.
    pub marks: u64,
    /// Records of what was read.
    pub source: Summary,
    /// Records of what arrived. The same root unless something was encrypted on the way.
    pub target: Summary,
    /// `none`, or `age` for encryption on the way.
    pub transform: String,
    /// The last look at both sides, with the roots over their listings.
    pub cutover: Cutover,
    /// How many objects each witness vouched for when they were read.
    pub read_checked_by: BTreeMap<Witness, u64>,
    /// The same when they were written.
    pub write_checked_by: BTreeMap<Witness, u64>,
    /// What was verified afterwards.
    pub verified: Vec<Verified>,
    /// Losses by name.
    pub losses: Vec<AcceptedLoss>,
    /// What did not arrive, by what became of it. Empty: nothing is missing.
    pub gaps: BTreeMap<Fate, Group>,
    /// Who accepted the gaps, where there are any.
    pub gaps_accepted_by: Option<String>,
    /// Passes over the source: when, and what they found.
    pub passes: Vec<PassDone>,
    /// The files of the manifest, in the order of keys.
    pub manifest: Vec<ManifestFile>,
    /// What the certificate does not show.
    pub not_shown: Vec<String>,
    /// What made it.
    pub tool: String,
    /// When.
    pub made_at: Timestamp,
}

/// A pass over the source.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct PassDone {
    /// `inventory`, `sync`, `freeze`.
    pub kind: String,
    /// When it began.
    pub started: String,
    /// When it ended.
    pub ended: Option<String>,
    /// What it found.
    pub found: Option<serde_json::Value>,
}

/// Where the statement stands in a log.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Logged {
    /// The log's name.
    pub origin: String,
    /// Its verifier key.
    pub key: String,
    /// The entry.
    pub index: u64,
    /// The proof (c2sp.org/tlog-proof).
    pub proof: String,
}

/// The certificate as a file.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Bundle {
    /// [`BUNDLE`].
    pub format: String,
    /// The document. Its canonical form (RFC 8785) is what the statement names by SHA-256.
    pub document: serde_json::Value,
    /// The signed statement (DSSE).
    pub envelope: serde_json::Value,
    /// Signed acceptances (DSSE).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acceptances: Vec<serde_json::Value>,
    /// Verifier keys of those who signed, as the file claims: compare them with what you know.
    pub keys: Vec<String>,
    /// The place in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<Logged>,
}

/// Acceptances by what they are about.
fn by_name(accepted: &[Acceptance]) -> BTreeMap<&str, &Acceptance> {
    accepted.iter().map(|a| (a.what.as_str(), a)).collect()
}

#[cfg(test)]
mod tests;
