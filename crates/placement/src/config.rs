//! The section `placement` of `flagstate.yaml`: what people demand of landing points beyond what the catalog knows.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `placement` in `flagstate.yaml`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlacementSection {
    /// Kinds of the organisation on which some clauses depend (`state`, `state_operator`, `public_interest_group`, ...).
    pub organisation: Vec<String>,
    /// Offerings to consider; absent: all candidates that ship.
    pub offerings: Vec<String>,
    /// Offerings never to consider.
    pub without: Vec<String>,
    /// Requirements of a classification, beside or instead of the shipped ones.
    pub classifications: BTreeMap<String, ClassificationDemands>,
    /// Demands of single workloads.
    pub workloads: BTreeMap<String, WorkloadDemands>,
    /// Highest shares of the estate under one parent.
    pub concentration: Concentration,
    /// Highest bill of a month over all landing points, for example `120000 EUR`.
    pub budget_month: Option<String>,
}

/// Changes to the requirements of a classification.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClassificationDemands {
    /// Requirement ids to add (`flagstate frameworks show CLASSIFICATION` lists the shipped ones).
    pub add: BTreeSet<String>,
    /// Requirement ids to leave out.
    pub without: BTreeSet<String>,
    /// Demands of every workload of this classification.
    pub demands: WorkloadDemands,
}

/// What a workload demands.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct WorkloadDemands {
    /// Capabilities that the landing point must have (catalog ids: `gpu_vm`, `managed_llm_api`, `managed_spark`, ...).
    pub capabilities: BTreeSet<String>,
    /// Capabilities of today's bill that may go without replacement.
    pub dispensable: BTreeSet<String>,
    /// Certificates, any one of which it must hold.
    pub certificates: BTreeSet<String>,
    /// States in which the offering must have a region (ISO 3166; `EU` and other blocs stand for their members).
    pub countries: BTreeSet<String>,
    /// Number of regions there, for failover.
    pub regions: Option<u32>,
    /// Highest bill of a month at the landing point, for example `9000 EUR`.
    pub budget_month: Option<String>,
    /// Data to move, in gigabytes, where it is known better than from the bill.
    pub data_gb: Option<u64>,
    /// Workloads that it must land together with.
    pub together_with: BTreeSet<String>,
    /// Workloads that must have moved before it.
    pub after: BTreeSet<String>,
    /// Day by which it must have left.
    #[schemars(with = "Option<String>")]
    pub deadline: Option<Date>,
    /// Who demands this, and in which clause.
    pub because: Option<String>,
}

/// Highest shares, in per cent.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Concentration {
    /// On machines and software of one group.
    pub technical_percent: Option<u8>,
    /// Operated by companies of one ultimate owner.
    pub legal_percent: Option<u8>,
    /// Within reach of one foreign state.
    pub political_percent: Option<u8>,
}
