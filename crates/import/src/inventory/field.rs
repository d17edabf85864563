//! Reading fields of a record: what inventories write in several ways.
//!
//! What it deliberately does not do: keep anything. Whatever is not asked for is dropped with the record.

use std::collections::BTreeMap;

use flagstate_catalog::services::TypeInfo;
use flagstate_estate::{Observation, UnknownReason};
use serde_json::Value;

use super::json::Object;
use crate::Resolver;

/// A text that says something: trimmed, not empty.
pub(crate) fn text<'a>(record: &'a Object, key: &str) -> Option<&'a str> {
    record.get(key)?.as_str().map(str::trim).filter(|t| !t.is_empty())
}

/// The first of several keys that holds a text.
pub(crate) fn first<'a>(record: &'a Object, keys: &[&str]) -> Option<&'a str> {
    keys.iter().find_map(|k| text(record, k))
}

/// The value at a dotted path; names are compared without case, dashes and underscores, because interfaces of one
/// provider write them differently.
pub(crate) fn dig<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |at, name| {
        let map = at.as_object()?;
        map.get(name).or_else(|| map.iter().find(|(k, _)| same(k, name)).map(|(_, v)| v))
    })
}

/// Equal without case, dashes and underscores; nothing is allocated, because most names differ in the first letter.
fn same(a: &str, b: &str) -> bool {
    let mut left = a.bytes().filter(|c| !matches!(c, b'-' | b'_'));
    let mut right = b.bytes().filter(|c| !matches!(c, b'-' | b'_'));
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(x), Some(y)) if x.eq_ignore_ascii_case(&y) => {}
            _ => return false,
        }
    }
}

/// The text at a dotted path.
pub(crate) fn dig_text<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    dig(value, path)?.as_str().map(str::trim).filter(|t| !t.is_empty())
}

/// Text, number or boolean as text.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.clone()),
        Value::Number(n) => Some(n.to_string()),
        Value::Bool(b) => Some(b.to_string()),
        _ => None,
    }
}

/// Tags and labels: a map, or a list of `{key, value}`, `{Key, Value}`, `{name, value}` or `k=v`.
pub(crate) fn tags(value: Option<&Value>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    match value {
        Some(Value::Object(map)) => {
            for (k, v) in map {
                found.insert(k.clone(), scalar(v).unwrap_or_default());
            }
        }
        Some(Value::Array(list)) => {
            for item in list {
                let named = |a: &[&str]| a.iter().find_map(|k| item.get(*k)).and_then(scalar);
                if let Some(key) = named(&["key", "Key", "name", "Name"]) {
                    found.insert(key, named(&["value", "Value"]).unwrap_or_default());
                } else if let Some(one) = item.as_str() {
                    let (k, v) = one.split_once('=').unwrap_or((one, ""));
                    found.insert(k.to_owned(), v.to_owned());
                }
            }
        }
        _ => {}
    }
    found
}

/// Fills capability, data kind and whether it holds data; attributes refine the capability where the catalog says how.
/// `types` are the names under which the catalog may refine this type.
pub(crate) fn kind(
    resolver: Resolver<'_>,
    o: &mut Observation,
    info: Option<&TypeInfo>,
    types: &[&str],
    attribute: &dyn Fn(&str) -> Option<String>,
) {
    resolver.kind(o, info, UnknownReason::Type);
    if info.is_none() {
        return;
    }
    // A rule may name several attributes, one of which the resource has.
    let either = |path: &str| path.split('|').find_map(|p| attribute(p.trim()));
    let refined = types.iter().find_map(|t| resolver.services().refine(t, &either));
    if let Some(capability) = refined.filter(|c| resolver.services().capabilities.contains_key(c)) {
        o.capability = Some(capability);
    }
}
