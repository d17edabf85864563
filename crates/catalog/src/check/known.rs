//! Errors that other public tools and texts got wrong: refused wherever a record repeats one, with the reason.
//!
//! The errors are data. Here is only how a pattern meets a text: sentence by sentence, fields for notes left out,
//! because a note may quote an error in order to correct it.

use regex_lite::Regex;
use serde_json::Value;

use super::Findings;
use crate::{Catalog, KnownError, walk};

/// Fields in which an error may be quoted.
const QUOTING: [&str; 4] = ["note", "notes", "essay_notes", "caveat"];

/// Kinds that hold titles of others, or the patterns themselves.
const NOT_SEARCHED: [&str; 2] = ["sources", "known_errors"];

pub(super) fn check(catalog: &Catalog, out: &mut Findings) {
    for error in &catalog.known_errors {
        match Patterns::new(error) {
            Ok(patterns) => search(catalog, error, &patterns, out),
            Err(cause) => {
                let message = format!("a pattern cannot be read: {cause}");
                let help = "patterns are regular expressions without look-around";
                out.error("known-error", format!("known_errors/{}", error.id), message, help);
            }
        }
        for fixed in &error.fixed {
            for record in
                walk::records(catalog, &fixed.kind).iter().filter(|r| walk::texts(r, "id").contains(&fixed.id))
            {
                let found = walk::texts(record, &fixed.path);
                if found.iter().any(|text| *text != fixed.value) || found.is_empty() {
                    refuse(out, error, walk::subject(&fixed.kind, record), &found.join(", "));
                }
            }
        }
    }
}

struct Patterns {
    /// Any of these, each a list of which all must match.
    matches: Vec<Vec<Regex>>,
    unless: Vec<Regex>,
}

impl Patterns {
    fn new(error: &KnownError) -> Result<Self, regex_lite::Error> {
        let one = |p: &String| Regex::new(&format!("(?i){p}"));
        let all = |list: &Vec<String>| list.iter().map(one).collect::<Result<Vec<_>, _>>();
        Ok(Self { matches: error.matches.iter().map(all).collect::<Result<_, _>>()?, unless: all(&error.unless)? })
    }

    fn hit(&self, sentence: &str) -> bool {
        self.matches.iter().any(|all| !all.is_empty() && all.iter().all(|p| p.is_match(sentence)))
            && !self.unless.iter().any(|p| p.is_match(sentence))
    }
}

fn search(catalog: &Catalog, error: &KnownError, patterns: &Patterns, out: &mut Findings) {
    for (kind, records) in catalog.raw.iter().filter(|(k, _)| !NOT_SEARCHED.contains(k)) {
        for record in records {
            for (field, value) in record.as_object().into_iter().flatten() {
                if QUOTING.contains(&field.as_str()) {
                    continue;
                }
                in_value(value, patterns, &mut |text| refuse(out, error, walk::subject(kind, record), text));
            }
        }
    }
}

fn in_value(value: &Value, patterns: &Patterns, refuse: &mut dyn FnMut(&str)) {
    walk::all_strings(value, &mut |text| {
        for sentence in sentences(text).into_iter().filter(|s| patterns.hit(s)) {
            refuse(sentence);
        }
    });
}

/// Cuts at a full stop before a blank, at semicolons and at line ends; `30.2` and `i.e.` inside a word stay whole.
fn sentences(text: &str) -> Vec<&str> {
    text.split([';', '\n']).flat_map(|part| part.split(". ")).map(str::trim).filter(|s| !s.is_empty()).collect()
}

fn refuse(out: &mut Findings, error: &KnownError, subject: String, text: &str) {
    let message = format!("refused ({}): `{text}`. {}", error.id, error.reason);
    let help = format!(
        "{} [{}]",
        error.instead,
        error.sources.iter().chain(&error.facts).cloned().collect::<Vec<_>>().join(", ")
    );
    out.error("known-error", subject, message, &help);
}
