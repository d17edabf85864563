//! No provider, law or region name in the code of the judgement: what it knows comes from the catalog's data.
//!
//! The names are read from that data. Comments, documentation and tests may name what they like.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use super::{Problem, lexer::Source};
use crate::workspace;

/// Crates whose code must not know names.
const CRATES: [&str; 5] =
    ["crates/exposure/", "crates/estate/", "crates/placement/", "crates/catalog/", "crates/frameworks/"];
/// Names that the data spells otherwise than people do.
const EXTRA: [&str; 12] = [
    "amazon", "google", "fisa", "cloud act", "gdpr", "snowden", "patriot act", "alibaba", "tencent", "huawei",
    "digitalocean", "linode",
];
/// Ids that are ordinary words as well.
const ORDINARY: [&str; 18] = [
    "default", "customer", "global", "edge", "elastic", "clever", "oracle", "clarence", "aruba", "slack", "zoom",
    "europe", "asia", "subpoena", "comity", "hil", "sin", "ash",
];
/// Uses that stand, each with its reason.
const EXCEPTIONS: [(&str, &str, &str); 2] = [
    (
        "crates/catalog/src/services.rs",
        "azure",
        "a table of the data file is called so, and importers ask for it by name",
    ),
    ("crates/catalog/src/law.rs", "gdpr", "the key of the data file; the field is `transfer_position`"),
];

/// Names by their parts, and state codes.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// First part -> the whole sequences that start with it.
    sequences: BTreeMap<String, BTreeSet<Vec<String>>>,
    /// Codes that must not stand as a whole string literal.
    states: BTreeSet<String>,
}

impl Names {
    /// Reads ids, codes and provider keys from the catalog's files.
    pub(super) fn load(data: &Path) -> Self {
        let mut names = Self::default();
        let read = |file: &str| fs::read_to_string(data.join(file)).unwrap_or_default();
        for file in ["entities.yaml", "offerings.yaml", "instruments.yaml"] {
            for id in values(&read(file), "id") {
                // Facts stand in the same files under upper-case ids.
                if id.chars().any(char::is_lowercase) {
                    names.add(&id);
                    if let Some((_, rest)) = id.split_once('.') {
                        names.add(rest);
                    }
                }
            }
        }
        let regions = read("regions.yaml");
        let codes = values(&regions, "code").into_iter().filter(|c| c.len() > 4);
        let extra = EXTRA.iter().map(|e| (*e).to_owned());
        for name in codes.chain(values(&regions, "provider")).chain(extra) {
            names.add(&name);
        }
        names.states = values(&read("jurisdictions.yaml"), "id").into_iter().filter(|id| id.len() == 2).collect();
        names
    }

    fn add(&mut self, name: &str) {
        if name.len() < 3 || ORDINARY.contains(&name.to_lowercase().as_str()) {
            return;
        }
        let parts = parts(name);
        if let Some(first) = parts.first() {
            self.sequences.entry(first.clone()).or_default().insert(parts.clone());
        }
    }

    /// The first name that stands in `line`.
    pub(super) fn find(&self, line: &str) -> Option<String> {
        let words = parts(line);
        for (at, word) in words.iter().enumerate() {
            for sequence in self.sequences.get(word).into_iter().flatten() {
                if words.get(at..at + sequence.len()) == Some(sequence.as_slice()) {
                    return Some(sequence.join(" "));
                }
            }
        }
        let literal = line.split('"').skip(1).step_by(2);
        literal.into_iter().find(|text| self.states.contains(*text)).map(|code| format!("\"{code}\""))
    }
}

/// Values of `key: value` and `- key: value` lines.
fn values(yaml: &str, key: &str) -> Vec<String> {
    yaml.lines()
        .filter_map(|line| line.trim_start().trim_start_matches("- ").strip_prefix(key)?.strip_prefix(": "))
        .map(|value| value.trim().trim_matches(|c| c == '\'' || c == '"').to_owned())
        .collect()
}

/// Lower-case parts of identifiers and strings: split at anything that is not a letter or digit, and at capitals.
pub(super) fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut after_lower = false;
    for c in text.chars() {
        let splits = !c.is_alphanumeric() || (c.is_uppercase() && after_lower);
        if splits && parts.last().is_some_and(|p| !p.is_empty()) {
            parts.push(String::new());
        }
        if let (true, Some(last)) = (c.is_alphanumeric(), parts.last_mut()) {
            last.extend(c.to_lowercase());
        }
        after_lower = c.is_lowercase() || c.is_numeric();
    }
    parts.retain(|p| !p.is_empty());
    parts
}

/// Checks one file of the governed crates.
pub(super) fn check(source: &Source, names: &Names, problems: &mut Vec<Problem>) {
    let shown = workspace::shown(&source.path);
    if source.is_test || !CRATES.iter().any(|c| shown.starts_with(c)) {
        return;
    }
    for (index, line) in source.code.lines().enumerate() {
        let Some(name) = names.find(line).filter(|_| !source.in_test(index + 1)) else { continue };
        if !EXCEPTIONS.iter().any(|(file, word, _)| *file == shown && *word == name) {
            let text = format!("`{name}` in code: names belong to the catalog's data");
            problems.push(Problem::new(&source.path, index + 1, text));
        }
    }
}
