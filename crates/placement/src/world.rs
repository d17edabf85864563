//! Everything that placement reads, in one place; and what it is asked about.

use flagstate_catalog::{Catalog, ServiceMap};
use flagstate_estate::{Estate, Workload, class, class::ClassTotals, config::Forbidden};
use flagstate_frameworks::{Answers, Library, Setting, World as Frameworks};

use crate::{config::PlacementSection, data::Data, plan::InputSeen, said::Said};

/// What every part of placement reads.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    /// Our own data.
    pub data: &'a Data,
    /// Facts.
    pub catalog: &'a Catalog,
    /// Services and regions.
    pub services: &'a ServiceMap,
    /// Frameworks and requirements.
    pub library: &'a Library,
    /// The user's answers.
    pub answers: &'a Answers,
    /// Date and premises.
    pub setting: &'a Setting,
    /// The section of the project.
    pub section: &'a PlacementSection,
}

impl<'a> World<'a> {
    /// The same for the frameworks.
    pub(crate) fn frameworks(&self) -> Frameworks<'a> {
        Frameworks { catalog: self.catalog, library: self.library, answers: self.answers, setting: self.setting }
    }

    /// A sentence with its English text.
    pub(crate) fn tell<const N: usize>(&self, key: &str, values: [(&str, String); N]) -> Said {
        self.data.tell(self.library, key, values)
    }

    /// Name of an offering; its id where the catalog does not know it.
    pub(crate) fn offering_name(&self, id: &str) -> String {
        let name = self.catalog.offerings.get(id).map(|o| o.name.clone()).filter(|n| !n.is_empty());
        name.unwrap_or_else(|| id.to_owned())
    }
}

/// A workload as it is seen.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Name.
    pub name: String,
    /// Classification as written.
    pub classification: Option<String>,
    /// The project's own prohibitions.
    pub forbid: Vec<Forbidden>,
    /// Classes with their totals.
    pub classes: Vec<ClassTotals>,
}

impl Seen {
    /// All workloads of an estate.
    pub fn of(estate: &Estate, workloads: &[Workload]) -> Vec<Self> {
        let lists = class::collapse(estate, workloads);
        let of = |(w, classes): (&Workload, Vec<ClassTotals>)| Self {
            name: w.name.clone(),
            classification: w.classification.clone(),
            forbid: w.forbid.clone(),
            classes,
        };
        workloads.iter().zip(lists).map(of).collect()
    }
}

/// What stands at the head of a plan.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// Version of the program.
    pub made_by: String,
    /// Plan that this one follows.
    pub parent: Option<String>,
    /// Organisation.
    pub organisation: Option<String>,
    /// Digest of the catalog.
    pub catalog_digest: String,
    /// Assumed changes of facts.
    pub assumed: Vec<String>,
    /// What was read.
    pub inputs: Vec<InputSeen>,
}
