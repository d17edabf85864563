//! Law as data: jurisdictions, instruments, the legal rules that turn relations into link verdicts, and events.
//!
//! Deliberately absent: any name of a law or a state. Rules are found by id (`L3-SEAT`), never by content.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::fact::Status;

/// A state or bloc whose law binds somebody.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Jurisdiction {
    /// ISO 3166 code, or the code of a bloc.
    pub id: String,
    /// English name.
    pub name: String,
    /// Name in French and German (`fr`, `de`).
    pub names: BTreeMap<String, String>,
    /// `state` or `bloc`.
    pub kind: String,
    /// Position under the GDPR: `union`, `member`, `third_country_adequate`, `third_country_partial`, `third_country_none`.
    #[serde(rename = "gdpr_position")]
    pub transfer_position: Option<String>,
    /// Fact id of the adequacy decision, where there is one.
    pub adequacy: Option<String>,
    /// Blocs it belongs to; a bloc's powers bind whoever sits in a member.
    pub memberships: Vec<String>,
    /// Facts about it.
    pub facts: Vec<String>,
}

impl Jurisdiction {
    /// Name in a language, else in English.
    pub fn name_in(&self, language: &str) -> &str {
        self.names.get(language).unwrap_or(&self.name)
    }

    /// True for the bloc whose members count as inside for transfers.
    pub fn is_union(&self) -> bool {
        self.transfer_position.as_deref() == Some("union")
    }

    /// True for the Union and its members: no transfer rule stands between them.
    pub fn is_in_the_union(&self) -> bool {
        matches!(self.transfer_position.as_deref(), Some("union" | "member"))
    }
}

/// What an instrument is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InstrumentKind {
    /// Orders somebody to hand over or do something.
    #[default]
    Compulsion,
    /// Collects without anybody's help.
    CollectionWithoutProvider,
    /// Cuts a service off.
    ServiceCutoff,
    /// A route to challenge an order.
    ChallengeRoute,
    /// Defines a term of another instrument.
    Definition,
    /// Makes a transfer lawful.
    TransferMechanism,
    /// Forbids compliance with foreign orders.
    Blocking,
    /// Binds public buyers.
    ProcurementRule,
    /// A label.
    Certification,
}

/// What a chain can do. Ordered H1 to H5.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Harm {
    /// Content readable.
    H1,
    /// Content as ciphertext.
    H2,
    /// Metadata, account and log data.
    H3,
    /// Service cut off or degraded.
    H4,
    /// Silent modification or forced assistance.
    H5,
}

/// One step of the chain.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Link {
    /// In force.
    L1,
    /// Addressee.
    L2,
    /// Jurisdiction.
    L3,
    /// Control.
    L4,
    /// Intelligible.
    L5,
    /// Visible.
    L6,
    /// Challenge.
    L7,
}

/// A court or authority decision on how far an instrument reached, harm by harm.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Precedent {
    /// The fact that records it.
    pub fact: String,
    /// Grounds of L3 it speaks to (`subsidiary`, `business`, ...).
    pub grounds: Vec<String>,
    /// Harms for which an order was actually made.
    pub harms: Vec<Harm>,
}

/// A legal power, or a rule that bounds one.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Instrument {
    /// Public id, for example `us.sca`.
    pub id: String,
    /// Name.
    #[serde(default)]
    pub name: String,
    /// Citation of the text.
    #[serde(default)]
    pub citation: Option<String>,
    /// Whose power it is.
    #[serde(default)]
    pub issuing_jurisdiction: String,
    /// What it is.
    #[serde(default)]
    pub kind: InstrumentKind,
    /// State of the text in words (`in_force`, `proposal`, ...); see [`crate::Vocabulary::states_without_force`].
    #[serde(default)]
    pub state: Option<String>,
    /// First day in force.
    #[serde(default)]
    pub valid_from: Option<Date>,
    /// First day no longer in force.
    #[serde(default)]
    pub valid_to: Option<Date>,
    /// First day on which running orders no longer bind, after a lapse.
    #[serde(default)]
    pub effect_until: Option<Date>,
    /// Pending event that decides what comes after a lapse.
    #[serde(default)]
    pub undecided: Option<String>,
    /// Set by an assumption: the lapse was undone.
    #[serde(default)]
    pub revived: bool,
    /// Set by an assumption: nothing binds any more.
    #[serde(default)]
    pub ended: bool,
    /// What it can do.
    #[serde(default)]
    pub harms: Vec<Harm>,
    /// L2 for an ordinary cloud provider: `holds`, `contested`, `cut`, `unknown`.
    #[serde(default)]
    pub addressee: Option<String>,
    /// L3 grounds whose verdict differs from the rule table (ground -> verdict).
    #[serde(default)]
    pub grounds: BTreeMap<String, String>,
    /// Decisions on its reach.
    #[serde(default)]
    pub precedents: Vec<Precedent>,
    /// L6: `visible`, `may_be_gagged`, `gagged`.
    #[serde(default)]
    pub notice_to_customer: Option<String>,
    /// L7: `open`, `friction`, `closed`.
    #[serde(default)]
    pub challenge_for_customer: Option<String>,
    /// Instruments that forbid or weigh against compliance.
    #[serde(default)]
    pub blocked_or_limited_by: Vec<String>,
    /// Facts it rests on.
    #[serde(default)]
    pub facts: Vec<String>,
    /// Who it reaches, in words.
    #[serde(default)]
    pub personal_reach: Option<String>,
    /// Control test, in words.
    #[serde(default)]
    pub control_test: Option<String>,
    /// Territorial reach, in words.
    #[serde(default)]
    pub territorial_reach: Option<String>,
    /// Who authorises, in words.
    #[serde(default)]
    pub authorised_by: Option<String>,
    /// Secrecy, in words.
    #[serde(default)]
    pub secrecy: Option<String>,
    /// Challenge route, in words.
    #[serde(default)]
    pub challenge_route: Option<String>,
    /// Name in French and German (`fr`, `de`).
    #[serde(default)]
    pub names: BTreeMap<String, String>,
    /// One sentence for readers: who can use it, on whom, with which secrecy.
    #[serde(default)]
    pub about: Option<String>,
}

impl Instrument {
    /// Name in a language, else in English.
    pub fn name_in(&self, language: &str) -> &str {
        self.names.get(language).unwrap_or(&self.name)
    }
}

/// One legal rule of the judgement, as a lawyer reviews it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Rule {
    /// Stable id, for example `L3-SEAT`.
    pub id: String,
    /// The link it concludes on; none for rules on harms.
    #[serde(default)]
    pub link: Option<Link>,
    /// Verdict it concludes under the practical-ability test (and where both tests agree).
    pub verdict: String,
    /// Verdict under the legal-right test, where it differs.
    #[serde(default)]
    pub verdict_legal_right: Option<String>,
    /// Authority.
    #[serde(default)]
    pub citation: Option<String>,
    /// What must be so.
    #[serde(default)]
    pub premises: Vec<String>,
    /// What follows.
    #[serde(default)]
    pub conclusion: String,
    /// Text for readers, by language (`en`, `fr`, `de`).
    #[serde(default)]
    pub text: BTreeMap<String, String>,
    /// Facts that support the rule.
    #[serde(default)]
    pub facts: Vec<String>,
}

/// Something that happened.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Event {
    /// Public id, `T-...`.
    pub id: String,
    /// Day.
    #[serde(default)]
    pub date: Option<String>,
    /// Kind in words.
    #[serde(default)]
    pub kind: Option<String>,
    /// `happened`, `expected`, ...
    #[serde(default)]
    pub status: Option<String>,
    /// What.
    #[serde(default)]
    pub event: String,
    /// Facts.
    #[serde(default)]
    pub facts: Vec<String>,
}

/// Something that may happen, with its branches.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Pending {
    /// Public id, `P-...`.
    pub id: String,
    /// When, in words.
    #[serde(default)]
    pub expected: Option<String>,
    /// What.
    #[serde(default)]
    pub event: String,
    /// Outcomes.
    #[serde(default)]
    pub branches: Vec<Branch>,
    /// Facts.
    #[serde(default)]
    pub facts: Vec<String>,
}

/// One outcome of a pending event.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Branch {
    /// Short value for `--assume`, for example `revived`.
    #[serde(default)]
    pub value: Option<String>,
    /// The outcome in words.
    #[serde(default, rename = "if_", alias = "if")]
    pub outcome: String,
    /// What follows, in words.
    #[serde(default)]
    pub then: String,
    /// What follows, as edits of the catalog; empty when the outcome changes no verdict.
    #[serde(default)]
    pub effects: Vec<Effect>,
}

/// One edit of the catalog: `path`, and exactly one of `set` or `add`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Effect {
    /// For example `instrument.us.fisa702.revived`.
    pub path: String,
    /// New value.
    #[serde(default)]
    pub set: Option<serde_json::Value>,
    /// Value added to a list.
    #[serde(default)]
    pub add: Option<serde_json::Value>,
}

/// An adequacy decision under GDPR art. 45.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Adequacy {
    /// Country code.
    pub code: String,
    /// Country name.
    pub name: String,
    /// Number of the decision.
    pub decision: Option<String>,
    /// Day adopted.
    pub adopted: Option<String>,
    /// Scope in words.
    pub scope: Option<String>,
    /// Status of the matter.
    pub status: Status,
    /// The fact.
    pub fact: Option<String>,
}

/// A case in which a supplementary measure makes a transfer to a third country lawful, or cannot.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct UseCase {
    /// Id, for example `UC1`.
    pub id: String,
    /// Number in the recommendation.
    pub number: u8,
    /// Name.
    pub name: String,
    /// True when the measure can be effective; false when none was found.
    pub effective: bool,
    /// Key custody in which the case is met (`client_side`, ...); empty when custody does not decide it.
    pub custody: Vec<String>,
    /// Processing in which the case is met (`storage_only`, `in_clear`).
    pub processing: Option<String>,
    /// What must be so.
    pub conditions: Vec<String>,
    /// Fact that records it.
    pub fact: Option<String>,
    /// Text for readers, by language.
    pub text: BTreeMap<String, String>,
}
