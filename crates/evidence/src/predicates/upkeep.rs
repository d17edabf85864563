//! Kinds about the record itself: erased openings, changed keys, policies, times, releases.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{commitment::Commitment, hex::Digest};

/// Openings were erased: the commitments stay, and say nothing any more.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Redaction {
    /// Which ones.
    pub commitments: Vec<Commitment>,
    /// The ground, for example `GDPR Art. 17(1)(b)`.
    pub lawful_basis: String,
    /// When.
    #[schemars(with = "String")]
    pub erased_at: Timestamp,
    /// Who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Commitment>,
}

/// A key of the log, a witness or a signer changed.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRotation {
    /// What the key is for: `log`, `statements`, `witness`.
    pub role: String,
    /// The key before, in signed-note form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The key from now on, in signed-note form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// From when.
    #[schemars(with = "String")]
    pub effective_at: Timestamp,
    /// `planned`, `compromised` or `lost`.
    pub reason: String,
}

/// A policy came into force: which witnesses, guardians or keys must agree. The policy text is the subject.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// What it decides: `witnesses`, `access`, `keys`.
    pub role: String,
    /// SHA-256 of the text.
    pub sha256: Digest,
    /// SHA-256 of the text that it replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Digest>,
    /// From when.
    #[schemars(with = "String")]
    pub effective_at: Timestamp,
}

/// A third party vouched for the time of a checkpoint. The stamped bytes are the subject.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Timestamp3161 {
    /// The log.
    pub origin: String,
    /// Size of the tree.
    pub size: u64,
    /// Its root, in base64 as the checkpoint has it.
    pub root: String,
    /// The time in the token.
    #[schemars(with = "String")]
    pub time: Timestamp,
    /// The authority's number for the token.
    pub serial: String,
    /// The authority's policy.
    pub policy: String,
    /// The authority, by the subject of its certificate.
    pub authority: String,
    /// SHA-256 of the authority's answer, which is kept beside the log.
    pub reply: Digest,
}

/// A release of the software that writes this log came into use. The program is the subject.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Software {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the program.
    pub sha256: Digest,
    /// Digests of what it comes with: configuration, bill of materials.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub companions: BTreeMap<String, Digest>,
    /// From when.
    #[schemars(with = "String")]
    pub since: Timestamp,
}
