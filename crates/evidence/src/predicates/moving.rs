//! Kinds about moving data: what was there, what was copied, what arrived, and what was erased.
//!
//! What it deliberately does not do: no single objects. A batch is a sorted list of records kept as a file; the statement
//! holds its count, bytes and Merkle root, so that one record can be shown to have moved without showing the others.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::judgement::Tool;
use crate::{commitment::Commitment, hex::Digest};

/// One end of a move.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The offering, by its id in the catalog.
    pub offering: String,
    /// The region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Bucket, container or database.
    pub container: String,
}

/// A set of records, without the records.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// How many.
    pub records: u64,
    /// Bytes of content in all.
    pub bytes: u64,
    /// Merkle root (RFC 6962) over the canonical records, sorted by key.
    pub root: Digest,
    /// What a record looks like, by name and version.
    pub format: String,
}

/// A half-open time range.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// First moment.
    #[schemars(with = "String")]
    pub from: Timestamp,
    /// First moment after it.
    #[schemars(with = "String")]
    pub to: Timestamp,
}

/// Something left out or different, and why.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Which records: a selector or a class.
    pub what: String,
    /// How many.
    pub records: u64,
    /// Why, in a word from the documentation: `excluded`, `unreadable`, `not-portable`, `differs`.
    pub reason: String,
}

/// What a place held. The list of records is the subject.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// The move that it belongs to.
    pub transfer_id: String,
    /// Where.
    pub place: Place,
    /// How it was read: `listing`, `listing-and-content`, `provider-report`.
    pub method: String,
    /// When.
    pub window: Window,
    /// What was found.
    pub found: Manifest,
    /// What was left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclusions: Vec<Exception>,
    /// What read it.
    pub tool: Tool,
}

/// One batch that was copied and read again at the target. The batch's list of records is the subject.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// The move.
    pub transfer_id: String,
    /// Number of the batch, from 0.
    pub batch: u64,
    /// From where.
    pub source: Place,
    /// To where.
    pub target: Place,
    /// When.
    pub window: Window,
    /// What was read at the source.
    pub read: Manifest,
    /// What was read again at the target, with other credentials than it was written with.
    pub arrived: Manifest,
    /// How content was changed on the way: `none`, or the re-encryption by key ids.
    pub transform: String,
    /// What did not arrive as it was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
    /// What copied it.
    pub tool: Tool,
}

/// The owner's word that a move is complete.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TransferAcceptance {
    /// The move.
    pub transfer_id: String,
    /// When.
    #[schemars(with = "String")]
    pub accepted_at: Timestamp,
    /// Who.
    pub accepted_by: Vec<Commitment>,
    /// Exceptions accepted with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
}

/// The certificate of a complete transfer. The document is the subject.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// The move.
    pub transfer_id: String,
    /// From where.
    pub source: Place,
    /// To where.
    pub target: Place,
    /// When.
    pub window: Window,
    /// All batches together, at the source.
    pub read: Manifest,
    /// All batches together, at the target.
    pub arrived: Manifest,
    /// Entries of the log that it rests on, first and last.
    pub entries: [u64; 2],
    /// What was accepted as an exception.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
    /// What it does not show, in words from the documentation.
    pub not_shown: Vec<String>,
    /// What made it.
    pub tool: Tool,
}

/// The source was erased, as far as that can be shown.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// The move.
    pub transfer_id: String,
    /// Where.
    pub place: Place,
    /// `delete`, `purge`, `destroy` or `cryptographic-erase`.
    pub method: String,
    /// The standard followed, for example `NIST SP 800-88r2`.
    pub standard: String,
    /// When.
    pub window: Window,
    /// What was erased.
    pub erased: Manifest,
    /// Keys destroyed, by id, with the state that was observed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<String, String>,
    /// Checks that found nothing left: how, and how many.
    pub negative_checks: BTreeMap<String, u64>,
    /// Who approved.
    pub approved_by: Vec<Commitment>,
    /// What may remain: copies and their expiry, in the provider's words.
    pub residual: String,
}
