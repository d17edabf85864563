//! One record with everything around it: the facts it rests on with their sources, what happened and may happen to it,
//! and what rests on it.
//!
//! It shows; it does not judge. Fields stand as the data file has them.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::{Catalog, Fact, Source, walk};

/// Kinds in the order in which a bare id is looked for, each with the word of paths (`offering.bleu`).
const ORDER: [(&str, &str); 14] = [
    ("facts", "fact"),
    ("instruments", "instrument"),
    ("offerings", "offering"),
    ("entities", "entity"),
    ("safeguards", "safeguard"),
    ("edges", "edge"),
    ("rules", "rule"),
    ("jurisdictions", "jurisdiction"),
    ("pending", "pending"),
    ("events", "event"),
    ("sources", "source"),
    ("adequacy_decisions", "adequacy"),
    ("transfer_use_cases", "use_case"),
    ("known_errors", "known_error"),
];

/// A record and what is around it.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// Id as asked, without a kind before it.
    pub id: String,
    /// Kind (`facts`, `offerings`, ...).
    pub kind: &'static str,
    /// The record as the data file has it.
    pub record: Value,
    /// Facts it rests on; for a fact the fact itself.
    pub facts: Vec<ShownFact>,
    /// What happened and what may happen, in the order of the data.
    pub history: Vec<Happening>,
    /// Records that name this one.
    pub rests_on_it: Vec<Reference>,
    /// Records of other kinds with the same id, as `kind/id`.
    pub also: Vec<String>,
}

/// A fact with its sources written out.
#[derive(Clone, Debug, Serialize)]
pub struct ShownFact {
    /// The fact, with status, verification and dates.
    #[serde(flatten)]
    pub fact: Fact,
    /// Its sources as far as the registry has them.
    pub source_records: Vec<Source>,
    /// True when an answer that rests on it must say so.
    pub weak: bool,
}

/// An event, or something pending with its outcomes.
#[derive(Clone, Debug, Serialize)]
pub struct Happening {
    /// Id of the event.
    pub id: String,
    /// Day, or when it is expected in words.
    pub when: Option<String>,
    /// What.
    pub event: String,
    /// True when it has not happened yet.
    pub pending: bool,
    /// Values that can be assumed, with what follows.
    pub outcomes: Vec<(String, String)>,
}

/// A record that names another.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Reference {
    /// Kind.
    pub kind: &'static str,
    /// Id.
    pub id: String,
    /// Field that names it.
    pub field: &'static str,
}

/// Looks for `id` in every kind. `offerings/bleu` and `offering.bleu` name the kind where an id means two things.
pub fn show(catalog: &Catalog, id: &str) -> Option<Shown> {
    let (wanted, bare) = split(id);
    let mut found = ORDER
        .into_iter()
        .filter(|(kind, _)| wanted.is_none_or(|w| w == *kind))
        .filter_map(|(kind, word)| Some((kind, word, find(catalog, kind, bare)?)));
    let (kind, word, record) = found.next()?;
    let also = ORDER
        .into_iter()
        .filter(|(other, _)| *other != kind && find(catalog, other, bare).is_some())
        .map(|(other, _)| format!("{other}/{bare}"))
        .collect();
    let facts = fact_ids(kind, bare, record);
    Some(Shown {
        id: bare.to_owned(),
        kind,
        record: record.clone(),
        facts: facts.iter().filter_map(|f| shown_fact(catalog, f)).collect(),
        history: history(catalog, word, bare, &facts),
        rests_on_it: reverse(catalog, kind, bare),
        also,
    })
}

/// The kind named before the id, if any, and the id.
fn split(id: &str) -> (Option<&'static str>, &str) {
    for (kind, word) in ORDER {
        let rest = id.strip_prefix(kind).and_then(|r| r.strip_prefix('/'));
        if let Some(rest) = rest.or_else(|| id.strip_prefix(word).and_then(|r| r.strip_prefix('.'))) {
            return (Some(kind), rest);
        }
    }
    (None, id)
}

fn find<'a>(catalog: &'a Catalog, kind: &str, id: &str) -> Option<&'a Value> {
    let text = |r: &'a Value, key: &str| r.get(key).and_then(Value::as_str);
    // The last record of an id counts, as in loading.
    walk::records(catalog, kind).iter().rev().find(|r| match kind {
        "edges" => match text(r, "fact") {
            Some(fact) => fact == id,
            None => Some(id) == edge_id(r).as_deref(),
        },
        "adequacy_decisions" => text(r, "code") == Some(id),
        _ => text(r, "id") == Some(id),
    })
}

/// Id of an edge without a fact, as answers print it.
fn edge_id(record: &Value) -> Option<String> {
    let text = |key: &str| record.get(key).and_then(Value::as_str);
    Some(format!("edge:{}>{}", text("owner")?, text("owned")?))
}

/// Ids of the facts that a record rests on.
fn fact_ids(kind: &str, id: &str, record: &Value) -> BTreeSet<String> {
    if kind == "facts" {
        return BTreeSet::from([id.to_owned()]);
    }
    walk::REFERENCES
        .iter()
        .filter(|(k, _, targets)| *k == kind && targets.contains(&"facts"))
        .flat_map(|(_, path, _)| walk::texts(record, path))
        .collect()
}

fn shown_fact(catalog: &Catalog, id: &str) -> Option<ShownFact> {
    let fact = catalog.facts.get(id)?.clone();
    let source_records = fact.sources.iter().filter_map(|s| catalog.sources.get(s).cloned()).collect();
    Some(ShownFact { weak: fact.verification.is_weak(), source_records, fact })
}

fn history(catalog: &Catalog, word: &str, id: &str, facts: &BTreeSet<String>) -> Vec<Happening> {
    let shares = |list: &[String]| list.iter().any(|f| facts.contains(f));
    let mut out: Vec<Happening> = catalog
        .events
        .iter()
        .filter(|e| e.id != id && shares(&e.facts))
        .map(|e| Happening {
            id: e.id.clone(),
            when: e.date.clone(),
            event: e.event.clone(),
            pending: false,
            outcomes: Vec::new(),
        })
        .collect();
    out.sort_by(|a, b| (&a.when, &a.id).cmp(&(&b.when, &b.id)));
    let path = format!("{word}.{id}.");
    let undecided = catalog.instruments.get(id).and_then(|i| i.undecided.as_deref());
    for p in catalog.pending.values().filter(|p| p.id != id) {
        let edits = p.branches.iter().flat_map(|b| &b.effects).any(|e| e.path.starts_with(&path));
        if edits || shares(&p.facts) || undecided == Some(p.id.as_str()) {
            let value = |b: &crate::Branch| Some((b.value.clone()?, b.then.clone()));
            out.push(Happening {
                id: p.id.clone(),
                when: p.expected.clone(),
                event: p.event.clone(),
                pending: true,
                outcomes: p.branches.iter().filter_map(value).collect(),
            });
        }
    }
    out
}

fn reverse(catalog: &Catalog, kind: &str, id: &str) -> Vec<Reference> {
    let mut out = BTreeSet::new();
    for (from, path, targets) in walk::REFERENCES {
        if !targets.contains(&kind) {
            continue;
        }
        let Some(&(from, _)) = ORDER.iter().find(|(k, _)| *k == from) else { continue };
        for record in walk::records(catalog, from) {
            if walk::texts(record, path).iter().any(|t| t == id) {
                let subject = walk::subject(from, record);
                let named = subject.split_once('/').map_or(subject.as_str(), |(_, rest)| rest);
                out.insert(Reference { kind: from, id: named.to_owned(), field: path });
            }
        }
    }
    out.into_iter().collect()
}

#[cfg(test)]
mod tests;
