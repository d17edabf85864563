//! The linter of the data files: what a reviewer would refuse, found by machine.
//!
//! Loading is lenient (a missing record makes an answer `unknown`); this is strict. It reads the records as they were
//! given, so it sees misspelt fields and doubled ids that loading passes over. It changes nothing and judges no case.
//!
//! Words and fields that are allowed, and the errors that are known from other tools, are data
//! (`vocabulary.yaml`, `known_errors.yaml`).

mod known;
mod law;
mod map;
mod owners;
mod records;
mod references;
#[cfg(test)]
mod tests;
mod time;
mod words;

use serde::Serialize;

use crate::{Catalog, ServiceMap};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The catalog must not be used like this.
    Error,
    /// Somebody should look at it.
    Warning,
}

/// One thing that is wrong with the data.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Finding {
    /// How bad.
    pub severity: Severity,
    /// Rule id, for example `dangling-reference`.
    pub rule: &'static str,
    /// Id of the record, with its kind: `facts/I-702-05`.
    pub subject: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// Everything that is wrong with a catalog and its service map; errors first, then by rule and subject.
pub fn check(catalog: &Catalog, services: &ServiceMap) -> Vec<Finding> {
    let mut out = Findings::default();
    records::check(catalog, &mut out);
    words::check(catalog, services, &mut out);
    references::check(catalog, &mut out);
    time::check(catalog, &mut out);
    owners::check(catalog, &mut out);
    law::check(catalog, &mut out);
    map::check(catalog, services, &mut out);
    known::check(catalog, &mut out);
    out.list.sort();
    out.list.dedup();
    out.list
}

/// Collects findings.
#[derive(Debug, Default)]
struct Findings {
    list: Vec<Finding>,
}

impl Findings {
    fn error(&mut self, rule: &'static str, subject: impl Into<String>, message: String, help: &str) {
        self.push(Severity::Error, rule, subject.into(), message, help);
    }

    fn warning(&mut self, rule: &'static str, subject: impl Into<String>, message: String, help: &str) {
        self.push(Severity::Warning, rule, subject.into(), message, help);
    }

    fn push(&mut self, severity: Severity, rule: &'static str, subject: String, message: String, help: &str) {
        self.list.push(Finding { severity, rule, subject, message, help: help.to_owned() });
    }
}
