//! Words: fields that take one of a few words take no other. Which words, is data (`allowed` in the vocabulary).

use serde_json::Value;

use super::Findings;
use crate::{Catalog, ServiceMap, walk};

pub(super) fn check(catalog: &Catalog, services: &ServiceMap, out: &mut Findings) {
    for (field, words) in &catalog.vocabulary.allowed {
        let Some((kind, path)) = field.split_once('.') else { continue };
        if kind == "capabilities" {
            continue;
        }
        for record in walk::records(catalog, kind) {
            for word in walk::texts(record, path) {
                if !words.contains(&word) {
                    unknown(out, walk::subject(kind, record), path, &word, words);
                }
            }
        }
    }
    if let Some(words) = catalog.vocabulary.allowed.get("capabilities.processing") {
        for (id, c) in &services.capabilities {
            match &c.processing {
                Some(word) if words.contains(word) => {}
                Some(word) => unknown(out, format!("capabilities/{id}"), "processing", word, words),
                None => out.warning(
                    "unknown-word",
                    format!("capabilities/{id}"),
                    "`processing` is not said, so clear text is assumed".into(),
                    "say whether the service works on ciphertext",
                ),
            }
        }
    }
    attributes(catalog, out);
}

fn unknown(out: &mut Findings, subject: String, path: &str, word: &str, words: &[String]) {
    let message = format!("`{path}` is `{word}`; it takes: {}", words.join(", "));
    out.error("unknown-word", subject, message, "use one of these words; others would be read as unknown");
}

fn attributes(catalog: &Catalog, out: &mut Findings) {
    let v = &catalog.vocabulary;
    for record in walk::records(catalog, "safeguards") {
        let subject = || walk::subject("safeguards", record);
        let mut lists: Vec<&Value> = record.get("attributes").into_iter().collect();
        lists.extend(
            record.get("attributes_by_service").and_then(Value::as_object).into_iter().flat_map(|m| m.values()),
        );
        for (name, value) in lists.into_iter().filter_map(Value::as_object).flatten() {
            if name == "from" {
                continue;
            }
            if !v.attributes.contains_key(name) {
                let known: Vec<String> = v.attributes.keys().cloned().collect();
                unknown(out, subject(), "attributes", name, &known);
            }
            let word = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if !v.attribute_order.contains(&word) {
                unknown(out, subject(), name, &word, &v.attribute_order);
            }
        }
    }
}
