//! Entities and control edges: who stands above, below and beside whom.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::fact::Status;

/// How one entity holds another.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlKind {
    /// Shares or votes.
    Equity,
    /// Technology under licence.
    Licence,
    /// People.
    Staffing,
    /// Machines, software operation or access.
    Technical,
    /// A contract.
    Contract,
}

/// What ties an entity to a state other than its seat.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactKind {
    /// Does business, has sites or sells there.
    Business,
    /// A subsidiary there that the graph does not name.
    Subsidiary,
    /// Staff with access there.
    Staff,
    /// Searched, none found: an absence with a date.
    None,
    /// Depends on the customer who asks.
    Customer,
}

/// A tie between an entity and a state.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Contact {
    /// State or bloc.
    pub jurisdiction: String,
    /// Which tie.
    pub kind: ContactKind,
    /// Supporting fact, where there is one.
    #[serde(default)]
    pub fact: Option<String>,
    /// Day of the search or observation.
    #[serde(default)]
    pub as_of: Option<Date>,
}

/// A legal person.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Entity {
    /// Public id, for example `ovh`.
    pub id: String,
    /// Registered name.
    #[serde(default)]
    pub name: String,
    /// Seat, ISO 3166; `*` when it is not known or depends on who asks.
    #[serde(default)]
    pub country: Option<String>,
    /// Kind in words (`operating`, `holding`, `placeholder`, ...).
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// Legal Entity Identifier.
    #[serde(default)]
    pub lei: Option<String>,
    /// Other names under which bills and registers know it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Ties to states other than the seat.
    #[serde(default)]
    pub contacts: Vec<Contact>,
    /// Reservation in words.
    #[serde(default)]
    pub caveat: Option<String>,
}

impl Entity {
    /// The seat, when known.
    pub fn seat(&self) -> Option<&str> {
        self.country.as_deref().filter(|c| *c != "*" && !c.is_empty())
    }

    /// True for the placeholder that stands for the organisation that asks.
    pub fn is_customer(&self) -> bool {
        self.contacts.iter().any(|c| c.kind == ContactKind::Customer)
    }
}

/// One entity's hold over another, dated.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Edge {
    /// Who holds.
    pub owner: String,
    /// Who is held.
    pub owned: String,
    /// How.
    pub control_kind: ControlKind,
    /// Share in per cent, when known.
    #[serde(default)]
    pub percent: Option<f64>,
    /// Truth in the world.
    #[serde(default)]
    pub status: Status,
    /// First day.
    #[serde(default)]
    pub valid_from: Option<Date>,
    /// First day it is over.
    #[serde(default)]
    pub valid_to: Option<Date>,
    /// The fact that records it.
    #[serde(default)]
    pub fact: Option<String>,
    /// True for accounting consolidation: a hint, not control.
    #[serde(default)]
    pub consolidation_only: bool,
}

impl Edge {
    /// Id shown to readers: the fact, or owner and owned.
    pub fn id(&self) -> String {
        self.fact.clone().unwrap_or_else(|| format!("edge:{}>{}", self.owner, self.owned))
    }

    /// True when the edge acts on `date`: begun, not over, neither announced nor repealed.
    pub fn acts_on(&self, date: Date) -> bool {
        !self.consolidation_only
            && self.status != Status::Announced
            && self.valid_from.is_none_or(|d| d <= date)
            && self.valid_to.is_none_or(|d| date < d)
            && (self.status != Status::Repealed || self.valid_to.is_some())
    }
}
