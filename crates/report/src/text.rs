//! Plain text for a terminal.

use std::fmt::Write as _;

use flagstate_catalog::Catalog;
use flagstate_exposure::{Answer, Assessment, Finding, diff::Difference};

/// An assessment.
pub fn assessment(a: &Assessment, _catalog: &Catalog) -> String {
    let mut out = String::new();
    for w in &a.workloads {
        let _ = writeln!(out, "{}", w.name);
        for (harm, h) in &w.harms {
            let _ = writeln!(out, "  {harm:?} {}", h.foreign);
        }
    }
    out
}

/// An answer of `explain`.
pub fn answer(a: &Answer, _catalog: &Catalog) -> String {
    let mut out = String::new();
    for (link, l) in &a.links {
        let _ = writeln!(out, "{link:?} {} {}", l.verdict, l.text);
    }
    out
}

/// A difference of `whatif`.
pub fn difference(d: &Difference, _catalog: &Catalog) -> String {
    let mut out = String::new();
    for c in &d.changes {
        let _ = writeln!(out, "{} {} {}: {} -> {}", c.subject, c.instrument, c.part, c.from, c.to);
    }
    out
}

/// Findings of `check`.
pub fn findings(found: &[&Finding], _catalog: &Catalog) -> String {
    let mut out = String::new();
    for f in found {
        let _ = writeln!(out, "{} {:?} {} {}", f.workload, f.harm, f.instrument, f.verdict);
    }
    out
}
