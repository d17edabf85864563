//! Resources: one thing that an inventory lists, and what was seen of it where.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use flagstate_catalog::services::DataKind;

use crate::{money::Money, name::Name, tags::Tags};

/// Who holds the key, strongest for the customer last.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Custody {
    /// The provider holds and uses the key.
    Provider,
    /// The customer's key, in the provider's HSM.
    CustomerKeyInProviderHsm,
    /// An external key store that the provider must call.
    ExternalKeyStore,
    /// Encrypted before upload; the provider never has the key.
    ClientSide,
}

/// What the provider does with the data.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Processing {
    /// Processed in clear (the cautious default).
    InClear,
    /// Stored only.
    AtRest,
}

/// How much an input knows about what decides the verdict; the smaller wins where two inputs differ.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// A person wrote it for this purpose (list, flagstate.yaml).
    Stated,
    /// The provider's own inventory of what exists.
    Inventory,
    /// An infrastructure tool's state.
    State,
    /// A plan: what will exist.
    Plan,
    /// A bill.
    Bill,
}

/// Why something about a resource is not known.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownReason {
    /// The provider is not in the catalog or not named.
    Provider,
    /// The resource type is not in the catalog.
    Type,
    /// The service name is not in the catalog.
    Service,
    /// The region is not in the catalog or not named.
    Region,
    /// The region name fits more than one region of the provider.
    AmbiguousRegion,
    /// No offering of the catalog fits provider and region.
    Offering,
}

impl UnknownReason {
    /// For readers.
    pub fn text(self) -> &'static str {
        match self {
            Self::Provider => "provider not in the catalog",
            Self::Type => "resource type not in the catalog",
            Self::Service => "service name not in the catalog",
            Self::Region => "region not stated or not in the catalog",
            Self::AmbiguousRegion => "region name fits more than one region",
            Self::Offering => "no offering in the catalog fits provider and region",
        }
    }
}

/// What one input says about one resource; importers make these. Fields that the input is silent on stay `None`.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// Identity keys, most specific first: ARN, lower-case ARM id, full resource name, `provider:service:id`. Two
    /// observations that share a key are the same resource. Never empty.
    pub keys: Vec<String>,
    /// Rows of the input that this stands for (a bill collapses many).
    pub rows: u64,
    /// Display name.
    pub name: Option<String>,
    /// Provider id of the catalog, or the raw name when unknown.
    pub provider: Option<String>,
    /// Offering id of the catalog.
    pub offering: Option<String>,
    /// Region code of the catalog, or the raw name when unknown.
    pub region: Option<String>,
    /// Service name as the input has it.
    pub service: Option<String>,
    /// Resource type as the input has it.
    pub resource_type: Option<String>,
    /// Capability id of the catalog.
    pub capability: Option<String>,
    /// Account, subscription, project.
    pub account: Option<String>,
    /// Resource group, compartment, Terraform module.
    pub group: Option<String>,
    /// Kubernetes namespace.
    pub namespace: Option<String>,
    /// Tags and labels.
    pub tags: Tags,
    /// Legal entity that issues the invoice or sells.
    pub contracting_entity: Option<String>,
    /// Provider whose infrastructure hosts it (FOCUS `HostProviderName`).
    pub host_provider: Option<String>,
    /// Key custody.
    pub custody: Option<Custody>,
    /// Processing.
    pub processing: Option<Processing>,
    /// Safeguards (catalog ids) that the input shows in use.
    pub safeguards: BTreeSet<String>,
    /// What data it holds.
    pub data_kind: Option<DataKind>,
    /// True when it holds customers' bytes, identities or keys.
    pub holds_data: Option<bool>,
    /// Cost seen.
    pub cost: Money,
    /// What could not be resolved.
    pub unknown: BTreeSet<UnknownReason>,
}

/// One thing that runs, merged from everything seen of it.
#[derive(Clone, Debug, Serialize)]
pub struct Resource {
    /// Smallest identity key.
    pub id: Name,
    /// Display name.
    pub name: Option<Name>,
    /// Provider id or raw name.
    pub provider: Option<Name>,
    /// Offering id.
    pub offering: Option<Name>,
    /// Region code or raw name.
    pub region: Option<Name>,
    /// Service name.
    pub service: Option<Name>,
    /// Resource type.
    pub resource_type: Option<Name>,
    /// Capability id.
    pub capability: Option<Name>,
    /// Account.
    pub account: Option<Name>,
    /// Resource group, compartment, module.
    pub group: Option<Name>,
    /// Kubernetes namespace.
    pub namespace: Option<Name>,
    /// Tags.
    pub tags: Tags,
    /// Legal entity on the bill.
    pub contracting_entity: Option<Name>,
    /// Hosting provider.
    pub host_provider: Option<Name>,
    /// Key custody, where an input says so.
    pub custody: Option<Custody>,
    /// Processing, where an input says so.
    pub processing: Option<Processing>,
    /// Safeguards seen in use.
    pub safeguards: BTreeSet<String>,
    /// Data kind.
    pub data_kind: Option<DataKind>,
    /// Holds data.
    pub holds_data: Option<bool>,
    /// Cost.
    pub cost: Money,
    /// What is not known.
    pub unknown: BTreeSet<UnknownReason>,
    /// Inputs that show it, as indexes into [`Estate::inputs`].
    pub inputs: Vec<u32>,
    /// Fields on which inputs of the same rank disagree: field -> values seen.
    pub contradictions: BTreeMap<String, BTreeSet<String>>,
}

/// What became of every row of one input: `rows = resources + merged + ignored + unknown`.
#[derive(Clone, Debug, Serialize)]
pub struct InputLedger {
    /// File name as given.
    pub name: String,
    /// Detected or named format.
    pub format: String,
    /// Rank.
    pub rank: Rank,
    /// Rows read.
    pub rows: u64,
    /// Distinct resources in this input.
    pub resources: u64,
    /// Rows on a resource that this input had already shown.
    pub merged: u64,
    /// Rows left out, by reason.
    pub ignored: BTreeMap<String, u64>,
    /// Rows about something that the catalog does not know, kept and listed.
    pub unknown: u64,
    /// Remarks for the reader (unsupported parts, tolerated defects).
    pub notes: BTreeSet<String>,
}

/// Everything seen, merged.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Estate {
    /// Inputs in name order.
    pub inputs: Vec<InputLedger>,
    /// Resources in id order.
    pub resources: Vec<Resource>,
    /// Resources that more than one input shows.
    pub in_several_inputs: u64,
}
