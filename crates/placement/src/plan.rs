//! The plan: immutable, canonical, hashed; every later change is another plan.

use flagstate_estate::config::ControlTest;
use flagstate_evidence::{hex::Digest, jcs};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    board::{BoardQuestion, Trigger},
    cost::{Amount, Range},
    said::Said,
    sheet::Sheet,
    waves::Wave,
};

/// Word for the shape of the document.
pub const SCHEMA: &str = "flagstate-plan/1";

/// A file that was read.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct InputSeen {
    /// Name.
    pub name: String,
    /// Format.
    pub format: String,
    /// Rows.
    pub rows: u64,
}

/// A share of the estate under one ultimate parent.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Concentration {
    /// Which view: `technical` (whose machines and software), `legal` (who owns the operator in the end),
    /// `political` (whose powers reach it).
    pub view: String,
    /// Entity id or jurisdiction.
    pub parent: String,
    /// Name.
    pub name: String,
    /// Share today, in hundredths of a per cent.
    pub today_basis_points: u32,
    /// Share under this plan.
    pub planned_basis_points: u32,
    /// Highest share allowed, where the project sets one.
    pub limit_basis_points: Option<u32>,
}

/// What proves that no better portfolio exists.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Proof {
    /// Criterion, in the order of the ranking.
    pub criterion: String,
    /// Value reached.
    pub value: i64,
    /// Lower bound that was proven.
    pub bound: i64,
    /// True when both are equal.
    pub optimal: bool,
}

/// The choice over all workloads.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Portfolio {
    /// What was measured for shares: `cost` or `resources`.
    pub measured_by: String,
    /// Workloads that must land together.
    pub groups: Vec<Vec<String>>,
    /// Shares under one parent.
    pub concentration: Vec<Concentration>,
    /// Limit on the month at the landing points, where the project sets one.
    pub budget: Option<Amount>,
    /// The proof, criterion by criterion.
    pub proof: Vec<Proof>,
    /// How it was solved, in words.
    pub solved_by: String,
    /// Workloads that would land elsewhere if each stood alone: workload and what it gave up.
    pub bent: Vec<Said>,
    /// Why no portfolio keeps every limit, where none does.
    pub infeasible: Vec<Said>,
}

/// Sums over all workloads.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Totals {
    /// Month today.
    pub today: Vec<Amount>,
    /// Month at the landing points, as far as list prices compare.
    pub target: Vec<Range>,
    /// Part of today's month without a comparable list price.
    pub not_priced: Vec<Amount>,
    /// Double running.
    pub double_running: Vec<Range>,
    /// Egress before the day on which it must be free.
    pub egress_before: Vec<Range>,
    /// Egress from that day on.
    pub egress_after: Vec<Range>,
    /// One-off work, in person-days.
    pub effort_days: (u32, u32),
}

/// The plan.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Plan {
    /// Shape.
    pub schema: String,
    /// Version of the program.
    pub made_by: String,
    /// SHA-256 of the plan that this one follows, where somebody said so.
    pub parent: Option<String>,
    /// Date of the judgement.
    pub as_of: Date,
    /// Organisation.
    pub organisation: Option<String>,
    /// Home jurisdictions.
    pub home: Vec<String>,
    /// Control test.
    pub control_test: ControlTest,
    /// Digest of the catalog.
    pub catalog_digest: String,
    /// Digest of the placement's own data (prices, moves, candidates).
    pub data_digest: String,
    /// Assumed changes of facts.
    pub assumed: Vec<String>,
    /// What was read.
    pub inputs: Vec<InputSeen>,
    /// One sheet per workload, in the order of the project.
    pub sheets: Vec<Sheet>,
    /// The choice over all of them.
    pub portfolio: Portfolio,
    /// Sums.
    pub totals: Totals,
    /// Waves.
    pub waves: Vec<Wave>,
    /// Five questions for the board.
    pub board: Vec<BoardQuestion>,
    /// Events to watch, with the placements that they would flip.
    pub triggers: Vec<Trigger>,
    /// What this plan does not show.
    pub not_shown: Vec<Said>,
}

impl Plan {
    /// The canonical form (RFC 8785): what is written and hashed. A plan holds whole numbers only, so this cannot fail on one
    /// that was made here.
    pub fn canonical(&self) -> Result<Vec<u8>, jcs::JcsError> {
        jcs::to_vec(self)
    }

    /// SHA-256 of the canonical form: the name of the plan.
    pub fn digest(&self) -> Result<String, jcs::JcsError> {
        Ok(Digest::of(&self.canonical()?).to_string())
    }
}
