//! The first screen: five lines for a board, and one row per workload.

use flagstate_catalog::Harm;
use flagstate_exposure::{Assessment, HarmVerdict, Power, WorkloadAnswer};

use super::sentences::no_power;
use super::{Names, carried, grouped, is_open, worst, worst_foreign};
use crate::{clean, words};

/// One workload on the first screen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) verdict: HarmVerdict,
    /// Who, by state.
    pub(crate) who: Vec<Who>,
    /// What could come of it.
    pub(crate) what: Vec<(Harm, HarmVerdict)>,
    /// Would you know.
    pub(crate) know: &'static str,
    /// Said when nobody is named.
    pub(crate) nobody: String,
}

impl Row {
    /// Everything but the name: workloads with the same value have the same answer.
    pub(crate) fn same(&self) -> Self {
        Self { name: String::new(), ..self.clone() }
    }
}

/// Whom a state can reach, under which laws, and how that leads to the data.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Who {
    pub(crate) state: String,
    pub(crate) addressees: String,
    pub(crate) laws: String,
    pub(crate) way: String,
}

/// A row per workload.
pub(crate) fn rows(a: &Assessment, names: Names<'_>) -> Vec<Row> {
    a.workloads.iter().map(|w| row(w, names)).collect()
}

fn row(w: &WorkloadAnswer, known: Names<'_>) -> Row {
    let verdict = worst_foreign(w);
    let open: Vec<&Power> = w.powers.iter().filter(|p| !p.home && worst(p) == verdict && is_open(p)).collect();
    let who = grouped(open, |p| (clean::name(&p.jurisdiction_name), p.addressees.clone()))
        .into_iter()
        .map(|((state, addressees), powers)| {
            let names: Vec<String> = addressees.values().map(|n| clean::name(n)).collect();
            let laws: Vec<String> = powers.iter().map(|p| clean::name(&p.name)).collect();
            let way = powers.iter().find_map(|p| Some(carried(p.chain.as_ref()?, &p.offerings, known)));
            Who { state, addressees: words::some(&names, 3), laws: words::some(&laws, 3), way: way.unwrap_or_default() }
        })
        .collect();
    Row {
        name: clean::name(&w.name),
        verdict,
        who,
        what: w.harms.iter().map(|(h, v)| (*h, v.foreign)).collect(),
        know: w.would_know.map_or("-", words::visibility_word),
        nobody: match verdict {
            HarmVerdict::Unknown if w.not_judged.0 > 0 => "Not known: the catalog does not know where it runs.".into(),
            HarmVerdict::Unknown => "Not known; the open questions are named below.".into(),
            _ => no_power(w),
        },
    }
}

/// Five lines: what was judged, then workloads by verdict.
pub(crate) fn headline(a: &Assessment, names: Names<'_>) -> [(&'static str, String); 5] {
    let home: Vec<String> = a.home.iter().map(|h| names.jurisdiction(h)).collect();
    let home = if home.is_empty() { "none stated, so every power counts as foreign".into() } else { words::and(&home) };
    let judged = format!(
        "{}, {}, cost {}; on {}; home: {home}.",
        words::count(a.workloads.len() as u64, "workload", "workloads"),
        words::count(a.resources, "resource", "resources"),
        clean::money(&a.cost),
        a.as_of,
    );
    let line = |v: HarmVerdict| -> String {
        let list: Vec<String> = a.workloads.iter().filter(|w| worst_foreign(w) == v).map(|w| short(w, v)).collect();
        if list.is_empty() { "no workload.".into() } else { words::stop(&words::some(&list, 4)) }
    };
    [
        ("Judged", judged),
        ("Reached", line(HarmVerdict::Reached)),
        ("Contested", line(HarmVerdict::Contested)),
        ("Unknown", line(HarmVerdict::Unknown)),
        ("Cut", line(HarmVerdict::Cut)),
    ]
}

/// `Registry (United States: readable content)`.
fn short(w: &WorkloadAnswer, v: HarmVerdict) -> String {
    let powers = w.powers.iter().filter(|p| !p.home && worst(p) == v && is_open(p));
    let states: Vec<String> =
        grouped(powers, |p| clean::name(&p.jurisdiction_name)).into_iter().map(|(s, _)| s).collect();
    let harm = w.harms.iter().find(|(_, h)| h.foreign == v).map(|(h, _)| words::harm_phrase(*h));
    match (states.is_empty(), harm) {
        (false, Some(harm)) => format!("{} ({}: {harm})", clean::name(&w.name), words::some(&states, 3)),
        (false, None) => format!("{} ({})", clean::name(&w.name), words::some(&states, 3)),
        _ => clean::name(&w.name),
    }
}
