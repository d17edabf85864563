//! The back of the report: facts with their sources, the row ledger, unknowns, how to reproduce.

use std::collections::BTreeSet;

use flagstate_catalog::Fact;
use flagstate_exposure::{Assessment, HarmVerdict};

use crate::{
    clean, text,
    view::{self, Names},
    words,
};

/// A fact that the answer rests on.
pub(super) struct FactRow {
    pub(super) id: String,
    pub(super) statement: String,
    pub(super) status: &'static str,
    pub(super) verification: &'static str,
    pub(super) weak: bool,
    pub(super) dates: String,
    pub(super) note: String,
    pub(super) sources: Vec<SourceRow>,
}

/// A source of a fact.
pub(super) struct SourceRow {
    pub(super) title: String,
    pub(super) by: String,
    pub(super) url: Option<String>,
}

/// An input of the ledger.
pub(super) struct InputRow {
    pub(super) name: String,
    pub(super) format: String,
    pub(super) numbers: [String; 5],
    pub(super) remarks: Vec<String>,
}

/// Something that is not known.
pub(super) struct UnknownRow {
    pub(super) reason: String,
    pub(super) name: String,
    pub(super) resources: String,
    pub(super) cost: String,
    pub(super) blocks: bool,
}

/// Ids of every fact on which an open chain in this report rests; rules and safeguards are named in the chains.
pub(super) fn fact_ids<'a>(a: &'a Assessment, names: Names<'_>) -> BTreeSet<&'a str> {
    let open = a.workloads.iter().flat_map(|w| &w.powers).filter(|p| view::worst(p) != HarmVerdict::Cut);
    let mut ids: BTreeSet<&str> = BTreeSet::new();
    for p in open {
        ids.extend(p.chain.iter().flat_map(|c| c.because.iter().map(String::as_str)));
        ids.extend(p.harms.values().filter_map(|h| h.premise.as_ref()).map(|x| x.id.as_str()));
    }
    ids.extend(a.ground.oldest_fact.iter().map(|(id, _)| id.as_str()));
    ids.extend(a.ground.weak_facts.iter().chain(&a.ground.undated_facts).map(String::as_str));
    ids.retain(|id| names.0.facts.contains_key(*id));
    ids
}

/// The facts with their sources.
pub(super) fn facts(ids: &BTreeSet<&str>, names: Names<'_>) -> Vec<FactRow> {
    ids.iter().filter_map(|id| names.0.facts.get(*id)).map(|f| fact(f, names)).collect()
}

fn fact(f: &Fact, names: Names<'_>) -> FactRow {
    let sources = f.sources.iter().map(|id| {
        let Some(s) = names.0.sources.get(id) else {
            return SourceRow { title: clean::name(id), by: String::new(), url: None };
        };
        let by: Vec<String> = [&s.publisher, &s.date].into_iter().flatten().map(|x| clean::name(x)).collect();
        SourceRow {
            title: clean::name(s.title.as_deref().unwrap_or(id)),
            by: by.join(", "),
            url: s.url.as_deref().and_then(clean::link),
        }
    });
    FactRow {
        id: clean::name(&f.id),
        statement: words::stop(&clean::name(&f.statement)),
        status: words::status(f.status),
        verification: words::verification(f.verification),
        weak: f.verification.is_weak(),
        dates: view::fact_dates(f),
        note: f.note.as_ref().map(|n| clean::name(n)).unwrap_or_default(),
        sources: sources.collect(),
    }
}

pub(super) fn inputs(a: &Assessment) -> Vec<InputRow> {
    let number = |n: u64| words::thousands(&n.to_string());
    a.inputs
        .iter()
        .map(|i| InputRow {
            name: clean::name(&i.name),
            format: clean::name(&i.format),
            numbers: [i.rows, i.resources, i.merged, i.ignored.values().sum(), i.unknown].map(number),
            remarks: i
                .ignored
                .iter()
                .map(|(why, n)| format!("{} ignored: {}", number(*n), words::stop(&clean::name(why))))
                .chain(i.notes.iter().map(|n| words::stop(&words::capital(&clean::name(n)))))
                .collect(),
        })
        .collect()
}

pub(super) fn several(a: &Assessment) -> Option<String> {
    let n = a.in_several_inputs;
    (n > 0).then(|| {
        format!("{} in more than one input and counted once.", words::count(n, "resource stands", "resources stand"))
    })
}

pub(super) fn unknowns(a: &Assessment) -> Vec<UnknownRow> {
    a.unknowns
        .iter()
        .map(|u| UnknownRow {
            reason: words::capital(&clean::name(&u.reason)),
            name: clean::name(&u.name),
            resources: words::thousands(&u.resources.to_string()),
            cost: clean::money(&u.cost),
            blocks: u.blocks_verdict,
        })
        .collect()
}

pub(super) fn contradictions(a: &Assessment) -> Vec<(String, String, String)> {
    a.contradictions
        .iter()
        .map(|c| {
            let values: Vec<String> = c.values.iter().map(|v| clean::name(v)).collect();
            (clean::name(&c.resource), clean::name(&c.field), words::or(&values))
        })
        .collect()
}

pub(super) fn oldest(a: &Assessment, names: Names<'_>) -> Option<String> {
    let (id, date) = a.ground.oldest_fact.as_ref()?;
    let statement = names.meaning(id);
    Some(format!(
        "{}, looked at on {date}, {}: {}",
        clean::name(id),
        text::age(*date, a.as_of),
        words::stop(&statement)
    ))
}

/// The command that gives the same judgement again.
pub(super) fn command(a: &Assessment) -> String {
    let mut command = format!("flagstate assess --as-of {} --format html", a.as_of);
    for assumed in &a.assumed {
        command.push_str(" --assume ");
        let plain = assumed.chars().all(|c| c.is_ascii_alphanumeric() || "-_.=+:/".contains(c));
        if plain {
            command.push_str(assumed);
        } else {
            command.push('\'');
            command.push_str(&clean::name(assumed).replace('\'', "'\\''"));
            command.push('\'');
        }
    }
    command
}
