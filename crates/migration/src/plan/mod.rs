//! The plan: what will move, what it takes, what will be lost, and what stands against it. Data, not a procedure.
//!
//! What it is for: somebody reads and accepts it before the first byte moves. It is written once, named by its own digest, and
//! says everything that copying goes by: shards with their digests, the target's abilities, sizes of parts. Two plans can
//! be compared.
//!
//! What it deliberately does not do: it moves nothing, and judges no law: whether the target meets the workload's
//! requirement is decided elsewhere and handed in.

mod build;
mod cost;
mod diff;
mod time;

use flagstate_evidence::hex::Digest;
use flagstate_objects::{Capabilities, ContainerFacts};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

pub use build::{Ask, build};
pub use cost::{Cost, Price, Tier, listed as listed_price};
pub use diff::differences;
pub use time::{Duration, Speed};

use crate::{fit::Loss, settings::Settings};

/// Name and version of the format.
pub const SCHEMA: &str = "flagstate-move-plan/1";

/// Whether the target meets what the workload requires: the judgement's word.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Requirement {
    /// The workload.
    pub workload: String,
    /// The target's offering, by its id in the catalog.
    pub offering: String,
    /// True when every requirement holds there.
    pub holds: bool,
    /// What does not hold, one sentence each.
    pub findings: Vec<String>,
    /// The date of the judgement.
    pub as_of: Date,
}

/// What cannot be expressed at the target, by name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PlannedLoss {
    /// The name under which it is accepted.
    pub name: Loss,
    /// What it means.
    pub means: String,
    /// How many states of objects.
    pub records: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The first keys.
    pub examples: Vec<String>,
}

/// A key that the target cannot hold.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Refusal {
    /// The key, escaped.
    pub key: String,
    /// Why.
    pub why: String,
}

/// A shard of the plan.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PlannedShard {
    /// Its number among all, from 0, in the order of keys.
    pub index: u64,
    /// Its number in the journal.
    pub id: i64,
    /// Keys behind this one, escaped.
    pub after: Option<String>,
    /// Up to this one.
    pub through: Option<String>,
    /// Objects.
    pub objects: u64,
    /// Bytes.
    pub bytes: u64,
    /// SHA-256 of its list.
    pub sha256: Digest,
}

/// Objects by size.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SizeClass {
    /// Objects up to this size; nothing for all larger ones.
    pub up_to: Option<u64>,
    /// How many.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Size of their parts, where they go in parts.
    pub part_bytes: Option<u64>,
}

/// Requests that the move takes.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Requests {
    /// Listing requests at the source.
    pub list: u64,
    /// Reads at the source.
    pub read: u64,
    /// Writes at the target.
    pub write: u64,
}

/// A plan.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Plan {
    /// [`SCHEMA`].
    pub schema: String,
    /// What moves where.
    #[serde(rename = "move")]
    pub settings: Settings,
    /// The plan before this one, by its digest.
    pub parent: Option<Digest>,
    /// When.
    pub made_at: Timestamp,
    /// What made it.
    pub tool: String,
    /// Objects to move.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The largest object.
    pub largest: u64,
    /// Objects by size.
    pub sizes: Vec<SizeClass>,
    /// Requests.
    pub requests: Requests,
    /// Time.
    pub time: Duration,
    /// Price of reading it out of the source.
    pub cost: Option<Cost>,
    /// The requirement.
    pub requirement: Option<Requirement>,
    /// Losses.
    pub losses: Vec<PlannedLoss>,
    /// The first keys that the target cannot hold.
    pub refusals: Vec<Refusal>,
    /// What else stands against it, one sentence each. Not empty: the plan cannot be carried out.
    pub blocks: Vec<String>,
    /// What should be known, one sentence each.
    pub notes: Vec<String>,
    /// What the source's container says of itself.
    pub source: ContainerFacts,
    /// What the target was seen to do.
    pub target: Capabilities,
    /// Shards in the order of keys.
    pub shards: Vec<PlannedShard>,
}

/// A plan cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// No canonical form.
    #[error("the plan has no canonical form")]
    Canonical(#[from] flagstate_evidence::jcs::JcsError),
    /// Not a plan, or another version.
    #[error("this is no plan of this version of flagstate: {0}")]
    Form(String),
}

impl Plan {
    /// The canonical bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, PlanError> {
        Ok(flagstate_evidence::jcs::to_vec(self)?)
    }

    /// The digest by which a plan is known.
    pub fn digest(&self) -> Result<Digest, PlanError> {
        Ok(Digest::of(&self.to_bytes()?))
    }

    /// Reads a plan.
    pub fn read(bytes: &[u8]) -> Result<Self, PlanError> {
        let plan: Self = serde_json::from_slice(bytes).map_err(|e| PlanError::Form(e.to_string()))?;
        if plan.schema == SCHEMA { Ok(plan) } else { Err(PlanError::Form(format!("its schema is `{}`", plan.schema))) }
    }

    /// Losses that nobody has accepted.
    pub fn unaccepted(&self, accepted: &std::collections::BTreeSet<Loss>) -> Vec<&PlannedLoss> {
        self.losses.iter().filter(|l| !accepted.contains(&l.name)).collect()
    }
}

#[cfg(test)]
mod tests;
