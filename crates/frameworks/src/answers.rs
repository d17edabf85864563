//! What nobody can compute and somebody must say: answers to criteria, and what is known of an entity beyond the graph.
//!
//! The same shape serves the shipped answers (public sources, dated) and the file that a user keeps. A better answer than
//! the graph allows is not taken: it is shown as a contradiction.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::verdict::Message;

/// Answers of a file.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answers {
    /// By offering id.
    pub offerings: BTreeMap<String, OfferingAnswers>,
    /// By workload name: these go before the offering's.
    pub workloads: BTreeMap<String, OfferingAnswers>,
    /// By entity id.
    pub entities: BTreeMap<String, EntityStatement>,
}

/// Answers about one offering or workload.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct OfferingAnswers {
    /// Framework id -> criterion id -> answer.
    pub criteria: BTreeMap<String, BTreeMap<String, Stated>>,
    /// Requirement id -> answer.
    pub requirements: BTreeMap<String, Stated>,
}

/// One stated answer.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Stated {
    /// Option of a scored criterion, numbered from 1, worst first. The first option counts as answered.
    pub option: Option<u8>,
    /// Whether a criterion or requirement is met.
    pub met: Option<bool>,
    /// Why.
    pub because: Option<String>,
    /// Where it was read: an address, a document.
    pub source: Option<String>,
    /// Day on which it was looked at.
    pub as_of: Option<Date>,
    /// How good the source is.
    pub grade: Option<String>,
}

/// What is known of an entity beyond the ownership graph.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct EntityStatement {
    /// State of the registered office, where it is not the seat that the graph has.
    pub registered_office: Option<String>,
    /// State of the central administration.
    pub central_administration: Option<String>,
    /// State of the principal establishment.
    pub principal_establishment: Option<String>,
    /// True when every holder who could count is recorded; for a listed company, every declared one.
    pub holders_complete: bool,
    /// Holder -> share of capital in per cent, where the graph has none.
    pub capital_percent: BTreeMap<String, f64>,
    /// Holder -> share of votes in per cent, where it differs from the capital.
    pub votes_percent: BTreeMap<String, f64>,
    /// Rights by contract or articles.
    pub rights: Vec<Right>,
    /// True when rights were looked for: those listed are all.
    pub rights_complete: bool,
    /// Supplier -> what it can do.
    pub suppliers: BTreeMap<String, SupplierStatement>,
    /// True when every supplier with a part in the service is recorded.
    pub suppliers_complete: bool,
    /// Months within which customers hear of a change of owners or suppliers.
    pub notice_months: Option<u32>,
    /// Where it was read.
    pub source: Option<String>,
    /// Day on which it was looked at.
    pub as_of: Option<Date>,
}

/// A right by contract or articles.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Right {
    /// Who has it, alone or together.
    pub holders: Vec<String>,
    /// Which right.
    pub kind: RightKind,
    /// Fact or document.
    #[serde(default)]
    pub fact: Option<String>,
}

/// Which right.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RightKind {
    /// Can stop a decision.
    Veto,
    /// Appoints the majority of an administrative, management or supervisory body.
    BoardMajority,
}

/// What a supplier can do.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct SupplierStatement {
    /// Whether it has a technical possibility to obtain customers' data or technical data about them.
    pub technical_access: Option<bool>,
    /// Whether the provider can run on with its own skills.
    pub own_skills: Option<bool>,
    /// Other companies from which the same can be had.
    pub alternatives: Option<u32>,
    /// Whether the supplier is qualified itself.
    pub qualified: Option<bool>,
}

/// Who answered.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Computed from the ownership graph, the chains or the estate.
    Computed,
    /// The user stated it.
    Stated,
    /// A public source that ships with the product.
    Published,
}

/// An answer as it was taken.
#[derive(Clone, Debug, Serialize)]
pub struct Answered {
    /// Option, numbered from 1.
    pub option: u8,
    /// Who answered.
    pub by: By,
    /// Why.
    pub because: Vec<Message>,
    /// The statement, where it was stated or published.
    pub stated: Option<Stated>,
}

impl Answers {
    /// Adds the answers of another file; on the same question the other file wins.
    pub fn add(&mut self, more: Self) {
        let pairs = [(&mut self.offerings, more.offerings), (&mut self.workloads, more.workloads)];
        for (mine, theirs) in pairs {
            for (id, answers) in theirs {
                let slot = mine.entry(id).or_default();
                for (framework, criteria) in answers.criteria {
                    slot.criteria.entry(framework).or_default().extend(criteria);
                }
                slot.requirements.extend(answers.requirements);
            }
        }
        self.entities.extend(more.entities);
    }

    /// The stated answer to a criterion: of the workload, else of the offering.
    pub fn criterion(
        &self,
        workload: Option<&str>,
        offering: &str,
        framework: &str,
        criterion: &str,
    ) -> Option<&Stated> {
        self.about(workload, offering).find_map(|a| a.criteria.get(framework)?.get(criterion))
    }

    /// The stated answer to a requirement: of the workload, else of the offering.
    pub fn requirement(&self, workload: Option<&str>, offering: &str, requirement: &str) -> Option<&Stated> {
        self.about(workload, offering).find_map(|a| a.requirements.get(requirement))
    }

    fn about(&self, workload: Option<&str>, offering: &str) -> impl Iterator<Item = &OfferingAnswers> {
        workload.and_then(|w| self.workloads.get(w)).into_iter().chain(self.offerings.get(offering))
    }

    /// What is stated of an entity.
    pub fn entity(&self, id: &str) -> Option<&EntityStatement> {
        self.entities.get(id)
    }
}
