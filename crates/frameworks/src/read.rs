//! One place to ask from: an offering or a workload against any framework, and against its requirements.

use flagstate_catalog::Catalog;
use jiff::civil::Date;
use serde::Serialize;

use crate::{
    answers::Answers,
    ceilings::{self, CeilingsReading},
    criteria::{self, CriteriaReading},
    facts::{Configuration, Facts, Setting},
    framework::{Framework, Standing},
    library::Library,
    requirement::{self, Check, Requirement, RequirementReading},
    sheet::{self, SheetReading},
    signal::Signals,
};

/// What every reading needs.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    /// Facts.
    pub catalog: &'a Catalog,
    /// Frameworks.
    pub library: &'a Library,
    /// The user's answers.
    pub answers: &'a Answers,
    /// Date and premises.
    pub setting: &'a Setting,
}

/// A framework, read for an offering or a workload.
#[derive(Clone, Debug, Serialize)]
pub struct FrameworkReading {
    /// Framework id.
    pub framework: String,
    /// Version.
    pub version: String,
    /// Date of the version.
    pub date: Date,
    /// What it is worth: a proposal or draft is marked by this word.
    pub standing: Standing,
    /// True when it may rule something out on the date.
    pub can_gate: bool,
    /// Date of the reading.
    pub as_of: Date,
    /// Workload, where one was read.
    pub workload: Option<String>,
    /// Offerings concerned.
    pub offerings: Vec<String>,
    /// The scored sheet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<SheetReading>,
    /// The ceilings, one reading per operator.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ceilings: Vec<CeilingsReading>,
    /// Criteria and levels, one reading per part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub criteria: Vec<CriteriaReading>,
}

impl World<'_> {
    /// Judges a configuration.
    pub fn facts(&self, configuration: &Configuration) -> Facts {
        Facts::of(self.catalog, configuration, self.setting)
    }

    /// The signals that a framework sees in a configuration.
    pub fn signals(&self, framework: &Framework, facts: &Facts) -> Signals {
        Signals::of(self.catalog, self.library, self.answers, framework, facts)
    }

    /// Reads a framework for one offering (one part, no workload) or for a workload (all its parts).
    pub fn read(&self, framework: &Framework, parts: &[Facts], workload: Option<&str>) -> FrameworkReading {
        let mut reading = FrameworkReading {
            framework: framework.id.clone(),
            version: framework.version.clone(),
            date: framework.date,
            standing: framework.standing,
            can_gate: framework.gates_on(self.setting.as_of),
            as_of: self.setting.as_of,
            workload: workload.map(str::to_owned),
            offerings: parts.iter().map(|f| f.configuration.offering.clone()).collect(),
            sheet: None,
            ceilings: Vec::new(),
            criteria: Vec::new(),
        };
        reading.offerings.sort();
        reading.offerings.dedup();
        let mut sheets = Vec::new();
        for facts in parts {
            let offering = facts.configuration.offering.as_str();
            let computed = framework.sheet.is_some() || !framework.criteria.is_empty();
            let signals = if computed { self.signals(framework, facts) } else { Signals::default() };
            sheets.extend(sheet::answer(framework, self.library, self.answers, &signals, workload, offering));
            let about = (workload, offering);
            let as_of = self.setting.as_of;
            reading.criteria.extend(criteria::read(framework, self.library, self.answers, &signals, about, as_of));
            if let Some(entity) = facts.operator.as_deref().filter(|_| framework.ceilings.is_some()) {
                reading.ceilings.extend(ceilings::read(framework, &self.ceilings_question(entity, offering)));
            }
        }
        // Parts on one offering read alike where only the operator decides.
        reading.ceilings.sort_by(|a, b| (&a.entity, &a.offering).cmp(&(&b.entity, &b.offering)));
        reading.ceilings.dedup_by(|a, b| a.entity == b.entity && a.offering == b.offering);
        reading.sheet = match sheets.len() {
            0 => None,
            1 => sheets.pop(),
            _ => sheet::merge(framework, &sheets),
        };
        reading
    }

    fn ceilings_question<'q>(&'q self, entity: &'q str, offering: &'q str) -> ceilings::Question<'q> {
        ceilings::Question {
            catalog: self.catalog,
            library: self.library,
            answers: self.answers,
            entity,
            offering: Some(offering),
            as_of: self.setting.as_of,
        }
    }

    /// Checks requirements: the worst reading of each over all parts.
    pub fn check(
        &self,
        requirements: &[&Requirement],
        parts: &[Facts],
        workload: Option<&str>,
    ) -> Vec<RequirementReading> {
        let mut readings = Vec::new();
        for facts in parts {
            let check = Check { catalog: self.catalog, library: self.library, answers: self.answers, facts, workload };
            readings.extend(requirements.iter().filter_map(|r| check.read(r)));
        }
        requirement::merge(readings)
    }
}
