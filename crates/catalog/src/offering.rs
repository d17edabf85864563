//! Cloud offerings and safeguards.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{fact::Status, law::Link};

/// A1 to A6: what marketing mixes up with the chain.
pub type AttributeName = String;

/// First and last day of something.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Dates {
    /// First day.
    pub from: Option<Date>,
    /// First day it is over.
    pub until: Option<Date>,
}

impl Dates {
    /// True on days from `from` (inclusive) to `until` (exclusive).
    pub fn contain(&self, date: Date) -> bool {
        self.from.is_none_or(|d| d <= date) && self.until.is_none_or(|d| date < d)
    }
}

/// What a safeguard does to a link, weakest first.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectOn {
    /// Nothing.
    #[default]
    #[serde(alias = "not_applicable")]
    LeavesAlone,
    /// Lets somebody see routine access; stops nothing.
    MakesVisibleOnly,
    /// Adds a risk; stops nothing.
    CreatesRisk,
    /// Makes it harder.
    Weakens,
    /// May stop it; nobody has decided.
    Untested,
    /// Stops it.
    Cuts,
}

/// A measure that acts on links.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Safeguard {
    /// Public id, for example `hyok_xks`.
    pub id: String,
    /// Name.
    #[serde(default)]
    pub name: String,
    /// Effect per link.
    #[serde(default)]
    pub effects: BTreeMap<Link, EffectOn>,
    /// Effect per link while data are processed in clear, where it differs.
    #[serde(default)]
    pub effects_in_clear: Option<BTreeMap<Link, EffectOn>>,
    /// Attribute values it gives (A1..A6).
    #[serde(default)]
    pub attributes: BTreeMap<AttributeName, String>,
    /// Attribute values for one service: service -> attribute -> value, with an optional `from` date.
    #[serde(default)]
    pub attributes_by_service: BTreeMap<String, BTreeMap<String, String>>,
    /// True where what it does was never published: it is named, never credited.
    #[serde(default)]
    pub undisclosed: bool,
    /// Truth in the world of what it claims.
    #[serde(default)]
    pub status: Status,
    /// Why it acts as it does, in words.
    #[serde(default)]
    pub reasoning: Option<String>,
    /// What must be so for it to act.
    #[serde(default)]
    pub preconditions: Vec<String>,
    /// What it does not do.
    #[serde(default)]
    pub limits: Vec<String>,
    /// Who holds the keys where it is in use: `provider`, `customer_key_in_provider_hsm`, `external_key_store` or
    /// `client_side`; none where it says nothing about keys.
    #[serde(default)]
    pub custody: Option<String>,
    /// EDPB Recommendations 01/2020 use case, in words.
    #[serde(default, deserialize_with = "text_or_number")]
    pub edpb_use_case: Option<String>,
    /// Facts or sources.
    #[serde(default)]
    pub facts: Vec<String>,
}

/// A cloud offering: operated by an entity, built on a licensor's technology, in regions.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Offering {
    /// Public id, for example `aws-eusc`.
    pub id: String,
    /// Name.
    #[serde(default)]
    pub name: String,
    /// Who operates it.
    #[serde(default)]
    pub operator_entity: Option<String>,
    /// Who the customer contracts with, where it differs.
    #[serde(default)]
    pub contracting_entity: Option<String>,
    /// Last owners, for display; the graph decides.
    #[serde(default)]
    pub ultimate_parents: Vec<String>,
    /// Whose technology it runs under licence.
    #[serde(default)]
    pub technology_licensor: Option<String>,
    /// Offerings on whose machines it runs.
    #[serde(default)]
    pub hosted_on: Vec<String>,
    /// Other entities that process data for it.
    #[serde(default)]
    pub subprocessors: Vec<String>,
    /// Safeguards that act by default.
    #[serde(default)]
    pub built_in: Vec<String>,
    /// Safeguards that act where the estate says they are used.
    #[serde(default)]
    pub available: Vec<String>,
    /// Dates of safeguards.
    #[serde(default)]
    pub safeguard_dates: BTreeMap<String, Dates>,
    /// What makes a transfer lawful (safeguard ids that speak to A6).
    #[serde(default)]
    pub transfer_basis: Vec<String>,
    /// Position on the spectrum, 0 (commercial region) to 5 (customer-owned, disconnected).
    #[serde(default)]
    pub spectrum_position: Option<u8>,
    /// Facts.
    #[serde(default)]
    pub facts: Vec<String>,
    /// Day of the summary.
    #[serde(default)]
    pub as_of: Option<Date>,
    /// Known gaps, in words.
    #[serde(default)]
    pub known_gaps: Vec<String>,
}

fn text_or_number<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    Ok(match Option::<serde_json::Value>::deserialize(d)? {
        None | Some(serde_json::Value::Null) => None,
        Some(serde_json::Value::String(s)) => Some(s),
        Some(other) => Some(other.to_string()),
    })
}
