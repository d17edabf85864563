//! SARIF 2.1.0: one result per finding, or per workload, harm and foreign power that reaches or may reach it.
//!
//! Levels: reached is an error, contested a warning, unknown a note. What somebody has accepted is suppressed, not
//! hidden.

use std::{collections::BTreeMap, fmt::Write as _};

use flagstate_catalog::{Catalog, Harm};
use flagstate_estate::{InputLedger, config::AcceptedRisk};
use flagstate_exposure::{Assessment, Finding, HarmVerdict, Power, WorkloadAnswer};
use serde_json::{Map, Value, json};

use crate::{
    clean,
    view::{self, Names},
    words,
};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Rules in order of their id, and results that point to them.
struct Log<'c> {
    names: Names<'c>,
    rules: BTreeMap<String, Value>,
    results: Vec<(String, Map<String, Value>)>,
}

/// An assessment: what foreign powers reach, may reach, or what is not known.
pub fn assessment(a: &Assessment, catalog: &Catalog) -> String {
    let mut log = Log { names: Names(catalog), rules: BTreeMap::new(), results: Vec::new() };
    for w in &a.workloads {
        for harm in words::HARMS {
            for p in w.powers.iter().filter(|p| !p.home) {
                if p.harms.get(&harm).is_some_and(|h| h.verdict != HarmVerdict::Cut) {
                    log.power(a, w, harm, p);
                }
            }
        }
        if w.not_judged.0 > 0 {
            log.not_judged(a, w);
        }
    }
    log.finish(&a.inputs, Some(a))
}

/// Findings of `check`.
pub fn findings(found: &[&Finding], catalog: &Catalog) -> String {
    findings_in(found, catalog, &[])
}

/// Findings of `check` over known inputs: with exactly one input, results point to that file.
pub fn findings_in(found: &[&Finding], catalog: &Catalog, inputs: &[InputLedger]) -> String {
    let mut log = Log { names: Names(catalog), rules: BTreeMap::new(), results: Vec::new() };
    for f in found {
        log.finding(f, inputs);
    }
    log.finish(inputs, None)
}

impl Log<'_> {
    fn power(&mut self, a: &Assessment, w: &WorkloadAnswer, harm: Harm, p: &Power) {
        let Some(h) = p.harms.get(&harm) else { return };
        let rule = self.rule(harm, &p.instrument);
        let who: Vec<String> = p.addressees.values().map(|n| clean::name(n)).collect();
        let through = p.chain.as_ref().map(|c| view::carried(c, &p.offerings, self.names)).unwrap_or_default();
        let mut text = format!(
            "{}: {} is {} for {} under {}",
            clean::name(&w.name),
            words::harm_phrase(harm),
            h.verdict,
            clean::name(&p.jurisdiction_name),
            clean::name(&p.name)
        );
        if !who.is_empty() {
            let _ = write!(text, ", through {}. {through}", words::some(&who, 4));
        }
        if let Some(premise) = &h.premise {
            text = words::stop(&text);
            let _ = write!(text, " Premise {}: {}", clean::name(&premise.id), clean::name(&premise.text));
        }
        let mut result = result(&words::stop(&text), h.verdict, &[&w.name, words::harm_id(harm), &p.instrument]);
        let offerings: Vec<(&str, &str)> = p.offerings.iter().map(|o| (o.as_str(), "module")).collect();
        result.insert("locations".into(), locations(&w.name, &offerings, &a.inputs));
        result.insert(
            "properties".into(),
            json!({
                "workload": clean::name(&w.name), "harm": words::harm_id(harm), "verdict": h.verdict.word(),
                "instrument": clean::name(&p.instrument), "jurisdiction": clean::name(&p.jurisdiction),
                "premise": h.premise.as_ref().map(|x| clean::name(&x.id)),
                "wouldKnow": p.visibility.word(), "challenge": p.challenge.word(),
                "resources": p.resources, "cost": p.cost,
            }),
        );
        let own = w.findings.iter().filter(|f| f.harm == harm && f.instrument == p.instrument);
        suppress(&mut result, own.into_iter().find_map(|f| f.accepted.as_ref()));
        self.results.push((rule, result));
    }

    fn not_judged(&mut self, a: &Assessment, w: &WorkloadAnswer) {
        let rule = "not-judged".to_owned();
        self.rules.entry(rule.clone()).or_insert_with(|| {
            json!({
                "id": "not-judged", "name": "NotJudged",
                "shortDescription": {"text": "The catalog does not know where these resources run"},
                "fullDescription": {"text": "Who can be compelled is unknown. Unknown is not safe."},
                "defaultConfiguration": {"level": "note"},
            })
        });
        let text = format!(
            "{}: {} could not be judged (cost {}); the catalog does not know where they run.",
            clean::name(&w.name),
            words::count(w.not_judged.0, "resource", "resources"),
            clean::money(&w.not_judged.1)
        );
        let mut result = result(&text, HarmVerdict::Unknown, &[&w.name, "not-judged"]);
        result.insert("locations".into(), locations(&w.name, &[], &a.inputs));
        self.results.push((rule, result));
    }

    fn finding(&mut self, f: &Finding, inputs: &[InputLedger]) {
        let rule = self.rule(f.harm, &f.instrument);
        let mut text = format!("{}: {}", clean::name(&f.workload), view::finding(f, self.names));
        for note in view::finding_notes(f) {
            text.push(' ');
            text.push_str(&words::stop(&words::capital(&note)));
        }
        let mut result = result(&text, f.verdict, &[&f.workload, words::harm_id(f.harm), &f.instrument]);
        let examples: Vec<(&str, &str)> = f.examples.iter().map(|e| (e.as_str(), "resource")).collect();
        result.insert("locations".into(), locations(&f.workload, &examples, inputs));
        result.insert(
            "properties".into(),
            json!({
                "workload": clean::name(&f.workload), "harm": words::harm_id(f.harm), "verdict": f.verdict.word(),
                "allowed": f.allowed.word(), "instrument": clean::name(&f.instrument),
                "jurisdiction": clean::name(&f.jurisdiction),
                "premise": f.premise.as_ref().map(|x| clean::name(&x.id)),
                "because": f.requirement.because.as_ref().map(|x| clean::name(x)),
            }),
        );
        suppress(&mut result, f.accepted.as_ref());
        self.results.push((rule, result));
    }

    /// Records the rule of a harm and an instrument; returns its id.
    fn rule(&mut self, harm: Harm, instrument: &str) -> String {
        let id = format!("{}/{}", words::harm_id(harm), clean::name(instrument));
        if self.rules.contains_key(&id) {
            return id;
        }
        let c = self.names.0;
        let record = c.instruments.get(instrument);
        let name = self.names.instrument(instrument);
        let mut full = format!("{}: {name}", words::harm_title(harm));
        if let Some(i) = record {
            for part in [&i.citation, &i.personal_reach, &i.territorial_reach].into_iter().flatten() {
                full.push_str("; ");
                full.push_str(&clean::name(part));
            }
        }
        let mut rule = json!({
            "id": id,
            "name": pascal(&format!("{} {name}", words::harm_title(harm))),
            "shortDescription": {"text": format!("{} under {name}", words::harm_title(harm))},
            "fullDescription": {"text": words::stop(&full)},
            "help": {"text": format!("{} {}", words::harm_meaning(harm), words::NOT_ADVICE)},
            "defaultConfiguration": {"level": "error"},
            "properties": {"tags": [words::harm_id(harm), record.map_or("*", |i| i.issuing_jurisdiction.as_str())]},
        });
        let facts = record.map(|i| i.facts.as_slice()).unwrap_or_default();
        let sources = facts.iter().filter_map(|f| c.facts.get(f)).flat_map(|f| &f.sources);
        let link = sources.filter_map(|s| c.sources.get(s)?.url.as_deref()).find_map(clean::link);
        if let (Some(url), Value::Object(rule)) = (link, &mut rule) {
            rule.insert("helpUri".into(), Value::String(clean::uri_reference(&url)));
        }
        self.rules.insert(id.clone(), rule);
        id
    }

    fn finish(self, inputs: &[InputLedger], a: Option<&Assessment>) -> String {
        let index: BTreeMap<&String, usize> = self.rules.keys().enumerate().map(|(i, k)| (k, i)).collect();
        let results: Vec<Value> = self
            .results
            .iter()
            .map(|(rule, result)| {
                let mut result = result.clone();
                result.insert("ruleId".into(), json!(rule));
                result.insert("ruleIndex".into(), json!(index.get(rule)));
                Value::Object(result)
            })
            .collect();
        let mut run = json!({
            "tool": {"driver": {
                "name": "Flagstate",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "shortDescription": {"text": words::NOT_ADVICE},
                "rules": self.rules.values().collect::<Vec<_>>(),
            }},
            "columnKind": "utf16CodeUnits",
            "artifacts": inputs.iter().map(|i| json!({"location": {"uri": clean::uri(&i.name)}})).collect::<Vec<_>>(),
            "results": results,
        });
        if let (Some(a), Value::Object(run)) = (a, &mut run) {
            run.insert(
                "properties".into(),
                json!({
                    "asOf": a.as_of, "controlTest": words::control_test_id(a.control_test), "home": a.home,
                    "catalogDigest": a.catalog_digest, "assumed": a.assumed,
                }),
            );
        }
        let log = json!({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]});
        let mut text = clean::json(&serde_json::to_string_pretty(&log).unwrap_or_default());
        text.push('\n');
        text
    }
}

fn result(text: &str, verdict: HarmVerdict, identity: &[&str]) -> Map<String, Value> {
    let level = match verdict {
        HarmVerdict::Reached => "error",
        HarmVerdict::Contested => "warning",
        HarmVerdict::Unknown => "note",
        HarmVerdict::Cut => "none",
    };
    let mut map = Map::new();
    map.insert("level".into(), json!(level));
    map.insert("message".into(), json!({ "text": text.replace('\u{a0}', " ") }));
    map.insert("partialFingerprints".into(), json!({ "flagstate/v1": clean::fingerprint(identity) }));
    map
}

/// The workload and what it names; with exactly one input, also that file.
fn locations(workload: &str, inside: &[(&str, &str)], inputs: &[InputLedger]) -> Value {
    let workload = clean::name(workload);
    let mut logical = vec![json!({"name": workload, "fullyQualifiedName": workload, "kind": "module"})];
    for (name, kind) in inside {
        let name = clean::name(name);
        logical.push(json!({"name": name, "fullyQualifiedName": format!("{workload}/{name}"), "kind": kind}));
    }
    let mut location = json!({ "logicalLocations": logical });
    if let ([only], Value::Object(map)) = (inputs, &mut location) {
        let place = json!({"artifactLocation": {"uri": clean::uri(&only.name), "index": 0}});
        map.insert("physicalLocation".into(), place);
    }
    json!([location])
}

fn suppress(result: &mut Map<String, Value>, accepted: Option<&AcceptedRisk>) {
    if let Some(r) = accepted {
        let text = format!("Accepted by {} until {}: {}", clean::name(&r.owner), r.until, clean::name(&r.reason));
        result
            .insert("suppressions".into(), json!([{"kind": "external", "status": "accepted", "justification": text}]));
    }
}

fn pascal(text: &str) -> String {
    text.split(|c: char| !c.is_alphanumeric()).map(words::capital).collect()
}
