//! What an assessment says: plain data for reports and gates. Built by `assess`, never changed afterwards.

use std::collections::{BTreeMap, BTreeSet};

use flagstate_catalog::{Date, Harm};
use flagstate_estate::{
    InputLedger, Money, Processing,
    config::{AcceptedRisk, ControlTest, Forbidden},
};
use serde::Serialize;

use crate::{
    answer::{Chain, Ground, Premise},
    transfer::Transfer,
    verdict::{Challenge, HarmVerdict, Verdict, Visibility},
};

/// The whole assessment.
#[derive(Clone, Debug, Serialize)]
pub struct Assessment {
    /// Name of the organisation, where given.
    pub organisation: Option<String>,
    /// Date of the judgement.
    pub as_of: Date,
    /// Control test used.
    pub control_test: ControlTest,
    /// Home jurisdictions.
    pub home: Vec<String>,
    /// SHA-256 of the catalog used.
    pub catalog_digest: String,
    /// Assumed changes of facts.
    pub assumed: Vec<String>,
    /// What became of every row read.
    pub inputs: Vec<InputLedger>,
    /// Resources in all.
    pub resources: u64,
    /// Resources that more than one input shows.
    pub in_several_inputs: u64,
    /// Cost seen in all.
    pub cost: Money,
    /// Workloads in the order of the project file.
    pub workloads: Vec<WorkloadAnswer>,
    /// Classes that were judged.
    pub classes: Vec<ClassAnswer>,
    /// What is not known, by reason and name: count and cost.
    pub unknowns: Vec<Unknown>,
    /// Facts on which inputs of the same rank disagree.
    pub contradictions: Vec<Contradiction>,
    /// How good the ground is.
    pub ground: Ground,
    /// Powers that need nobody's help and therefore stand outside all chains (instrument ids).
    pub outside_chains: Vec<String>,
}

/// One workload.
#[derive(Clone, Debug, Serialize)]
pub struct WorkloadAnswer {
    /// Name.
    pub name: String,
    /// Classification in the project's words.
    pub classification: Option<String>,
    /// Resources.
    pub resources: u64,
    /// Resources that hold customers' data as far as the catalog knows.
    pub holding_data: u64,
    /// Cost seen.
    pub cost: Money,
    /// Harms by foreign powers and by home powers.
    pub harms: BTreeMap<Harm, WorkloadHarm>,
    /// Powers that reach it, foreign first, worst first.
    pub powers: Vec<Power>,
    /// Sentence 3: worst visibility among the foreign powers that reach it.
    pub would_know: Option<Visibility>,
    /// Sentence 4.
    pub in_the_way: InTheWay,
    /// Where its parts run: offering id -> resources.
    pub offerings: BTreeMap<String, u64>,
    /// Indexes into [`Assessment::classes`].
    pub classes: Vec<usize>,
    /// Assumptions made in the cautious direction, with how many resources rest on each.
    pub assumptions: BTreeMap<String, u64>,
    /// Resources that could not be judged, and their cost.
    pub not_judged: (u64, Money),
    /// Transfer legality, judged beside the exposure.
    pub transfer: Vec<Transfer>,
    /// Requirements that do not hold.
    pub findings: Vec<Finding>,
}

/// A harm of a workload.
#[derive(Clone, Debug, Serialize)]
pub struct WorkloadHarm {
    /// Worst over foreign powers and classes.
    pub foreign: HarmVerdict,
    /// Worst over home powers and classes.
    pub home: HarmVerdict,
    /// Resources for which a foreign power reaches or may reach it.
    pub exposed_resources: u64,
    /// Their cost.
    pub exposed_cost: Money,
}

/// A power that reaches, or may reach, a workload.
#[derive(Clone, Debug, Serialize)]
pub struct Power {
    /// Instrument id.
    pub instrument: String,
    /// Name.
    pub name: String,
    /// Citation.
    pub citation: Option<String>,
    /// Whose power.
    pub jurisdiction: String,
    /// Name of that jurisdiction.
    pub jurisdiction_name: String,
    /// True for a home power.
    pub home: bool,
    /// L1 on the date.
    pub in_force: Verdict,
    /// Verdict and premise per harm, worst over classes.
    pub harms: BTreeMap<Harm, PowerHarm>,
    /// L6.
    pub visibility: Visibility,
    /// L7.
    pub challenge: Challenge,
    /// Who would be served, in the open chains: entity id -> name.
    pub addressees: BTreeMap<String, String>,
    /// Resources reached or possibly reached.
    pub resources: u64,
    /// Their cost.
    pub cost: Money,
    /// The strongest chain, for drawing.
    pub chain: Option<Chain>,
    /// Offerings concerned.
    pub offerings: BTreeSet<String>,
}

/// One harm of one power.
#[derive(Clone, Debug, Serialize)]
pub struct PowerHarm {
    /// Verdict.
    pub verdict: HarmVerdict,
    /// Deciding premise.
    pub premise: Option<Premise>,
}

/// What stands in the way of the foreign powers.
#[derive(Clone, Debug, Default, Serialize)]
pub struct InTheWay {
    /// Safeguards that weaken or cut a link: id -> links.
    pub safeguards: BTreeMap<String, BTreeSet<String>>,
    /// Best route of challenge among the powers that reach it.
    pub challenge: Option<Challenge>,
    /// Smallest sets of safeguards that would end a harm for every class, by harm: from what the offerings have.
    pub ends_with: BTreeMap<Harm, Vec<Vec<String>>>,
    /// The same, were the data only stored.
    pub ends_if_stored_only: BTreeMap<Harm, Vec<Vec<String>>>,
}

/// A judged class.
#[derive(Clone, Debug, Serialize)]
pub struct ClassAnswer {
    /// Offering id, or none when not known.
    pub offering: Option<String>,
    /// Provider as known.
    pub provider: Option<String>,
    /// Capability id.
    pub capability: Option<String>,
    /// Safeguards that act.
    pub safeguards: Vec<String>,
    /// Processing used.
    pub processing: Processing,
    /// Entity on the bill, when the catalog knows it.
    pub contracting_entity: Option<String>,
    /// Resources in the whole estate.
    pub resources: u64,
    /// Their cost.
    pub cost: Money,
    /// Worst foreign verdict per harm.
    pub harms: BTreeMap<Harm, HarmVerdict>,
}

/// Something the catalog does not know.
#[derive(Clone, Debug, Serialize)]
pub struct Unknown {
    /// Reason in words.
    pub reason: String,
    /// Name as the inputs have it.
    pub name: String,
    /// Resources.
    pub resources: u64,
    /// Cost.
    pub cost: Money,
    /// True when the verdict of these resources is unknown because of it.
    pub blocks_verdict: bool,
}

/// A field on which inputs disagree.
#[derive(Clone, Debug, Serialize)]
pub struct Contradiction {
    /// Resource id.
    pub resource: String,
    /// Field.
    pub field: String,
    /// Values seen.
    pub values: BTreeSet<String>,
}

/// A requirement that does not hold.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Workload.
    pub workload: String,
    /// Harm.
    pub harm: Harm,
    /// Instrument id.
    pub instrument: String,
    /// Jurisdiction.
    pub jurisdiction: String,
    /// Verdict found.
    pub verdict: HarmVerdict,
    /// Worst verdict the requirement allows.
    pub allowed: HarmVerdict,
    /// Deciding premise.
    pub premise: Option<Premise>,
    /// The requirement.
    pub requirement: Forbidden,
    /// Who has accepted it, when somebody has and the date is not over.
    pub accepted: Option<AcceptedRisk>,
    /// An acceptance that is over.
    pub acceptance_expired: Option<AcceptedRisk>,
    /// Up to some resources concerned, by id.
    pub examples: Vec<String>,
}
