//! OSCAL assessment results: one observation per workload and harm, one finding per requirement that was read and per own rule
//! that is broken.
//!
//! Specification: NIST OSCAL 1.0.6, assessment-results layer. Identifiers are made from the content (in the form of
//! version 5, with SHA-256 in place of SHA-1), so that the same results give the same bytes. `satisfied` is said of `met`
//! alone; contested and unknown are `not-satisfied` for the reason `other`, and the word stands in a property.

use std::fmt::Write as _;

use flagstate_exposure::{HarmVerdict, WorkloadAnswer};
use flagstate_frameworks::{Verdict, requirement::RequirementReading};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Material;
use crate::{clean, words};

const VERSION: &str = "1.0.6";
/// Name space of our properties.
const SPACE: &str = "https://flagstate.example/ns/oscal";

/// The document.
pub fn text(m: &Material<'_>) -> String {
    let a = m.assessment;
    let when = format!("{}T00:00:00Z", a.as_of);
    let seed = Seed(format!("{}/{}/{:?}", a.catalog_digest, a.as_of, a.organisation));
    let observations: Vec<Value> = a.workloads.iter().flat_map(|w| observations(w, &seed, &when)).collect();
    let mut findings: Vec<Value> =
        m.readings.iter().flat_map(|r| r.requirements.iter().map(|x| requirement(m, &r.workload, x, &seed))).collect();
    findings.extend(a.workloads.iter().flat_map(|w| rules(m, w, &seed)));
    let mut ids: Vec<String> = m.readings.iter().flat_map(|r| &r.requirements).map(|x| token(&x.requirement)).collect();
    ids.sort();
    ids.dedup();
    let selection = if ids.is_empty() {
        json!({"include-all": {}})
    } else {
        json!({"include-controls": ids.iter().map(|id| json!({"control-id": id})).collect::<Vec<_>>()})
    };
    let mut result = json!({
        "uuid": seed.uuid("result"),
        "title": "Who can be compelled",
        "description": words::NOT_ADVICE,
        "start": when,
        "end": when,
        "reviewed-controls": {"control-selections": [selection]},
    });
    if let Some(map) = result.as_object_mut() {
        for (key, list) in [("observations", observations), ("findings", findings)] {
            if !list.is_empty() {
                map.insert(key.to_owned(), Value::Array(list));
            }
        }
    }
    let plan = seed.uuid("plan");
    let document = json!({"assessment-results": {
        "uuid": seed.uuid("document"),
        "metadata": {
            "title": clean::name(a.organisation.as_deref().unwrap_or("Flagstate report")),
            "last-modified": when,
            "version": a.as_of.to_string(),
            "oscal-version": VERSION,
            "props": [property("catalog-digest", &a.catalog_digest)],
        },
        "import-ap": {"href": format!("#{plan}")},
        "results": [result],
        "back-matter": {"resources": [{
            "uuid": plan,
            "title": "Flagstate project",
            "description": "The inputs, the catalog and the date of the judgement stand in place of an assessment plan.",
        }]},
    }});
    let mut text = clean::json(&serde_json::to_string_pretty(&document).unwrap_or_default());
    text.push('\n');
    text
}

fn observations(w: &WorkloadAnswer, seed: &Seed, when: &str) -> Vec<Value> {
    w.harms
        .iter()
        .map(|(harm, v)| {
            let id = words::harm_id(*harm);
            json!({
                "uuid": seed.uuid(&format!("observation/{}/{id}", w.name)),
                "title": format!("{}: {}", clean::name(&w.name), words::harm_title(*harm)),
                "description": format!("{id} is {} for foreign powers and {} for home powers.", v.foreign, v.home),
                "props": [
                    property("workload", &w.name),
                    property("harm", id),
                    property("verdict", v.foreign.word()),
                ],
                "methods": ["EXAMINE"],
                "types": ["finding"],
                "collected": when,
            })
        })
        .collect()
}

fn requirement(m: &Material<'_>, workload: &str, r: &RequirementReading, seed: &Seed) -> Value {
    let text = m.library.requirements.get(&r.requirement).map_or("", |x| x.text.en.as_str());
    let why: Vec<String> = r.because.iter().map(|x| clean::name(&m.library.say(x, "en"))).collect();
    let (state, reason) = match r.verdict {
        Verdict::Met => ("satisfied", "pass"),
        Verdict::NotMet => ("not-satisfied", "fail"),
        Verdict::Contested | Verdict::Unknown => ("not-satisfied", "other"),
    };
    json!({
        "uuid": seed.uuid(&format!("requirement/{workload}/{}", r.requirement)),
        "title": format!("{}: {}", clean::name(workload), clean::name(text)),
        "description": if why.is_empty() { clean::name(text) } else { why.join(" ") },
        "props": [
            property("workload", workload),
            property("verdict", r.verdict.word()),
            property("clause", &format!("{} {}", r.clause.framework, r.clause.reference)),
        ],
        "target": {
            "type": "objective-id",
            "target-id": token(&r.requirement),
            "status": {"state": state, "reason": reason},
        },
    })
}

/// The project's own rules that do not hold.
fn rules(m: &Material<'_>, w: &WorkloadAnswer, seed: &Seed) -> Vec<Value> {
    let rules = w.findings.iter().map(|f| {
        let id = words::harm_id(f.harm);
        let reason = if f.verdict == HarmVerdict::Reached { "fail" } else { "other" };
        let observation = seed.uuid(&format!("observation/{}/{id}", w.name));
        let mut finding = json!({
            "uuid": seed.uuid(&format!("rule/{}/{id}/{}", w.name, f.instrument)),
            "title": format!("{}: {} by {}", clean::name(&w.name), words::harm_title(f.harm), clean::name(&f.instrument)),
            "description": crate::view::finding(f, crate::view::Names(m.catalog)),
            "props": [
                property("workload", &w.name),
                property("verdict", f.verdict.word()),
                property("instrument", &f.instrument),
                property("accepted", if f.accepted.is_some() { "yes" } else { "no" }),
            ],
            "target": {
                "type": "objective-id",
                "target-id": token(&format!("project-{}-{id}", w.name)),
                "status": {"state": "not-satisfied", "reason": reason},
            },
        });
        let seen = w.harms.contains_key(&f.harm);
        if let Some(map) = finding.as_object_mut().filter(|_| seen) {
            map.insert("related-observations".into(), json!([{"observation-uuid": observation}]));
        }
        finding
    });
    rules.collect()
}

fn property(name: &str, value: &str) -> Value {
    let value = clean::name(value.trim());
    json!({"name": name, "ns": SPACE, "value": if value.is_empty() { "-".to_owned() } else { value }})
}

/// A name of the schema's kind `token`.
fn token(text: &str) -> String {
    let name: String =
        text.chars().map(|c| if c.is_alphanumeric() || matches!(c, '-' | '.' | '_') { c } else { '-' }).collect();
    if name.starts_with(|c: char| c.is_alphabetic() || c == '_') { name } else { format!("_{name}") }
}

/// What identifiers of a document are made from.
struct Seed(String);

impl Seed {
    fn uuid(&self, what: &str) -> String {
        let hash = Sha256::digest(format!("flagstate/oscal/{}/{what}", self.0).as_bytes());
        let mut hex = String::with_capacity(32);
        for byte in hash.iter().take(16) {
            let _ = write!(hex, "{byte:02x}");
        }
        let part = |from: usize, n: usize| hex.chars().skip(from).take(n).collect::<String>();
        format!("{}-{}-5{}-8{}-{}", part(0, 8), part(8, 4), part(13, 3), part(17, 3), part(20, 12))
    }
}
