//! One sheet per workload: what it must meet, where it lands, what was rejected and by which fact.

use flagstate_catalog::Harm;
use flagstate_estate::{Custody, Processing};
use flagstate_exposure::{HarmVerdict, Visibility};
use flagstate_frameworks::Verdict;
use serde::{Deserialize, Serialize};

use crate::{
    cost::{Amount, Cost},
    said::Said,
    takes::{Gap, Takes},
};

/// An offering with a configuration.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Candidate {
    /// Id: `OFFERING/CUSTODY`, or `(today)` for what runs today as it is.
    pub id: String,
    /// Offering id.
    pub offering: String,
    /// Its name.
    pub name: String,
    /// Position on the spectrum, 0 (commercial region) to 5 (customer-owned, disconnected).
    pub spectrum: Option<u8>,
    /// Who holds the keys.
    pub custody: Custody,
    /// Whether the provider processes clear text.
    pub processing: Processing,
    /// Safeguards that act because of the configuration.
    pub safeguards: Vec<String>,
    /// True when the workload runs there today in this configuration.
    pub today: bool,
}

/// How an option stands after the hard gates.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Every hard gate is met.
    Fits,
    /// No hard gate fails, but some are open: the questions stand beside it.
    Conditional,
    /// A hard gate fails.
    Rejected,
}

/// A requirement as one option answers it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct GateReading {
    /// Requirement id; those of the project begin with `project:`.
    pub requirement: String,
    /// What it asks.
    pub text: Said,
    /// The clause that sets it: framework id and number, or the project's own words.
    pub clause: String,
    /// True when it rules out; false when it only counts against.
    pub hard: bool,
    /// Verdict.
    pub verdict: Verdict,
    /// Why.
    pub because: Vec<Said>,
    /// What to ask.
    pub ask: Vec<Said>,
}

/// A harm that remains.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ResidualHarm {
    /// Harm.
    pub harm: Harm,
    /// Worst verdict of the foreign powers.
    pub verdict: HarmVerdict,
    /// True where a requirement of the workload is about this harm: only these decide the rank.
    pub counts: bool,
    /// The powers with that verdict: instrument ids, at most as many as are shown.
    pub powers: Vec<String>,
    /// Their jurisdictions.
    pub jurisdictions: Vec<String>,
    /// Whether the customer would learn of it.
    pub visibility: Visibility,
    /// The premise that decides a verdict short of reached.
    pub premise: Option<Said>,
}

/// One option with all that is known of it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct LandingPoint {
    /// The option.
    pub candidate: Candidate,
    /// How it stands.
    pub standing: Standing,
    /// Every requirement, read.
    pub gates: Vec<GateReading>,
    /// H1 to H5.
    pub residual: Vec<ResidualHarm>,
    /// What is given up.
    pub gaps: Vec<Gap>,
    /// What it costs.
    pub cost: Cost,
    /// What it takes.
    pub takes: Takes,
}

/// An option that was not taken.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Rejected {
    /// The option.
    pub candidate: Candidate,
    /// The gates that failed, each with its fact.
    pub failing: Vec<GateReading>,
}

/// An option that passes and ranks lower, or that a limit on the whole estate left out.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RunnerUp {
    /// The option.
    pub point: LandingPoint,
    /// The criterion on which it lost, with both values.
    pub lost_on: Said,
}

/// A question to settle before the landing point is certain.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct OpenQuestion {
    /// Requirement id.
    pub requirement: String,
    /// The clause.
    pub clause: String,
    /// The question, or the contested premise that somebody must sign for.
    pub ask: Said,
    /// Where the workload lands instead when the answer is no; none: nowhere among the options.
    pub otherwise: Option<String>,
}

/// What a workload must meet.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Demand {
    /// Requirement id.
    pub requirement: String,
    /// What it asks.
    pub text: Said,
    /// The clause that sets it.
    pub clause: String,
    /// True when it rules out.
    pub hard: bool,
}

/// Where a workload runs today.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Today {
    /// Offering id; none where it is not known.
    pub offering: Option<String>,
    /// Name.
    pub name: String,
    /// Resources there.
    pub resources: u64,
    /// Their cost in a month.
    pub cost: Vec<Amount>,
}

/// One workload.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Sheet {
    /// Name.
    pub workload: String,
    /// Classification as written in the project.
    pub classification: Option<String>,
    /// The set of requirements that was used; differs where nobody classified or the word is not known.
    pub requirements_of: String,
    /// Resources.
    pub resources: u64,
    /// Of these, the ones whose offering or service is not known.
    pub not_known: u64,
    /// Where it runs today.
    pub today: Vec<Today>,
    /// What it must meet, each with its clause.
    pub demands: Vec<Demand>,
    /// Harms that a demand is about, in order: only these decide the rank.
    pub harms_that_count: Vec<Harm>,
    /// What runs today, held against the demands; none where too little is known.
    pub as_is: Option<LandingPoint>,
    /// The landing point; none where every option fails.
    pub chosen: Option<LandingPoint>,
    /// True when it stays where it is.
    pub stays: bool,
    /// Why this one: the criterion that decided against the next option.
    pub decided_by: Vec<Said>,
    /// Questions to settle first.
    pub questions: Vec<OpenQuestion>,
    /// Options that pass and rank lower, best first.
    pub runners_up: Vec<RunnerUp>,
    /// Options that a hard gate ruled out, each with the failing facts.
    pub rejected: Vec<Rejected>,
}
