//! Five questions for the board, each with the artefact that answers it, and the dated events that flip the answer.

use serde::{Deserialize, Serialize};

use crate::said::Said;

/// A question that only the board can answer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct BoardQuestion {
    /// Number, from 1.
    pub number: u32,
    /// The question.
    pub question: Said,
    /// The artefact that answers it, and how it is made.
    pub artefact: Said,
    /// What this plan says to it, in short.
    pub answer: Vec<Said>,
}

/// A pending event to watch.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Trigger {
    /// Id of the pending event.
    pub id: String,
    /// What it is.
    pub event: String,
    /// When, as far as anybody says.
    pub expected: Option<String>,
    /// What it would change.
    pub outcomes: Vec<Outcome>,
}

/// One way a pending event may go.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Outcome {
    /// What to assume: `ID=value`.
    pub assume: String,
    /// In words.
    pub outcome: String,
    /// Placements that flip.
    pub flips: Vec<Flip>,
}

/// A placement that changes under an assumption.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Flip {
    /// Workload.
    pub workload: String,
    /// Candidate id before; none: nowhere.
    pub from: Option<String>,
    /// Candidate id after; none: nowhere.
    pub to: Option<String>,
    /// Why.
    pub because: Vec<Said>,
}
