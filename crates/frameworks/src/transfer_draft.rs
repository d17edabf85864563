//! A draft of a transfer impact assessment: six steps, filled from the transfer judgement of `exposure`.
//!
//! It judges nothing itself and is no legal advice: it is the paper a data protection officer starts from. It says apart
//! what is lawful today and who could still be compelled. Steps and sentences are data, in three languages.
//!
//! Source: EDPB Recommendations 01/2020, version 2.0, 18 June 2021; the order follows its six steps.

use std::collections::BTreeMap;

use flagstate_catalog::{Catalog, Harm};
use flagstate_exposure::{HarmVerdict, Restricted, Transfer, WorkloadAnswer};
use serde::{Deserialize, Serialize};

use crate::{framework::Texts, library::Library};

/// A text of the draft.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftText {
    pub(crate) key: String,
    pub(crate) text: Texts,
}

/// One step.
#[derive(Clone, Debug, Serialize)]
pub struct DraftStep {
    /// Title.
    pub title: String,
    /// Lines.
    pub lines: Vec<String>,
}

/// The draft.
#[derive(Clone, Debug, Serialize)]
pub struct Draft {
    /// Workload.
    pub workload: String,
    /// Language.
    pub language: String,
    /// What this is and is not.
    pub preamble: String,
    /// Six steps.
    pub steps: Vec<DraftStep>,
}

/// Writes the draft for a workload in a language.
pub fn draft(library: &Library, catalog: &Catalog, workload: &WorkloadAnswer, language: &str) -> Draft {
    let w = Writer { library, catalog, language };
    let steps = [
        ("step_transfers", w.transfers(workload)),
        ("step_tool", w.tools(workload)),
        ("step_law", w.law(workload)),
        ("step_measures", w.measures(workload)),
        ("step_procedure", vec![w.text("procedure", &[])]),
        ("step_review", w.review(workload)),
    ];
    Draft {
        workload: workload.name.clone(),
        language: language.to_owned(),
        preamble: w.text("preamble", &[]),
        steps: steps.into_iter().map(|(key, lines)| DraftStep { title: w.text(key, &[]), lines }).collect(),
    }
}

struct Writer<'a> {
    library: &'a Library,
    catalog: &'a Catalog,
    language: &'a str,
}

impl Writer<'_> {
    fn text(&self, key: &str, values: &[(&str, &str)]) -> String {
        let found = self.library.draft.iter().find(|t| t.key == key);
        let mut text = found.map_or_else(|| key.to_owned(), |t| t.text.in_language(self.language).to_owned());
        for (name, value) in values {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }

    fn offering(&self, t: &Transfer) -> String {
        self.catalog.offerings.get(&t.offering).map_or_else(|| t.offering.clone(), |o| o.name.clone())
    }

    fn countries(&self, t: &Transfer) -> String {
        let name = |id: &String| {
            self.catalog.jurisdictions.get(id).map_or_else(|| id.clone(), |j| j.name_in(self.language).to_owned())
        };
        t.countries.iter().map(name).collect::<Vec<_>>().join(", ")
    }

    fn transfers(&self, workload: &WorkloadAnswer) -> Vec<String> {
        if workload.transfer.is_empty() {
            return vec![self.text("no_offering", &[])];
        }
        let line = |t: &Transfer| {
            let key = match t.restricted {
                Restricted::NotSeen => "transfer_not_seen",
                Restricted::Possible => "transfer_possible",
                Restricted::Yes => "transfer_yes",
                Restricted::Unknown => "transfer_unknown",
            };
            self.text(key, &[("offering", &self.offering(t)), ("countries", &self.countries(t))])
        };
        workload.transfer.iter().map(line).collect()
    }

    fn tools(&self, workload: &WorkloadAnswer) -> Vec<String> {
        let concerned = workload.transfer.iter().filter(|t| t.restricted != Restricted::NotSeen);
        let line = |t: &Transfer| {
            let basis = self.catalog.vocabulary.name("attribute_value", &t.basis, self.language).to_owned();
            let because: Vec<&str> = t
                .because
                .iter()
                .map(|id| self.catalog.safeguards.get(id).map_or(id.as_str(), |s| s.name.as_str()))
                .collect();
            let key = if because.is_empty() { "tool_none" } else { "tool" };
            self.text(key, &[("offering", &self.offering(t)), ("basis", &basis), ("because", &because.join(", "))])
        };
        let lines: Vec<String> = concerned.map(line).collect();
        if lines.is_empty() { vec![self.text("tool_not_needed", &[])] } else { lines }
    }

    fn law(&self, workload: &WorkloadAnswer) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for p in workload.powers.iter().filter(|p| !p.home) {
            let worst: BTreeMap<HarmVerdict, Vec<Harm>> = p.harms.iter().fold(BTreeMap::new(), |mut map, (h, v)| {
                map.entry(v.verdict).or_insert_with(Vec::new).push(*h);
                map
            });
            let Some((verdict, harms)) = worst.last_key_value().filter(|(v, _)| **v > HarmVerdict::Cut) else {
                continue;
            };
            let names: Vec<&str> =
                harms.iter().map(|h| self.catalog.vocabulary.name("harm", harm_id(*h), self.language)).collect();
            let values = [
                ("power", p.name.as_str()),
                ("citation", p.citation.as_deref().unwrap_or("-")),
                ("jurisdiction", p.jurisdiction_name.as_str()),
                ("verdict", self.catalog.vocabulary.name("verdict", verdict.word(), self.language)),
                ("harms", &names.join(", ")),
                ("visibility", self.catalog.vocabulary.name("verdict", p.visibility.word(), self.language)),
            ];
            lines.push(self.text("law", &values));
        }
        if lines.is_empty() {
            lines.push(self.text("law_none", &[]));
        }
        lines
    }

    fn measures(&self, workload: &WorkloadAnswer) -> Vec<String> {
        let mut lines = Vec::new();
        for t in workload.transfer.iter().filter(|t| t.restricted != Restricted::NotSeen) {
            for case in &t.edpb_use_cases {
                // `1 at rest, 6 in use` names two cases; the number comes first.
                let known = self.catalog.use_cases.values().find(|u| case.starts_with(&u.number.to_string()));
                let text = known.map_or_else(
                    || case.clone(),
                    |u| {
                        u.text
                            .get(self.language)
                            .or_else(|| u.text.get("en"))
                            .cloned()
                            .unwrap_or_else(|| u.name.clone())
                    },
                );
                let values = [("offering", self.offering(t)), ("case", case.clone()), ("text", text)];
                let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
                lines.push(self.text("measure", &values));
            }
        }
        lines.push(self.text("measure_contract", &[]));
        lines
    }

    fn review(&self, workload: &WorkloadAnswer) -> Vec<String> {
        let mut lines = vec![self.text("review", &[])];
        let mut dates: Vec<String> = Vec::new();
        let relevant = workload.transfer.iter().any(|t| t.restricted != Restricted::NotSeen);
        for p in self.catalog.pending.values().filter(|_| relevant) {
            let when = p.expected.as_deref().unwrap_or("-");
            dates.push(self.text("review_event", &[("id", &p.id), ("event", &p.event), ("when", when)]));
        }
        lines.append(&mut dates);
        lines
    }
}

fn harm_id(harm: Harm) -> &'static str {
    match harm {
        Harm::H1 => "H1",
        Harm::H2 => "H2",
        Harm::H3 => "H3",
        Harm::H4 => "H4",
        Harm::H5 => "H5",
    }
}

#[cfg(test)]
mod tests;
