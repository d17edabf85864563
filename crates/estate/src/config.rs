//! `flagstate.yaml`: what only people can say. The JSON Schema in `docs/flagstate.schema.json` is generated from here.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::resource::{Custody, Processing};

/// The project file.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// Who asks.
    #[serde(default)]
    pub organisation: Organisation,
    /// Which control test courts are assumed to use: `practical-ability` (wider, the default) or `legal-right`.
    #[serde(default)]
    pub control_test: ControlTest,
    /// Files and folders to read, relative to this file.
    #[serde(default)]
    pub inventories: Vec<Inventory>,
    /// What people decide about. Without it: one workload per resource group, account, project or namespace.
    #[serde(default)]
    pub workloads: Vec<WorkloadSpec>,
    /// Things that people know and inventories do not show.
    #[serde(default)]
    pub assertions: Vec<Assertion>,
    /// Exposures that somebody has accepted, until a date.
    #[serde(default)]
    pub accepted_risks: Vec<AcceptedRisk>,
    /// Date of the judgement; today when absent.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub as_of: Option<Date>,
    /// Folder with catalog files that replace the shipped kinds.
    #[serde(default)]
    pub catalog: Option<String>,
    /// What landing points must meet beyond the classification.
    #[serde(default, skip_serializing)]
    #[schemars(skip)]
    pub placement: Elsewhere,
    /// The log in which answers are recorded.
    #[serde(default, skip_serializing)]
    #[schemars(skip)]
    pub log: Elsewhere,
}

/// A section that another crate owns and reads: here it is only let through.
#[derive(Clone, Copy, Debug, Default)]
pub struct Elsewhere;

impl<'de> Deserialize<'de> for Elsewhere {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// Who asks, and whose powers it accepts.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Name for reports.
    #[serde(default)]
    pub name: Option<String>,
    /// Home jurisdictions, for example `[FR, EU]`; all others are foreign.
    #[serde(default)]
    pub home: Vec<String>,
}

/// How courts decide whether somebody controls data.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ControlTest {
    /// Who can get at it in fact.
    #[default]
    PracticalAbility,
    /// Who has a right to get it.
    LegalRight,
}

/// A file or folder to read.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(untagged)]
pub enum Inventory {
    /// Path; the format is detected.
    Path(String),
    /// Path with a named format.
    Named {
        /// Path.
        path: String,
        /// Format name as in `flagstate assess --help`.
        format: String,
    },
}

/// A named set of resources.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WorkloadSpec {
    /// Name.
    pub name: String,
    /// A resource belongs to the first workload any of whose selectors fits it.
    pub select: Vec<Selector>,
    /// `public`, `internal`, `personal`, `health`, `financial-critical`, `classified`, or a word of your own.
    #[serde(default)]
    pub classification: Option<String>,
    /// What must not be possible.
    #[serde(default)]
    pub forbid: Vec<Forbidden>,
    /// Key custody of everything in it, where inventories do not show it.
    #[serde(default)]
    pub key_custody: Option<Custody>,
    /// Whether the provider sees clear text, where inventories do not show it.
    #[serde(default)]
    pub processing: Option<Processing>,
    /// Safeguards in use (catalog ids).
    #[serde(default)]
    pub safeguards: BTreeSet<String>,
}

/// Every given part must fit; text parts may contain `*`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Selector {
    /// Tags: key -> value pattern.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Account, subscription or project.
    #[serde(default)]
    pub account: Option<String>,
    /// Resource group, compartment or Terraform module.
    #[serde(default)]
    pub group: Option<String>,
    /// Kubernetes namespace.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Service name, resource type or capability.
    #[serde(default)]
    pub service: Option<String>,
    /// Provider.
    #[serde(default)]
    pub provider: Option<String>,
    /// Region.
    #[serde(default)]
    pub region: Option<String>,
    /// Identity or name.
    #[serde(default)]
    pub id: Option<String>,
}

/// A requirement: these harms must be cut for powers of these jurisdictions.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Forbidden {
    /// Harms, `H1`..`H5`.
    pub harms: BTreeSet<String>,
    /// Jurisdictions; absent means every foreign one.
    #[serde(default)]
    pub jurisdictions: Vec<String>,
    /// Worst verdict still allowed: `cut` (default), `unknown` or `contested`.
    #[serde(default)]
    pub allow: Option<String>,
    /// The clause that asks for it.
    #[serde(default)]
    pub because: Option<String>,
}

/// A fact that a person states about some resources.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    /// Which resources.
    pub select: Vec<Selector>,
    /// Offering they run on (for what no tool lists, or where the region is missing).
    #[serde(default)]
    pub offering: Option<String>,
    /// Region they run in.
    #[serde(default)]
    pub region: Option<String>,
    /// Key custody.
    #[serde(default)]
    pub key_custody: Option<Custody>,
    /// Processing.
    #[serde(default)]
    pub processing: Option<Processing>,
    /// Safeguards in use.
    #[serde(default)]
    pub safeguards: BTreeSet<String>,
    /// Legal entity the contract is with (catalog entity id or name).
    #[serde(default)]
    pub contracting_entity: Option<String>,
    /// Who says so.
    #[serde(default)]
    pub stated_by: Option<String>,
}

/// An exposure that somebody answers for.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptedRisk {
    /// Workload name.
    pub workload: String,
    /// Harm.
    pub harm: String,
    /// Jurisdiction, or absent for all.
    #[serde(default)]
    pub jurisdiction: Option<String>,
    /// Who accepts.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// First day on which the acceptance is over.
    #[schemars(with = "String")]
    pub until: Date,
}
