//! Records as such: doubled ids, unknown keys and fields, facts without statement or source, grades above the sources.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Findings;
use crate::{Catalog, Verification, walk};

const BACKGROUND: &str = "background";

pub(super) fn check(catalog: &Catalog, out: &mut Findings) {
    unknown_keys(catalog, out);
    doubled(catalog, out);
    fields(catalog, out);
    facts(catalog, out);
    sources(catalog, out);
}

fn unknown_keys(catalog: &Catalog, out: &mut Findings) {
    for (file, key) in &catalog.unknown_keys {
        out.warning(
            "unknown-key",
            file.clone(),
            format!("the top-level key `{key}` is not a kind of record"),
            "see docs/catalog.md for the kinds; a misspelt kind is silently left out",
        );
    }
}

fn doubled(catalog: &Catalog, out: &mut Findings) {
    for (kind, records) in &catalog.raw {
        let mut seen = BTreeSet::new();
        for record in records {
            let id = record.get("id").and_then(Value::as_str);
            let Some(id) = id else {
                if !matches!(*kind, "edges" | "adequacy_decisions") {
                    let help = "give every record an id that is never used again for something else";
                    out.error("missing-id", walk::subject(kind, record), "the record has no id".into(), help);
                }
                continue;
            };
            if !seen.insert(id) {
                let message = format!("the id `{id}` is used twice; only the last record counts");
                out.error("duplicate-id", format!("{kind}/{id}"), message, "give one of them another id");
            }
        }
    }
    let mut facts = BTreeMap::new();
    for record in walk::records(catalog, "edges") {
        let Some(fact) = record.get("fact").and_then(Value::as_str) else { continue };
        let ends = (record.get("owner"), record.get("owned"));
        if facts.insert(fact, ends).is_some_and(|before| before != ends) {
            let message = "two edges between different entities name the same fact".to_owned();
            out.error("duplicate-id", format!("edges/{fact}"), message, "one fact per edge");
        }
    }
}

fn fields(catalog: &Catalog, out: &mut Findings) {
    for (kind, known) in &catalog.vocabulary.fields {
        for record in walk::records(catalog, kind) {
            for field in record.as_object().into_iter().flat_map(serde_json::Map::keys) {
                if !known.contains(field) {
                    let message = format!("the field `{field}` is not known for this kind and is ignored");
                    let help = "correct the spelling, or add the field to `fields` in vocabulary.yaml when it is prose";
                    out.warning("unknown-field", walk::subject(kind, record), message, help);
                }
            }
        }
    }
}

fn facts(catalog: &Catalog, out: &mut Findings) {
    for (id, fact) in &catalog.facts {
        let subject = format!("facts/{id}");
        if fact.statement.trim().is_empty() {
            out.error("missing-statement", subject.clone(), "the fact says nothing".into(), "state it in one sentence");
        }
        if fact.sources.is_empty() {
            let help = "name a source; general knowledge has a source entry of its own and the grade background_only";
            out.error("missing-source", subject.clone(), "the fact has no source".into(), help);
        }
        if fact.as_of.is_none() {
            out.warning("missing-date", subject.clone(), "nobody says when it was looked at".into(), "set `as_of`");
        }
        let grade = |s: &String| catalog.grade_of(s) == Some(BACKGROUND);
        let only_background = !fact.sources.is_empty() && fact.sources.iter().all(grade);
        if only_background && fact.verification != Verification::BackgroundOnly {
            let message = "it rests on general knowledge alone and is graded better than that".to_owned();
            out.error("overrated", subject, message, "set `verification: background_only` or name what was read");
        }
    }
}

fn sources(catalog: &Catalog, out: &mut Findings) {
    let mut used = BTreeSet::new();
    for (kind, records) in &catalog.raw {
        for record in records {
            for field in ["sources", "facts", "lei_source"] {
                if *kind == "sources" {
                    continue;
                }
                for text in walk::texts(record, field) {
                    used.extend(text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').map(str::to_owned));
                    used.insert(text);
                }
            }
        }
    }
    for id in catalog.sources.keys().filter(|id| !used.contains(*id)) {
        let message = "no record rests on this source".to_owned();
        out.warning("unreferenced-source", format!("sources/{id}"), message, "cite it or take it out");
    }
}
