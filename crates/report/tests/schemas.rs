//! Our own JSON against the schemas in `docs/schemas`: every key we write is described, every key described is written.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first thing that is not as it should be"
)]

mod common;

use std::{collections::BTreeSet, fs, path::Path};

use flagstate_exposure::{Finding, Question, diff, explain};
use flagstate_report::{
    json,
    proof::{Parts, Proof},
};
use serde_json::Value;

fn schema(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas").join(name);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The part of JSON Schema that our schemas use; a keyword beyond it is a mistake in the schema.
fn check(root: &Value, s: &Value, v: &Value, at: &str, problems: &mut Vec<String>) {
    for (key, rule) in s.as_object().unwrap() {
        match key.as_str() {
            "$ref" => {
                let name = rule.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                check(root, &root["$defs"][name], v, at, problems);
            }
            "anyOf" => {
                let fits = |s: &&Value| {
                    let mut found = Vec::new();
                    check(root, s, v, at, &mut found);
                    found.is_empty()
                };
                if !rule.as_array().unwrap().iter().any(|s| fits(&s)) {
                    problems.push(format!("{at}: fits nothing of {rule}: {v}"));
                }
            }
            "type" => typed(rule.as_str().unwrap(), v, at, problems),
            "enum" if !rule.as_array().unwrap().contains(v) => problems.push(format!("{at}: {v} is not in {rule}")),
            "const" if rule != v => problems.push(format!("{at}: {v} is not {rule}")),
            "items" => {
                for (i, item) in v.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, item, &format!("{at}[{i}]"), problems);
                }
            }
            "properties"
            | "additionalProperties"
            | "required"
            | "enum"
            | "const"
            | "minItems"
            | "maxItems"
            | "minimum"
            | "pattern"
            | "format"
            | "description"
            | "title"
            | "$schema"
            | "$id"
            | "$defs" => {}
            other => panic!("{at}: keyword {other}"),
        }
    }
    object(root, s, v, at, problems);
}

fn typed(word: &str, v: &Value, at: &str, problems: &mut Vec<String>) {
    let fits = match word {
        "string" => v.is_string(),
        "integer" => v.is_u64() || v.is_i64(),
        "boolean" => v.is_boolean(),
        "array" => v.is_array(),
        "object" => v.is_object(),
        "null" => v.is_null(),
        other => panic!("{at}: type {other}"),
    };
    if !fits {
        problems.push(format!("{at}: {v} is no {word}"));
    }
}

fn object(root: &Value, s: &Value, v: &Value, at: &str, problems: &mut Vec<String>) {
    let Some(map) = v.as_object() else { return };
    for (key, value) in map {
        if let Some(p) = s["properties"].get(key) {
            check(root, p, value, &format!("{at}.{key}"), problems);
        } else if s["additionalProperties"] == false {
            problems.push(format!("{at}: `{key}` is not in the schema"));
        } else if s["additionalProperties"].is_object() {
            check(root, &s["additionalProperties"], value, &format!("{at}.{key}"), problems);
        }
    }
    for key in s["required"].as_array().into_iter().flatten() {
        if !map.contains_key(key.as_str().unwrap()) {
            problems.push(format!("{at}: {key} is missing"));
        }
    }
}

/// Every object of the schema names all of its keys as required: a key that is no longer written fails above. Only the
/// proof of a recorded report may be absent, and the placements where nothing was placed.
fn closed(s: &Value, at: &str) {
    if let Some(properties) = s.get("properties").and_then(Value::as_object) {
        let named: BTreeSet<&str> =
            properties.keys().map(String::as_str).filter(|key| !matches!(*key, "proof" | "placements")).collect();
        let required = s["required"].as_array().unwrap().iter().map(|k| k.as_str().unwrap()).collect();
        assert_eq!(named, required, "{at}");
        assert_eq!(s["additionalProperties"], false, "{at}");
    }
    for (key, part) in s.get("$defs").and_then(Value::as_object).into_iter().flatten() {
        closed(part, key);
    }
}

fn valid(name: &str, text: &str) {
    let schema = schema(name);
    closed(&schema, name);
    let mut problems = Vec::new();
    check(&schema, &schema, &serde_json::from_str(text).unwrap(), "", &mut problems);
    assert!(problems.is_empty(), "{name}:\n{}", problems.join("\n"));
}

#[test]
fn what_we_write_is_what_the_schemas_say() {
    let catalog = common::catalog();
    let a = common::judged(&catalog, &common::project(), Vec::new());
    valid("assessment.schema.json", &json::assessment(&a));
    let found: Vec<&Finding> = a.workloads.iter().flat_map(|w| &w.findings).collect();
    valid("findings.schema.json", &json::findings(&found));
    let ask = |offering: &str, instrument: &str, date: &str| {
        explain(&catalog, &Question::new(offering, instrument, date.parse().unwrap())).unwrap()
    };
    let proof = Proof::new(Parts {
        origin: "log.example/a",
        verifier_key: "log.example/a+00000000+AA==",
        index: 3,
        size: 4,
        report_sha256: "00",
        entry: b"{}",
        tlog_proof: "c2sp.org/tlog-proof@v1\n",
    });
    valid("assessment.schema.json", &proof.in_json(&json::assessment(&a)));
    valid("findings.schema.json", &proof.in_json(&json::findings(&found)));
    for offering in catalog.offerings.keys().chain(&["nobody-knows-it".to_owned()]) {
        for instrument in ["us.*", "us.ieepa", "ca.cc487"] {
            valid("explain.schema.json", &json::answer(&ask(offering, instrument, "2026-11-21")));
        }
    }
    let difference = diff::answers(&ask("bleu", "us.*", "2026-04-21"), &ask("bleu", "us.*", "2027-04-01"));
    valid("difference.schema.json", &json::difference(&difference));
}
