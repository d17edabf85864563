//! Kinds about judgement: what was answered, and what was decided to do.
//!
//! What it deliberately does not do: it repeats no chain and no fact. The report is the subject, bound by its digest; the
//! predicate holds what a reader needs to make the same report again, and the answers in counts.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{commitment::Commitment, hex::Digest};

/// What the software was that made a statement.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the program, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
}

/// A file that was read.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// What it is: `aws-cur`, `terraform-state`, `flagstate.yaml` ...
    pub kind: String,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
}

/// How many resources or workloads have each verdict.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Verdicts {
    /// A foreign power reaches them.
    pub reached: u64,
    /// It is disputed whether one does.
    pub contested: u64,
    /// It is not known.
    pub unknown: u64,
    /// None does.
    pub cut: u64,
}

/// The answer to "who can be compelled", as it was given.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Assessment {
    /// The date judged for.
    #[schemars(with = "String")]
    pub as_of: Date,
    /// When it was answered.
    #[schemars(with = "String")]
    pub made_at: Timestamp,
    /// SHA-256 of the catalog of facts and rules.
    pub catalog: Digest,
    /// The control test used: `legal-right` or `practical-ability`.
    pub control_test: String,
    /// The jurisdictions whose powers the organisation accepts.
    pub home: Vec<String>,
    /// Facts assumed to be different.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assumed: Vec<String>,
    /// What was read.
    pub inputs: Vec<Input>,
    /// Resources in all.
    pub resources: u64,
    /// Workloads by verdict, for each harm (`H1` to `H5`).
    pub workloads: BTreeMap<String, Verdicts>,
    /// What made the answer.
    pub tool: Tool,
    /// Who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<Commitment>,
}

/// The answer of a gate: may this change pass?
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The date judged for.
    #[schemars(with = "String")]
    pub as_of: Date,
    /// When it was answered.
    #[schemars(with = "String")]
    pub made_at: Timestamp,
    /// SHA-256 of the catalog of facts and rules.
    pub catalog: Digest,
    /// What was read: the change, and what it was compared with.
    pub inputs: Vec<Input>,
    /// True when nothing was found.
    pub passed: bool,
    /// Findings in all.
    pub findings: u64,
    /// Findings by the name of the workload.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_workload: BTreeMap<String, u64>,
    /// What made the answer.
    pub tool: Tool,
    /// Who or what asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<Commitment>,
}

/// Where each workload shall live, as it was decided. The plan is the subject.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// When it was made.
    #[schemars(with = "String")]
    pub made_at: Timestamp,
    /// SHA-256 of the plan that it replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Digest>,
    /// SHA-256 of the catalog of facts and rules.
    pub catalog: Digest,
    /// Entry of the log with the assessment that it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment_index: Option<u64>,
    /// Workload and the offering chosen for it.
    pub landing: BTreeMap<String, String>,
    /// Who decided.
    pub decided_by: Vec<Commitment>,
    /// What made it.
    pub tool: Tool,
}
