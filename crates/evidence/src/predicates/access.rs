//! Kinds about access: uses of keys, requests of people and the decisions on them.
//!
//! What it deliberately does not do: no names, no addresses, no tickets in clear. Counts and codes are public, people are
//! commitments.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::moving::Window;
use crate::{commitment::Commitment, hex::Digest};

/// Uses of one key in a time, as the key service counted them.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeyUse {
    /// The key.
    pub key: String,
    /// The key service.
    pub service: String,
    /// When.
    pub window: Window,
    /// The service's counter before the first and after the last use: a use that is missing here shows as a gap.
    pub counter: [u64; 2],
    /// Uses by operation and outcome, for example `decrypt allowed`.
    pub uses: BTreeMap<String, u64>,
    /// Uses by the reason that the caller gave.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reasons: BTreeMap<String, u64>,
}

/// Somebody asks for access. Frozen: any change is another request.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AccessRequest {
    /// The request.
    pub request_id: String,
    /// Who.
    pub requester: Commitment,
    /// For whom they work.
    pub employer: Commitment,
    /// The state whose law binds the employer (ISO 3166).
    pub employer_jurisdiction: String,
    /// The state that they ask from (ISO 3166).
    pub location: String,
    /// What: a selector, and the digest of the list that it stood for.
    pub scope: String,
    /// SHA-256 of that list.
    pub scope_digest: Digest,
    /// What they want to do.
    pub actions: Vec<String>,
    /// Why: a code from the documentation; `compelled` when a law orders it.
    pub purpose: String,
    /// Free text and ticket.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Commitment>,
    /// Earliest and latest moment of access.
    pub window: Window,
    /// When the request lapses unanswered.
    #[schemars(with = "String")]
    pub pending_until: Timestamp,
    /// How they come in: `console`, `api`, `break-glass`.
    pub method: String,
}

/// An answer to a request: also the refused, expired and withdrawn ones are recorded.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AccessDecision {
    /// The request.
    pub request_id: String,
    /// Entry of the log with the request.
    pub request_index: u64,
    /// `approved`, `denied`, `expired`, `withdrawn` or `revoked`.
    pub decision: String,
    /// When.
    #[schemars(with = "String")]
    pub decided_at: Timestamp,
    /// Who.
    pub decided_by: Vec<Commitment>,
    /// What remains of the time asked for: never more than that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// SHA-256 of the policy that asked for these people.
    pub policy: Digest,
}
