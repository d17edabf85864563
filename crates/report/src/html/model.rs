//! What the templates print: texts made harmless, in the order of the page.

use std::collections::BTreeSet;

use askama::Template;
use flagstate_catalog::{Catalog, Harm};
use flagstate_exposure::{Assessment, HarmVerdict, Power, WorkloadAnswer};

use super::ground::{self, FactRow, InputRow, UnknownRow};
use crate::{
    clean,
    svg::{self, Drawing},
    view::{self, Names, Row},
    words,
};

/// The page.
#[derive(Template)]
#[template(path = "assessment.html")]
pub(super) struct Page {
    pub(super) title: String,
    pub(super) organisation: String,
    pub(super) as_of: String,
    pub(super) home: String,
    pub(super) lead: Vec<(&'static str, u64, &'static str)>,
    pub(super) scope: String,
    pub(super) rows: Vec<Answer>,
    pub(super) workloads: Vec<Workload>,
    pub(super) harms: Vec<(&'static str, &'static str, &'static str)>,
    pub(super) verdicts: Vec<(&'static str, &'static str)>,
    pub(super) links: Vec<(&'static str, &'static str, &'static str)>,
    pub(super) facts: Vec<FactRow>,
    pub(super) inputs: Vec<InputRow>,
    pub(super) several: Option<String>,
    pub(super) unknowns: Vec<UnknownRow>,
    pub(super) contradictions: Vec<(String, String, String)>,
    pub(super) oldest: Option<String>,
    pub(super) weak: Vec<String>,
    pub(super) undated: Vec<String>,
    pub(super) outside: Vec<String>,
    pub(super) assumed: Vec<String>,
    pub(super) digest: String,
    pub(super) control_test: &'static str,
    pub(super) control_test_id: &'static str,
    pub(super) command: String,
    pub(super) version: &'static str,
    pub(super) not_advice: &'static str,
}

/// A row of the first table: workloads with the same answer stand together.
pub(super) struct Answer {
    /// Anchor, name, where it runs.
    pub(super) workloads: Vec<(String, String, String)>,
    pub(super) row: Row,
    pub(super) done: Vec<String>,
}

/// A workload.
pub(super) struct Workload {
    pub(super) anchor: String,
    pub(super) number: usize,
    pub(super) name: String,
    pub(super) verdict: &'static str,
    pub(super) meta: Vec<(&'static str, String)>,
    pub(super) sentences: Vec<(&'static str, Vec<String>)>,
    pub(super) drawings: Vec<Drawn>,
    pub(super) home_drawings: Vec<Drawn>,
    pub(super) harms: Vec<HarmRow>,
    pub(super) open: Vec<PowerRow>,
    pub(super) closed: Vec<(String, Vec<(String, String)>)>,
    pub(super) closed_count: usize,
    pub(super) at_home: Vec<PowerRow>,
    pub(super) endings: Vec<(String, String, String)>,
    pub(super) transfer: Vec<[String; 5]>,
    pub(super) assumptions: Vec<(String, String)>,
    pub(super) findings: Vec<(String, Vec<String>, bool)>,
}

/// A drawing with its caption.
pub(super) struct Drawn {
    pub(super) drawing: Drawing,
    pub(super) steps: Vec<String>,
    pub(super) premises: Vec<String>,
    /// Id, whether it is a fact of this report, whether it is weak.
    pub(super) because: Vec<(String, bool, bool)>,
}

/// A row of the harms table.
pub(super) struct HarmRow {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) foreign: &'static str,
    pub(super) home: &'static str,
    pub(super) exposed: String,
    pub(super) cost: String,
}

/// A row of a powers table.
pub(super) struct PowerRow {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) citation: String,
    pub(super) state: String,
    pub(super) force: &'static str,
    pub(super) harms: Vec<Option<&'static str>>,
    pub(super) know: &'static str,
    pub(super) challenge: &'static str,
    pub(super) premises: Vec<String>,
}

/// Builds the page.
pub(super) fn page(a: &Assessment, catalog: &Catalog) -> Page {
    let names = Names(catalog);
    let organisation = a.organisation.as_ref().map(|o| clean::name(o)).unwrap_or_default();
    let home: Vec<String> = a.home.iter().map(|h| names.jurisdiction(h)).collect();
    let count = |v: HarmVerdict| a.workloads.iter().filter(|w| view::worst_foreign(w) == v).count() as u64;
    let ids = ground::fact_ids(a, names);
    Page {
        title: if organisation.is_empty() {
            "Exposure report".into()
        } else {
            format!("Exposure report: {organisation}")
        },
        organisation,
        as_of: a.as_of.to_string(),
        home: if home.is_empty() { "none stated; every power counts as foreign".into() } else { words::and(&home) },
        lead: [
            (HarmVerdict::Reached, "reached by a foreign power"),
            (HarmVerdict::Contested, "contested"),
            (HarmVerdict::Unknown, "unknown"),
            (HarmVerdict::Cut, "cut"),
        ]
        .map(|(v, text)| (v.word(), count(v), text))
        .to_vec(),
        scope: format!(
            "{}, {}, cost seen {}",
            words::count(a.workloads.len() as u64, "workload", "workloads"),
            words::count(a.resources, "resource", "resources"),
            clean::money(&a.cost)
        ),
        rows: answers(a, names),
        workloads: a.workloads.iter().enumerate().map(|(i, w)| workload(a, w, i, names, &ids)).collect(),
        harms: words::HARMS.map(|h| (words::harm_id(h), words::harm_title(h), words::harm_meaning(h))).to_vec(),
        verdicts: VERDICTS.map(|v| (v.word(), words::verdict_meaning(v))).to_vec(),
        links: words::LINKS.map(|l| (words::link_id(l), words::link_title(l), words::link_question(l))).to_vec(),
        facts: ground::facts(&ids, names),
        inputs: ground::inputs(a),
        several: ground::several(a),
        unknowns: ground::unknowns(a),
        contradictions: ground::contradictions(a),
        oldest: ground::oldest(a, names),
        weak: a.ground.weak_facts.iter().map(|f| clean::name(f)).collect(),
        undated: a.ground.undated_facts.iter().map(|f| clean::name(f)).collect(),
        outside: a.outside_chains.iter().map(|id| names.instrument(id)).collect(),
        assumed: a.assumed.iter().map(|x| clean::name(x)).collect(),
        digest: clean::name(&a.catalog_digest),
        control_test: words::control_test(a.control_test),
        control_test_id: words::control_test_id(a.control_test),
        command: ground::command(a),
        version: env!("CARGO_PKG_VERSION"),
        not_advice: words::NOT_ADVICE,
    }
}

const VERDICTS: [HarmVerdict; 4] =
    [HarmVerdict::Reached, HarmVerdict::Contested, HarmVerdict::Unknown, HarmVerdict::Cut];

fn answers(a: &Assessment, names: Names<'_>) -> Vec<Answer> {
    let all = view::rows(a, names).into_iter().zip(&a.workloads).enumerate();
    view::grouped(all, |(_, (row, _))| row.same())
        .into_iter()
        .filter_map(|(_, list)| {
            let workloads = list
                .iter()
                .map(|(i, (row, w))| (format!("w{}", i + 1), row.name.clone(), view::runs_on(w, names)))
                .collect();
            let (_, (row, _)) = list.into_iter().next()?;
            Some(Answer { workloads, done: done(&row), row })
        })
        .collect()
}

fn done(row: &Row) -> Vec<String> {
    let at_worst: Vec<Harm> = row.what.iter().filter(|(_, v)| *v == row.verdict).map(|(h, _)| *h).collect();
    let shown = at_worst.iter().filter(|h| **h != Harm::H2 || !at_worst.contains(&Harm::H1));
    match row.verdict {
        HarmVerdict::Cut => vec!["Nothing, as far as the catalog knows".to_owned()],
        HarmVerdict::Unknown => vec!["Not known".to_owned()],
        _ => shown.map(|h| words::capital(words::harm_phrase(*h))).collect(),
    }
}

fn workload(a: &Assessment, w: &WorkloadAnswer, i: usize, names: Names<'_>, ids: &BTreeSet<&str>) -> Workload {
    let anchor = format!("w{}", i + 1);
    let drawn = |list: Vec<Drawing>| list.into_iter().map(|d| drawn(d, w, names, ids)).collect::<Vec<_>>();
    let (home, foreign): (Vec<&Power>, Vec<&Power>) = w.powers.iter().partition(|p| p.home);
    let (closed, open): (Vec<&Power>, Vec<&Power>) =
        foreign.into_iter().partition(|p| view::worst(p) == HarmVerdict::Cut);
    let mut meta = vec![
        ("Resources", words::thousands(&w.resources.to_string())),
        ("May hold data", words::thousands(&w.holding_data.to_string())),
        ("Cost seen", clean::money(&w.cost)),
        ("Runs on", view::runs_on(w, names)),
    ];
    if let Some(c) = &w.classification {
        meta.insert(0, ("Classification", clean::name(c)));
    }
    Workload {
        number: i + 1,
        name: clean::name(&w.name),
        verdict: view::worst_foreign(w).word(),
        meta,
        sentences: view::sentences(a, w, names).pairs().into_iter().map(|(q, t)| (q, t.to_vec())).collect(),
        drawings: drawn(svg::workload(w, names.0, &anchor)),
        home_drawings: drawn(svg::home(w, names.0, &format!("{anchor}h"))),
        harms: w.harms.iter().map(|(h, v)| harm(*h, v, w)).collect(),
        open: open.into_iter().map(power).collect(),
        closed_count: closed.len(),
        closed: closed_groups(closed, names),
        at_home: home.into_iter().map(power).collect(),
        endings: endings(w, names),
        transfer: view::transfers(w, names),
        assumptions: w
            .assumptions
            .iter()
            .map(|(t, n)| (words::count(*n, "resource", "resources"), words::stop(&words::capital(&clean::name(t)))))
            .collect(),
        findings: w
            .findings
            .iter()
            .map(|f| (view::finding(f, names), view::finding_notes(f), f.accepted.is_some()))
            .collect(),
        anchor,
    }
}

fn drawn(drawing: Drawing, w: &WorkloadAnswer, names: Names<'_>, ids: &BTreeSet<&str>) -> Drawn {
    let powers: Vec<&Power> = w.powers.iter().filter(|p| drawing.instruments.contains(&p.instrument)).collect();
    let chains = powers.iter().filter_map(|p| p.chain.as_ref());
    let mut because: Vec<String> = Vec::new();
    let mut premises: Vec<String> = Vec::new();
    for c in chains.clone() {
        for id in &c.because {
            if !because.contains(id) {
                because.push(id.clone());
            }
        }
    }
    let given = powers.iter().flat_map(|p| p.harms.values().filter_map(|h| h.premise.as_ref()));
    for p in given.chain(chains.clone().filter_map(|c| c.premise.as_ref())) {
        let text = format!("{} [{}]", clean::name(&p.text), clean::name(&p.id));
        if !premises.contains(&text) {
            premises.push(text);
        }
    }
    if drawing.verdict == HarmVerdict::Cut {
        // The table of powers that reach nothing has them, one by one.
        premises.clear();
        because.clear();
    }
    let steps = chains.clone().next().map(|c| view::steps_in_words(&c.path, names)).unwrap_or_default();
    let because = because.into_iter().map(|id| reference(&id, names, ids)).collect();
    Drawn { drawing, steps, premises, because }
}

fn reference(id: &str, names: Names<'_>, ids: &BTreeSet<&str>) -> (String, bool, bool) {
    let fact = names.0.facts.get(id);
    (clean::name(id), ids.contains(id), fact.is_some_and(|f| f.verification.is_weak()))
}

fn harm(h: Harm, v: &flagstate_exposure::WorkloadHarm, w: &WorkloadAnswer) -> HarmRow {
    let exposed = v.foreign >= HarmVerdict::Contested;
    HarmRow {
        id: words::harm_id(h),
        title: words::harm_title(h),
        foreign: v.foreign.word(),
        home: v.home.word(),
        exposed: if exposed {
            format!(
                "{} of {}",
                words::thousands(&v.exposed_resources.to_string()),
                words::thousands(&w.resources.to_string())
            )
        } else {
            "-".into()
        },
        cost: if exposed { clean::money(&v.exposed_cost) } else { "-".into() },
    }
}

fn power(p: &Power) -> PowerRow {
    let mut premises: Vec<String> = Vec::new();
    for x in p.harms.values().filter_map(|h| h.premise.as_ref()) {
        let text = clean::name(&x.id);
        if !premises.contains(&text) {
            premises.push(text);
        }
    }
    PowerRow {
        name: clean::name(&p.name),
        id: clean::name(&p.instrument),
        citation: p.citation.as_ref().map(|c| clean::name(c)).unwrap_or_default(),
        state: clean::name(&p.jurisdiction_name),
        force: p.in_force.word(),
        harms: words::HARMS.map(|h| p.harms.get(&h).map(|x| x.verdict.word())).to_vec(),
        know: words::visibility_word(p.visibility),
        challenge: words::challenge_word(p.challenge),
        premises,
    }
}

/// Powers that reach nothing, by the reason.
fn closed_groups(closed: Vec<&Power>, names: Names<'_>) -> Vec<(String, Vec<(String, String)>)> {
    let reason = |p: &&Power| {
        let premise = p.chain.as_ref().and_then(|c| c.premise.as_ref());
        match premise.and_then(|x| names.0.rules.get(&x.id)) {
            Some(rule) => {
                format!("{} [{}]", words::stop(&words::capital(&clean::name(&rule.conclusion))), clean::name(&rule.id))
            }
            None if premise.is_some() => "On a premise:".into(),
            None => "Without a premise:".into(),
        }
    };
    view::grouped(closed, reason)
        .into_iter()
        .map(|(why, list)| {
            let rows = list.iter().map(|p| {
                let premise = p.chain.as_ref().and_then(|c| c.premise.as_ref()).map(|x| clean::name(&x.text));
                (
                    format!(
                        "{}: {} ({})",
                        clean::name(&p.jurisdiction_name),
                        clean::name(&p.name),
                        clean::name(&p.instrument)
                    ),
                    premise.unwrap_or_else(|| "-".into()),
                )
            });
            (why, rows.collect())
        })
        .collect()
}

fn endings(w: &WorkloadAnswer, names: Names<'_>) -> Vec<(String, String, String)> {
    let sets = |list: &[Vec<String>]| {
        let list: Vec<String> = list.iter().map(|s| names.set(s)).collect();
        if list.is_empty() { "nothing in the catalog".to_owned() } else { words::or(&list) }
    };
    view::sets_by_harm(w)
        .into_iter()
        .map(|(harms, e)| {
            let what: Vec<String> =
                harms.iter().map(|h| format!("{} {}", words::harm_id(*h), words::harm_title(*h))).collect();
            let own = if e.own.is_empty() { "nothing that these offerings have".to_owned() } else { sets(&e.own) };
            (what.join("; "), own, sets(&e.stored))
        })
        .collect()
}
