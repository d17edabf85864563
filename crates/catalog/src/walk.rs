//! Raw records: fields by a dotted path (lists on the way are walked through), and which fields name other records.

use serde_json::Value;

use crate::Catalog;

/// Kind, path of the field, kinds in which the id must exist.
pub(crate) const REFERENCES: [(&str, &str, &[&str]); 40] = [
    ("facts", "sources", &["sources"]),
    ("safeguards", "sources", &["sources"]),
    ("safeguards", "facts", &["facts", "sources"]),
    ("jurisdictions", "facts", &["facts"]),
    ("jurisdictions", "adequacy", &["facts"]),
    ("adequacy_decisions", "fact", &["facts"]),
    ("instruments", "issuing_jurisdiction", &["jurisdictions"]),
    ("instruments", "facts", &["facts"]),
    ("instruments", "blocked_or_limited_by", &["instruments"]),
    ("instruments", "undecided", &["pending"]),
    ("instruments", "precedents.fact", &["facts"]),
    ("entities", "country", &["jurisdictions"]),
    ("entities", "contacts.jurisdiction", &["jurisdictions"]),
    ("entities", "contacts.fact", &["facts"]),
    ("edges", "owner", &["entities"]),
    ("edges", "owned", &["entities"]),
    ("edges", "fact", &["facts"]),
    ("offerings", "operator_entity", &["entities"]),
    ("offerings", "contracting_entity", &["entities"]),
    ("offerings", "technology_licensor", &["entities"]),
    ("offerings", "ultimate_parents", &["entities"]),
    ("offerings", "subprocessors", &["entities"]),
    ("offerings", "hosted_on", &["offerings"]),
    ("offerings", "built_in", &["safeguards"]),
    ("offerings", "available", &["safeguards"]),
    ("offerings", "transfer_basis", &["safeguards"]),
    ("offerings", "safeguard_dates.~", &["safeguards"]),
    ("offerings", "facts", &["facts"]),
    ("rules", "facts", &["facts"]),
    ("rules", "sources", &["sources"]),
    ("events", "facts", &["facts"]),
    ("events", "sources", &["sources"]),
    ("pending", "facts", &["facts"]),
    ("pending", "sources", &["sources"]),
    ("transfer_use_cases", "fact", &["facts"]),
    ("transfer_use_cases", "sources", &["sources"]),
    ("known_errors", "sources", &["sources"]),
    ("known_errors", "facts", &["facts"]),
    ("instruments", "sources", &["sources"]),
    ("offerings", "sources", &["sources"]),
];

/// The word for a seat that is not known or depends on who asks.
pub(crate) const ANYWHERE: &str = "*";

/// Raw records of a kind.
pub(crate) fn records<'a>(catalog: &'a Catalog, kind: &str) -> &'a [Value] {
    catalog.raw.get(kind).map_or(&[], Vec::as_slice)
}

/// `kind/id` of a record; edges have no id of their own and are named by their fact or their ends.
pub(crate) fn subject(kind: &str, record: &Value) -> String {
    let text = |key: &str| record.get(key).and_then(Value::as_str);
    let id = match text("id").or_else(|| text("code")) {
        Some(id) => id.to_owned(),
        None => match (text("fact"), text("owner"), text("owned")) {
            (Some(fact), _, _) => fact.to_owned(),
            (None, Some(above), Some(below)) => format!("edge:{above}>{below}"),
            _ => "(no id)".to_owned(),
        },
    };
    format!("{kind}/{id}")
}

/// All texts at `path`: strings, `id`s of objects, and numbers and truth values in their written form. A last part `~`
/// means the keys of a mapping; an empty path means the value itself.
pub(crate) fn texts(record: &Value, path: &str) -> Vec<String> {
    let mut here = vec![record];
    for part in path.split('.').filter(|p| !p.is_empty()) {
        if part == "~" {
            return here.into_iter().filter_map(Value::as_object).flat_map(|m| m.keys().cloned()).collect();
        }
        let mut next = Vec::new();
        for value in here {
            flatten(value, &mut |v| match (part, v.as_object()) {
                ("*", Some(map)) => next.extend(map.values()),
                (_, Some(map)) => next.extend(map.get(part)),
                _ => {}
            });
        }
        here = next;
    }
    let mut out = Vec::new();
    for value in here {
        flatten(value, &mut |v| match v {
            Value::String(s) => out.push(s.clone()),
            Value::Number(n) => out.push(n.to_string()),
            Value::Bool(b) => out.push(b.to_string()),
            Value::Object(map) => out.extend(map.get("id").and_then(Value::as_str).map(str::to_owned)),
            _ => {}
        });
    }
    out
}

fn flatten<'a>(value: &'a Value, each: &mut dyn FnMut(&'a Value)) {
    match value {
        Value::Array(list) => list.iter().for_each(|v| flatten(v, each)),
        other => each(other),
    }
}

/// Every string inside a value, at any depth.
pub(crate) fn all_strings<'a>(value: &'a Value, each: &mut dyn FnMut(&'a str)) {
    match value {
        Value::String(s) => each(s),
        Value::Array(list) => list.iter().for_each(|v| all_strings(v, each)),
        Value::Object(map) => map.values().for_each(|v| all_strings(v, each)),
        _ => {}
    }
}
