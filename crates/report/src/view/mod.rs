//! What all human-readable reports share: names looked up and made harmless, the powers sorted into groups, the four
//! sentences. Wording comes from [`crate::words`]; verdicts come from the assessment and are never changed here.

mod facts;
mod finding;
mod path;
mod sentences;
mod summary;

use std::collections::BTreeMap;

use flagstate_catalog::{Catalog, Harm};
use flagstate_exposure::{HarmVerdict, Power, Transfer, WorkloadAnswer};

pub(crate) use facts::{fact_dates, fact_line, source};
pub(crate) use finding::{finding, finding_notes};
pub(crate) use path::{carried, share, steps_in_words};
pub(crate) use sentences::{sentences, sets_by_harm};
pub(crate) use summary::{Row, headline, rows};

use crate::{clean, words};

/// Names of the catalog.
#[derive(Clone, Copy)]
pub(crate) struct Names<'c>(pub(crate) &'c Catalog);

impl Names<'_> {
    /// Name of an entity, or its id.
    pub(crate) fn entity(self, id: &str) -> String {
        let found = self.0.entities.get(id).map(|e| e.name.as_str()).filter(|n| !n.is_empty());
        clean::name(found.unwrap_or(id))
    }

    /// Name of an offering, or its id.
    pub(crate) fn offering(self, id: &str) -> String {
        let found = self.0.offerings.get(id).map(|o| o.name.as_str()).filter(|n| !n.is_empty());
        clean::name(found.unwrap_or(id))
    }

    /// Name of an instrument, or its id.
    pub(crate) fn instrument(self, id: &str) -> String {
        let found = self.0.instruments.get(id).map(|i| i.name.as_str()).filter(|n| !n.is_empty());
        clean::name(found.unwrap_or(id))
    }

    /// Name of a safeguard, or its id.
    pub(crate) fn safeguard(self, id: &str) -> String {
        let found = self.0.safeguards.get(id).map(|s| s.name.as_str()).filter(|n| !n.is_empty());
        clean::name(found.unwrap_or(id))
    }

    /// Name of a jurisdiction, or its code.
    pub(crate) fn jurisdiction(self, id: &str) -> String {
        let found = self.0.jurisdictions.get(id).map(|j| j.name.as_str()).filter(|n| !n.is_empty());
        clean::name(found.unwrap_or(id))
    }

    /// A set of safeguards that act together: `a with b`.
    pub(crate) fn set(self, ids: &[String]) -> String {
        let names: Vec<String> = ids.iter().map(|id| self.safeguard(id)).collect();
        names.join(" together with ")
    }

    /// What an id of a `because` list stands for: its statement, its text or its name.
    pub(crate) fn meaning(self, id: &str) -> String {
        let c = self.0;
        let fact = c.facts.get(id).map(|f| f.statement.clone());
        let rule = || c.rules.get(id).map(|r| words::capital(&r.conclusion));
        let safeguard = || c.safeguards.get(id).map(|s| s.name.clone());
        let pending = || c.pending.get(id).map(|p| p.event.clone());
        let offering = || id.split_once('.').and_then(|_| offering_field(c, id));
        clean::name(&fact.or_else(rule).or_else(safeguard).or_else(pending).or_else(offering).unwrap_or_default())
    }
}

/// `offering.X.operator_entity` in words.
fn offering_field(c: &Catalog, id: &str) -> Option<String> {
    let rest = id.strip_prefix("offering.")?;
    let (offering, field) = rest.rsplit_once('.')?;
    let name = c.offerings.get(offering).map_or(offering, |o| o.name.as_str());
    Some(format!("{} of {name}, as the catalog records it", field.replace('_', " ")))
}

/// Worst verdict over the harms of a power.
pub(crate) fn worst(p: &Power) -> HarmVerdict {
    p.harms.values().map(|h| h.verdict).max().unwrap_or(HarmVerdict::Cut)
}

/// Reached or contested.
pub(crate) fn is_open(p: &Power) -> bool {
    worst(p) >= HarmVerdict::Contested
}

/// Worst foreign verdict of a workload.
pub(crate) fn worst_foreign(w: &WorkloadAnswer) -> HarmVerdict {
    let judged = w.harms.values().map(|h| h.foreign).max();
    judged.unwrap_or(if w.not_judged.0 > 0 { HarmVerdict::Unknown } else { HarmVerdict::Cut })
}

/// Name of a power, with a note when it is not simply in force.
pub(crate) fn power_name(p: &Power) -> String {
    match words::force_note(p.in_force) {
        Some(note) => format!("{} ({note})", clean::name(&p.name)),
        None => clean::name(&p.name),
    }
}

/// Harms of a power by verdict, for a narrow column: `H1 H2 H3`.
pub(crate) fn harms_with(p: &Power, verdict: HarmVerdict) -> String {
    let ids: Vec<&str> =
        p.harms.iter().filter(|(_, h)| h.verdict == verdict).map(|(h, _)| words::harm_id(*h)).collect();
    ids.join(" ")
}

/// Groups items by a key, in the order of the first appearance.
pub(crate) fn grouped<K: PartialEq, T>(items: impl IntoIterator<Item = T>, key: impl Fn(&T) -> K) -> Vec<(K, Vec<T>)> {
    let mut groups: Vec<(K, Vec<T>)> = Vec::new();
    for item in items {
        let k = key(&item);
        match groups.iter_mut().find(|(g, _)| *g == k) {
            Some((_, list)) => list.push(item),
            None => groups.push((k, vec![item])),
        }
    }
    groups
}

/// Where a workload runs, in words.
pub(crate) fn runs_on(w: &WorkloadAnswer, names: Names<'_>) -> String {
    let mut parts: Vec<String> = w
        .offerings
        .iter()
        .map(|(id, n)| format!("{} ({})", names.offering(id), words::thousands(&n.to_string())))
        .collect();
    if w.offerings.is_empty() {
        parts.push("services that the catalog does not know".into());
    }
    words::and(&parts)
}

/// Harms grouped by equal values, in harm order.
pub(crate) fn by_value<V: PartialEq + Clone>(map: &BTreeMap<Harm, V>) -> Vec<(Vec<Harm>, V)> {
    grouped(map.iter(), |(_, v)| (*v).clone())
        .into_iter()
        .map(|(v, list)| (list.into_iter().map(|(h, _)| *h).collect(), v))
        .collect()
}

/// Why a power is cut, by the rule that its premise names; empty when no premise is recorded.
pub(crate) fn cut_because(p: &Power, names: Names<'_>) -> String {
    let Some(premise) = p.chain.as_ref().and_then(|c| c.premise.as_ref()) else { return String::new() };
    match names.0.rules.get(&premise.id) {
        Some(rule) => format!(" ({}: {})", clean::name(&rule.id), clean::name(&rule.conclusion)),
        None => format!(" ({} [{}])", clean::name(premise.text.trim_end_matches('.')), clean::name(&premise.id)),
    }
}

/// Transfer judgement, one row per offering: offering, restricted, countries, basis, EDPB use cases.
pub(crate) fn transfers(w: &WorkloadAnswer, names: Names<'_>) -> Vec<[String; 5]> {
    let same = |t: &&Transfer| (t.offering.clone(), t.restricted, t.countries.clone(), t.basis.clone());
    grouped(&w.transfer, same)
        .into_iter()
        .map(|((offering, restricted, countries, basis), list)| {
            let countries: Vec<String> = countries.iter().map(|c| names.jurisdiction(c)).collect();
            let cases: Vec<String> = list
                .iter()
                .map(|t| t.edpb_use_cases.iter().map(|c| clean::name(c)).collect::<Vec<_>>().join(" and "))
                .map(|t| if t.is_empty() { "none".into() } else { t })
                .collect();
            [
                names.offering(&offering),
                words::restricted(restricted).into(),
                if countries.is_empty() { "-".into() } else { countries.join(", ") },
                clean::name(&words::basis(&basis)),
                words::or(&cases),
            ]
        })
        .collect()
}
