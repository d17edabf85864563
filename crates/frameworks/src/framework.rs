//! Frameworks as records: what the data files hold.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A text in English, French and German.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// English.
    pub en: String,
    /// French.
    pub fr: String,
    /// German.
    pub de: String,
}

impl Texts {
    /// The text in a language; English where the language is not one of the three.
    pub fn in_language(&self, language: &str) -> &str {
        match language {
            "fr" => &self.fr,
            "de" => &self.de,
            _ => &self.en,
        }
    }
}

/// What a framework is worth: whom it binds, and whether it may decide anything.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Law in force.
    Law,
    /// A certificate or qualification that somebody can demand.
    Certification,
    /// Published by an authority, binds nobody by itself.
    Guidance,
    /// Proposed law: never decides anything, always marked.
    Proposal,
    /// A draft that was not adopted: never decides anything, always marked.
    Draft,
    /// What a contract says.
    Contract,
}

impl Standing {
    /// True when a requirement of it may rule something out.
    pub fn can_gate(self) -> bool {
        !matches!(self, Self::Proposal | Self::Draft)
    }
}

/// Where the content was read.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Title.
    pub title: String,
    /// Publisher.
    #[serde(default)]
    pub publisher: Option<String>,
    /// Address.
    #[serde(default)]
    pub url: Option<String>,
    /// Date of publication, as far as known.
    #[serde(default)]
    pub date: Option<String>,
    /// How it was read: `primary`, `transcription` (copies that agree), `secondary`, `community`, `background`.
    pub grade: String,
}

/// A clause in our own short words.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// Its number in the text.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What it says.
    pub text: Texts,
    /// First day on which it applies, where it differs from the framework's.
    #[serde(default)]
    pub applies_from: Option<Date>,
}

/// A framework.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Framework {
    /// Id.
    pub id: String,
    /// Name.
    pub name: Texts,
    /// Version as its publisher names it.
    pub version: String,
    /// Date of that version.
    pub date: Date,
    /// What it is worth.
    pub standing: Standing,
    /// First day in force; none for what is not in force.
    #[serde(default)]
    pub in_force_from: Option<Date>,
    /// Inside means: in one of these.
    #[serde(default)]
    pub bloc: Vec<String>,
    /// Instrument of the catalog.
    #[serde(default)]
    pub instrument: Option<String>,
    /// Facts of the catalog.
    #[serde(default)]
    pub facts: Vec<String>,
    /// Where it was read.
    pub sources: Vec<Source>,
    /// Reservations, oddities of the source.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Clauses.
    #[serde(default)]
    pub clauses: Vec<Clause>,
    /// A scored sheet with levels.
    #[serde(default)]
    pub sheet: Option<Sheet>,
    /// Ceilings on owners.
    #[serde(default)]
    pub ceilings: Option<Ceilings>,
    /// Pass and fail criteria, with levels made of them or without.
    #[serde(default)]
    pub criteria: Vec<PassFail>,
    /// Levels made of criteria, lowest first.
    #[serde(default)]
    pub levels: Vec<Level>,
    /// Codes and dates of a kind of its own (clock of switching, codes of a register).
    #[serde(default)]
    pub values: BTreeMap<String, String>,
}

impl Framework {
    /// True when it is in force on the date and may rule something out.
    pub fn gates_on(&self, date: Date) -> bool {
        self.standing.can_gate() && self.in_force_from.is_some_and(|from| from <= date)
    }

    /// A clause by its number.
    pub fn clause(&self, reference: &str) -> Option<&Clause> {
        self.clauses.iter().find(|c| c.reference == reference)
    }
}

/// A scored sheet: criteria with options, points and levels.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// Points that count as the whole of an objective.
    pub nominal_points: u32,
    /// Names of levels.
    pub levels: Vec<LevelName>,
    /// Written before the number of a level.
    pub level_prefix: String,
    /// Weight set used where none is named.
    pub default_weights: String,
    /// Weight sets.
    pub weights: Vec<WeightSet>,
    /// Objectives.
    pub objectives: Vec<Objective>,
}

impl Sheet {
    /// All criteria in order.
    pub fn criteria(&self) -> impl Iterator<Item = &Criterion> {
        self.objectives.iter().flat_map(|o| &o.criteria)
    }
}

/// Name of a level.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LevelName {
    /// Number.
    pub level: u8,
    /// Name.
    pub name: Texts,
}

/// Weights of the objectives, in whole per cent.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WeightSet {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Objective -> per cent.
    pub percent: BTreeMap<String, u32>,
}

/// A group of criteria.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// Id.
    pub id: String,
    /// Name.
    pub name: Texts,
    /// Criteria.
    pub criteria: Vec<Criterion>,
}

/// One criterion of a sheet.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Id.
    pub id: String,
    /// Title.
    pub title: Texts,
    /// The signal that answers it, where one does.
    #[serde(default)]
    pub from: Option<AnsweredBy<Answer>>,
    /// Options, worst first.
    pub options: Vec<SheetOption>,
}

/// An option of a criterion.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SheetOption {
    /// Points, as written.
    pub points: String,
    /// Level.
    pub level: u8,
    /// Our short text.
    pub text: String,
}

/// Which signal answers, and what each of its words means.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AnsweredBy<T> {
    /// Signal.
    pub signal: String,
    /// Word -> answer. A word that is not named answers nothing.
    pub options: BTreeMap<String, T>,
}

/// What a signal says about an option.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// This option, numbered from 1.
    Option(u8),
    /// No better than this option; which one is asked.
    Bound {
        /// Best option that can be true.
        at_most: u8,
    },
}

/// A criterion that passes or fails.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PassFail {
    /// Id.
    pub id: String,
    /// What it asks.
    pub text: Texts,
    /// An additional criterion: only where the customer picked it.
    #[serde(default)]
    pub additional: bool,
    /// The signal that answers it, where one does.
    #[serde(default)]
    pub from: Option<AnsweredBy<Outcome>>,
}

/// What a signal says about a pass or fail criterion.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Passes.
    Pass,
    /// Fails.
    Fail,
    /// Fails unless somebody states otherwise with a reason.
    Doubtful,
}

/// A level made of criteria.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// Number.
    pub level: u8,
    /// Name.
    pub name: Texts,
    /// Every one of these must pass. In each, one of the named criteria is enough.
    pub all_of: Vec<Vec<String>>,
}

/// Ceilings on owners outside a bloc, and what suppliers from there may be able to do.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Ceilings {
    /// Most that one holder may have, in per cent.
    pub individual_percent: String,
    /// Most that all may have together, in per cent.
    pub collective_percent: String,
    /// More than this is control, in per cent.
    pub control_percent: String,
    /// Other suppliers that must exist where own skills do not suffice.
    pub alternatives: u32,
    /// Months within which customers hear of a change.
    pub notice_months: u32,
    /// Safeguard that stands for the qualification.
    pub qualification_safeguard: String,
    /// Types of entities without owners that could count.
    pub types_without_owners: Vec<String>,
    /// Types of listed companies.
    pub types_listed: Vec<String>,
    /// Role -> clause.
    pub clauses: BTreeMap<String, String>,
}
