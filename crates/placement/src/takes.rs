//! What it takes and what is given up: service by service, with the tool and a band of effort.

use serde::{Deserialize, Serialize};

use crate::said::Said;

/// What the landing point has in place of a service.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// It stays where it is.
    Stays,
    /// A service that does the same.
    Equivalent,
    /// One that does it in part, in beta, or whose scope is not sure.
    Partial,
    /// None; open source run by oneself on the landing point does the same.
    OpenSource,
    /// None is known.
    None,
    /// The catalog does not say.
    Unknown,
}

/// How much work.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effort {
    /// Nothing to do.
    #[default]
    None,
    /// Days.
    Low,
    /// Weeks.
    Medium,
    /// Months.
    High,
}

/// One service of a workload and what becomes of it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Service {
    /// Capability id; none where the inventory's type is not known.
    pub capability: Option<String>,
    /// Name.
    pub name: String,
    /// Resources concerned.
    pub resources: u64,
    /// True where it holds data that must move.
    pub holds_data: bool,
    /// What the landing point has.
    pub at_target: Match,
    /// Its product there, or the open-source programs.
    pub product: Option<String>,
    /// What is known of the offer: status word, evidence, reservation.
    pub evidence: Option<Said>,
    /// True where `flagstate move` moves its data.
    pub moved_by_us: bool,
    /// How it moves, in words.
    pub how: String,
    /// Tools.
    pub tools: Vec<String>,
    /// Effort.
    pub effort: Effort,
    /// Person-days, lowest and highest.
    pub effort_days: (u32, u32),
}

/// Everything that a move of a workload takes.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Takes {
    /// Service by service.
    pub services: Vec<Service>,
    /// Highest effort among them.
    pub effort: Effort,
    /// Person-days, lowest and highest.
    pub effort_days: (u32, u32),
    /// Days until out again: notice, transition, work; lowest and highest.
    pub exit_days: (u32, u32),
}

/// Something that is given up.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Gap {
    /// Capability id.
    pub capability: String,
    /// Name.
    pub name: String,
    /// What there is instead.
    pub instead: Match,
    /// True where the project demands it: the option is rejected.
    pub demanded: bool,
    /// Why, with what the catalog knows.
    pub because: Said,
}
