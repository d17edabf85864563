//! Waves: in which order workloads move, by dependency, risk and deadline.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::said::Said;

/// One workload in a wave.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Move {
    /// Workload.
    pub workload: String,
    /// Where from: offering ids.
    pub from: Vec<String>,
    /// Candidate id of the landing point.
    pub to: String,
    /// Why it stands in this wave.
    pub because: Vec<Said>,
}

/// One wave.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Wave {
    /// Number, from 1.
    pub number: u32,
    /// What moves.
    pub moves: Vec<Move>,
    /// Days it takes, lowest and highest.
    pub days: (u32, u32),
    /// The last day, where a workload has one.
    pub deadline: Option<Date>,
    /// What must not change, and for how long.
    pub freeze: Vec<Said>,
    /// The way back, and until when it stands open.
    pub rollback: Vec<Said>,
    /// What must be shown before the source may go.
    pub acceptance: Vec<Said>,
}
