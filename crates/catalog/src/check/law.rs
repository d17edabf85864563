//! Law: instruments typed well enough to be judged, rules with text in every language, branches that apply.

use std::collections::{BTreeMap, BTreeSet};

use super::Findings;
use crate::{Catalog, InstrumentKind, Pending, Rule};

/// Languages of the texts for readers.
const LANGUAGES: [&str; 3] = ["en", "fr", "de"];

pub(super) fn check(catalog: &Catalog, out: &mut Findings) {
    instruments(catalog, out);
    for (id, j) in &catalog.jurisdictions {
        names(&format!("jurisdictions/{id}"), &j.names, out);
    }
    words(catalog, out);
    for rule in catalog.rules.values() {
        texts(rule, out);
    }
    for pending in catalog.pending.values() {
        branches(catalog, pending, out);
    }
    for (id, case) in &catalog.use_cases {
        for lang in LANGUAGES.iter().filter(|l| !case.text.contains_key(**l)) {
            let message = format!("no text in `{lang}`");
            out.error("missing-text", format!("transfer_use_cases/{id}"), message, "readers get the text, not the id");
        }
    }
}

fn instruments(catalog: &Catalog, out: &mut Findings) {
    for (id, i) in &catalog.instruments {
        let subject = format!("instruments/{id}");
        names(&subject, &i.names, out);
        if i.about.is_none() {
            let message = "no sentence for readers".to_owned();
            let help = "say in `about` who can use it, on whom, with which secrecy";
            out.warning("missing-text", subject.clone(), message, help);
        }
        let acts = matches!(i.kind, InstrumentKind::Compulsion | InstrumentKind::ServiceCutoff);
        if acts && i.harms.is_empty() {
            let message = "it is a power, but no harm says what it can do".to_owned();
            out.error("untyped-instrument", subject.clone(), message, "list its harms (H1 to H5)");
        }
        if i.kind != InstrumentKind::Compulsion {
            continue;
        }
        for (field, missing) in
            [("addressee", i.addressee.is_none()), ("notice_to_customer", i.notice_to_customer.is_none())]
        {
            if missing {
                let message = format!("a power to compel without `{field}`: the link is answered unknown");
                out.warning("untyped-instrument", subject.clone(), message, "type it when a source allows");
            }
        }
    }
}

fn names(subject: &str, names: &BTreeMap<String, String>, out: &mut Findings) {
    for lang in LANGUAGES.iter().skip(1).filter(|l| !names.contains_key(**l)) {
        let message = format!("no name in `{lang}`");
        out.warning("missing-text", subject, message, "add it under `names`");
    }
}

/// Words for readers in every language.
fn words(catalog: &Catalog, out: &mut Findings) {
    for (group, words) in &catalog.vocabulary.words {
        for (word, names) in words {
            for lang in LANGUAGES.iter().filter(|l| !names.contains_key(**l)) {
                let message = format!("no name in `{lang}`");
                out.error("missing-text", format!("words/{group}.{word}"), message, "name it in every language");
            }
        }
    }
}

fn texts(rule: &Rule, out: &mut Findings) {
    let subject = format!("rules/{}", rule.id);
    for lang in LANGUAGES {
        match rule.text.get(lang).map(String::as_str).map(str::trim) {
            None | Some("") => {
                let message = format!("no text in `{lang}`");
                out.error("missing-text", subject.clone(), message, "readers get the text, not the id");
            }
            Some(text) => {
                let first = rule.text.get("en").map(|t| blanks(t)).unwrap_or_default();
                if blanks(text) != first {
                    let message = format!("the blanks in `{lang}` differ from those in `en`");
                    out.error("missing-text", subject.clone(), message, "use the same {names} in every language");
                }
            }
        }
    }
}

/// Names in braces, sorted.
fn blanks(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = text.split('{').skip(1).filter_map(|t| t.split('}').next()).collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn branches(catalog: &Catalog, pending: &Pending, out: &mut Findings) {
    let subject = format!("pending/{}", pending.id);
    if pending.branches.is_empty() {
        out.error("branch-value", subject.clone(), "it has no outcome".into(), "give each outcome a short value");
    }
    let mut seen = BTreeSet::new();
    for branch in &pending.branches {
        let Some(value) = branch.value.as_deref().filter(|v| !v.trim().is_empty()) else {
            let message = format!("the outcome `{}` has no value", branch.outcome);
            out.error("branch-value", subject.clone(), message, "without a value nobody can assume it");
            continue;
        };
        if !seen.insert(value) {
            let message = format!("two outcomes have the value `{value}`");
            out.error("branch-value", subject.clone(), message, "give each outcome its own value");
        }
        if let Err(cause) = catalog.clone().assume(&format!("{}={value}", pending.id)) {
            let message = format!("the effects of `{value}` do not apply: {cause}");
            out.error("branch-effect", subject.clone(), message, "correct the path or the value of the effect");
        }
    }
}
