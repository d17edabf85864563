//! `JUnit` XML of a gate: one suite per workload, one case per harm and power.
//!
//! A case fails where a requirement does not hold. A case is skipped where somebody has accepted the exposure, and
//! where an exposure stands that no finding of this run speaks about; only what is cut passes. So a green case always
//! means cut. Nothing is measured: `time` is 0, and `timestamp` is the date of the judgement.

use std::fmt::Write as _;

use flagstate_catalog::Harm;
use flagstate_exposure::{Assessment, Finding, HarmVerdict, WorkloadAnswer};

use crate::{clean, words};

enum Outcome {
    Passed,
    Skipped(String),
    Failed(String),
}

struct Case {
    name: String,
    outcome: Outcome,
}

/// Findings of `check`, beside everything that was judged.
pub fn findings(a: &Assessment, found: &[&Finding]) -> String {
    let suites: Vec<(&WorkloadAnswer, Vec<Case>)> = a.workloads.iter().map(|w| (w, cases(w, found))).collect();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for (i, (w, cases)) in suites.iter().enumerate() {
        suite(&mut out, a, i, w, cases);
    }
    out.push_str("</testsuites>\n");
    out
}

fn counts<'c>(cases: impl Iterator<Item = &'c Case>) -> (usize, usize, usize) {
    let (mut failed, mut skipped, mut total) = (0, 0, 0);
    for case in cases {
        total += 1;
        match case.outcome {
            Outcome::Failed(_) => failed += 1,
            Outcome::Skipped(_) => skipped += 1,
            Outcome::Passed => {}
        }
    }
    (failed, skipped, total)
}

fn suite(out: &mut String, a: &Assessment, id: usize, w: &WorkloadAnswer, cases: &[Case]) {
    let (failed, skipped, total) = counts(cases.iter());
    let name = clean::xml(&w.name);
    let _ = writeln!(
        out,
        "  <testsuite id=\"{id}\" name=\"{name}\" package=\"flagstate\" tests=\"{total}\" failures=\"{failed}\" \
         errors=\"0\" skipped=\"{skipped}\" time=\"0\" timestamp=\"{}T00:00:00\" hostname=\"localhost\">",
        a.as_of
    );
    let _ = writeln!(out, "    <properties>");
    let properties = [
        ("as_of", a.as_of.to_string()),
        ("catalog_digest", a.catalog_digest.clone()),
        ("control_test", words::control_test_id(a.control_test).to_owned()),
    ];
    for (key, value) in properties {
        let _ = writeln!(out, "      <property name=\"{key}\" value=\"{}\"/>", clean::xml(&value));
    }
    let _ = writeln!(out, "    </properties>");
    for case in cases {
        let head = format!(
            "    <testcase classname=\"flagstate.{}\" name=\"{}\" time=\"0\"",
            clean::xml(&w.name.replace('.', "_")),
            clean::xml(&case.name)
        );
        match &case.outcome {
            Outcome::Passed => {
                let _ = writeln!(out, "{head}/>");
            }
            Outcome::Skipped(why) => {
                let _ = writeln!(out, "{head}>\n      <skipped message=\"{}\"/>\n    </testcase>", clean::xml(why));
            }
            Outcome::Failed(why) => {
                let first = why.lines().next().unwrap_or_default();
                let text: Vec<String> = why.lines().map(clean::xml).collect();
                let _ = writeln!(
                    out,
                    "{head}>\n      <failure type=\"exposure\" message=\"{}\">{}</failure>\n    </testcase>",
                    clean::xml(first),
                    text.join("\n")
                );
            }
        }
    }
    let _ = writeln!(out, "    <system-out/>\n    <system-err/>\n  </testsuite>");
}

fn cases(w: &WorkloadAnswer, found: &[&Finding]) -> Vec<Case> {
    let mut cases = Vec::new();
    for harm in words::HARMS {
        for p in &w.powers {
            let Some(h) = p.harms.get(&harm) else { continue };
            let list = about(found, w, harm, &p.instrument);
            if p.home && list.is_empty() {
                continue;
            }
            cases.push(Case {
                name: format!("{} {}", words::harm_id(harm), p.instrument),
                outcome: outcome(w, harm, &p.instrument, h.verdict, &list),
            });
        }
        for f in found.iter().filter(|f| f.workload == w.name && f.harm == harm) {
            if !w.powers.iter().any(|p| p.instrument == f.instrument) {
                cases.push(Case {
                    name: format!("{} {}", words::harm_id(harm), f.instrument),
                    outcome: outcome(w, harm, &f.instrument, f.verdict, &[f]),
                });
            }
        }
    }
    cases
}

fn about<'f>(found: &[&'f Finding], w: &WorkloadAnswer, harm: Harm, instrument: &str) -> Vec<&'f Finding> {
    found.iter().filter(|f| f.workload == w.name && f.harm == harm && f.instrument == instrument).copied().collect()
}

fn outcome(w: &WorkloadAnswer, harm: Harm, instrument: &str, verdict: HarmVerdict, found: &[&Finding]) -> Outcome {
    if let Some(f) = found.iter().find(|f| f.accepted.is_none()) {
        return Outcome::Failed(failure(f));
    }
    let accepted = found.iter().copied().find_map(|f| f.accepted.as_ref()).or_else(|| {
        let own = w.findings.iter().filter(|f| f.harm == harm && f.instrument == instrument);
        own.into_iter().find_map(|f| f.accepted.as_ref())
    });
    match (accepted, verdict) {
        (Some(r), _) => Outcome::Skipped(format!("{verdict}; accepted by {} until {}: {}", r.owner, r.until, r.reason)),
        (None, HarmVerdict::Cut) => Outcome::Passed,
        (None, _) => Outcome::Skipped(format!("{verdict}; no finding of this run")),
    }
}

fn failure(f: &Finding) -> String {
    let mut text = format!(
        "{} ({}) is {} for {} under {}; at most {} is allowed",
        words::harm_id(f.harm),
        words::harm_phrase(f.harm),
        f.verdict,
        clean::name(&f.jurisdiction),
        clean::name(&f.instrument),
        f.allowed
    );
    for note in crate::view::finding_notes(f) {
        text.push('\n');
        text.push_str(&note);
    }
    if !f.examples.is_empty() {
        text.push_str("\nfor example: ");
        text.push_str(&f.examples.iter().map(|x| clean::name(x)).collect::<Vec<_>>().join(", "));
    }
    text
}
