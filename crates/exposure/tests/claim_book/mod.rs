//! The claims: what a correct judgement must answer, turned into questions as `how_to_ask` in the file says.

use std::collections::BTreeMap;

use flagstate_catalog::{Catalog, Date, Harm, InstrumentKind, Link};
use serde::Deserialize;
use serde_json::Value;

const TEXT: &str = include_str!("../data/claims.yaml");

/// The second date of every claim.
const LATER: &str = "2026-11-21";

/// Verdicts that a claim names; what it does not name is not claimed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Expected {
    pub(crate) links: BTreeMap<Link, String>,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) harms: BTreeMap<Harm, String>,
}

/// One claim on one date.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) id: String,
    pub(crate) date: Date,
    /// Each of them must answer so.
    pub(crate) offerings: Vec<String>,
    /// As the claim names it, `us.*` for instance.
    pub(crate) pattern: String,
    /// What the pattern names. Several: strongest exposure per link.
    pub(crate) instruments: Vec<String>,
    pub(crate) safeguards: Option<Vec<String>>,
    pub(crate) service: Option<String>,
    pub(crate) assume: Vec<String>,
    pub(crate) in_clear: bool,
    pub(crate) expected: Expected,
}

#[derive(Deserialize)]
struct File {
    claims: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    id: String,
    given: Given,
    expected: Expected,
    expected_on_2026_11_21: Value,
}

#[derive(Deserialize)]
struct Given {
    offering: String,
    instrument: String,
    workload: String,
    as_of: Date,
    safeguards: Value,
    #[serde(default)]
    service: Option<String>,
    #[serde(default)]
    assume: Vec<String>,
}

/// Every claim on both of its dates.
pub(crate) fn read(catalog: &Catalog) -> Vec<Claim> {
    let file: File = serde_saphyr::from_str(TEXT).expect("the claims are readable");
    let mut claims = Vec::new();
    for record in file.claims {
        let later: Date = LATER.parse().expect("a date");
        let then = match &record.expected_on_2026_11_21 {
            Value::String(s) if s == "same" => record.expected.clone(),
            other => serde_json::from_value(other.clone()).expect("an expectation"),
        };
        let dated = [(record.given.as_of, record.expected.clone()), (later, then)];
        claims.extend(dated.into_iter().map(|(date, expected)| claim(catalog, &record, date, expected)));
    }
    claims
}

fn claim(catalog: &Catalog, record: &Record, date: Date, expected: Expected) -> Claim {
    let given = &record.given;
    let instruments = match given.instrument.strip_suffix('*') {
        None => vec![given.instrument.clone()],
        Some(prefix) => catalog
            .instruments
            .values()
            .filter(|i| i.id.starts_with(prefix) && i.kind == InstrumentKind::Compulsion)
            .map(|i| i.id.clone())
            .collect(),
    };
    let at_rest = ["stored data", "storage only", "Office documents with DKE"].contains(&given.workload.as_str());
    Claim {
        id: record.id.clone(),
        date,
        offerings: offerings(catalog, &given.offering),
        pattern: given.instrument.clone(),
        instruments,
        safeguards: serde_json::from_value(given.safeguards.clone()).ok(),
        service: given.service.clone(),
        assume: given.assume.clone(),
        in_clear: !at_rest,
        expected,
    }
}

fn offerings(catalog: &Catalog, words: &str) -> Vec<String> {
    if words != "any US-parented" {
        return words.split(" + ").map(str::to_owned).collect();
    }
    let american = |id: &String| catalog.entities.get(id).is_some_and(|e| e.seat() == Some("US"));
    let chosen = catalog.offerings.values().filter(|o| o.ultimate_parents.iter().any(american));
    chosen.map(|o| o.id.clone()).collect()
}
