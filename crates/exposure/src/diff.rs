//! What-if: only the differences between two answers or two assessments, with why.

use std::collections::{BTreeMap, BTreeSet};

use flagstate_catalog::{Date, Harm, Link};
use serde::Serialize;

use crate::{
    answer::{Answer, Premise},
    assessment::{Assessment, Power},
};

/// One difference.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Change {
    /// Workload, or offering.
    pub subject: String,
    /// Instrument id.
    pub instrument: String,
    /// `L1`..`L7`, `A1`..`A6`, `H1`..`H5`.
    pub part: String,
    /// Before.
    pub from: String,
    /// After.
    pub to: String,
    /// Deciding premise before and after.
    pub why: Vec<Premise>,
}

/// The differences between two situations.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// Date before.
    pub as_of_from: Date,
    /// Date after.
    pub as_of_to: Date,
    /// What was assumed after and not before.
    pub assumed: Vec<String>,
    /// Changes in order of subject, instrument, part.
    pub changes: Vec<Change>,
}

/// Differences between two answers to the same question.
pub fn answers(before: &Answer, after: &Answer) -> Difference {
    let mut changes = Vec::new();
    let mut push = |part: String, from: &str, to: &str, why: Vec<Premise>| {
        if from != to {
            changes.push(Change {
                subject: after.offering.clone(),
                instrument: after.instrument.clone(),
                part,
                from: from.to_owned(),
                to: to.to_owned(),
                why,
            });
        }
    };
    for link in [Link::L1, Link::L2, Link::L3, Link::L4, Link::L5, Link::L6, Link::L7] {
        if let (Some(a), Some(b)) = (before.links.get(&link), after.links.get(&link)) {
            let id = b.premise.clone().or_else(|| a.premise.clone()).or_else(|| b.because.first().cloned());
            let why = id.map(|id| Premise { id, text: b.text.clone() });
            push(format!("{link:?}"), a.verdict, b.verdict, why.into_iter().collect());
        }
    }
    for (name, b) in &after.attributes {
        if let Some(a) = before.attributes.get(name) {
            let why = b.because.iter().map(|id| Premise { id: id.clone(), text: String::new() }).collect();
            push(name.clone(), &a.value, &b.value, why);
        }
    }
    for (harm, b) in &after.harms {
        if let Some(a) = before.harms.get(harm) {
            let why = a.premise.iter().chain(&b.premise).cloned().collect();
            push(format!("{harm:?}"), a.verdict.word(), b.verdict.word(), why);
        }
    }
    Difference {
        as_of_from: before.as_of,
        as_of_to: after.as_of,
        assumed: only_in(&after.assumptions, &before.assumptions),
        changes,
    }
}

/// Differences between two assessments of the same estate, workload by workload and power by power.
pub fn assessments(before: &Assessment, after: &Assessment) -> Difference {
    let mut changes = Vec::new();
    let old: BTreeMap<&str, BTreeMap<&str, &Power>> = before
        .workloads
        .iter()
        .map(|w| (w.name.as_str(), w.powers.iter().map(|p| (p.instrument.as_str(), p)).collect()))
        .collect();
    for w in &after.workloads {
        let Some(powers) = old.get(w.name.as_str()) else { continue };
        let mut sorted: Vec<&Power> = w.powers.iter().collect();
        sorted.sort_by_key(|p| p.instrument.as_str());
        for new in sorted {
            let Some(old) = powers.get(new.instrument.as_str()) else { continue };
            changes.extend(power(&w.name, old, new));
        }
    }
    Difference {
        as_of_from: before.as_of,
        as_of_to: after.as_of,
        assumed: only_in(&after.assumed, &before.assumed),
        changes,
    }
}

fn power(workload: &str, old: &Power, new: &Power) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut push = |part: String, from: &str, to: &str, why: Vec<Premise>| {
        if from != to {
            changes.push(Change {
                subject: workload.to_owned(),
                instrument: new.instrument.clone(),
                part,
                from: from.to_owned(),
                to: to.to_owned(),
                why,
            });
        }
    };
    push("L1".into(), old.in_force.word(), new.in_force.word(), Vec::new());
    push("L6".into(), old.visibility.word(), new.visibility.word(), Vec::new());
    push("L7".into(), old.challenge.word(), new.challenge.word(), Vec::new());
    let harms: BTreeSet<Harm> = old.harms.keys().chain(new.harms.keys()).copied().collect();
    for harm in harms {
        if let (Some(a), Some(b)) = (old.harms.get(&harm), new.harms.get(&harm)) {
            let why = a.premise.iter().chain(&b.premise).cloned().collect();
            push(format!("{harm:?}"), a.verdict.word(), b.verdict.word(), why);
        }
    }
    changes
}

fn only_in(new: &[String], old: &[String]) -> Vec<String> {
    new.iter().filter(|x| !old.contains(x)).cloned().collect()
}
