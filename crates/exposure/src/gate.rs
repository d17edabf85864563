//! Requirements against verdicts: what a workload forbids, what was found, what somebody has accepted.

use std::collections::BTreeSet;

use flagstate_catalog::Harm;
use flagstate_estate::{
    Estate, Workload,
    config::{AcceptedRisk, Forbidden, Project},
};

use crate::{
    assess::Settings,
    assessment::{Assessment, Finding, WorkloadAnswer},
    verdict::HarmVerdict,
};

/// Resources named in a finding.
const EXAMPLES: usize = 5;

/// Reads `H1`..`H5`.
pub fn harm(word: &str) -> Option<Harm> {
    [Harm::H1, Harm::H2, Harm::H3, Harm::H4, Harm::H5].into_iter().find(|h| format!("{h:?}") == word)
}

/// All requirements of a workload that do not hold, in order.
pub(crate) fn findings(
    answer: &WorkloadAnswer,
    w: &Workload,
    estate: &Estate,
    project: &Project,
    settings: &Settings,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for requirement in &w.forbid {
        let allowed = allowed(requirement);
        for power in answer.powers.iter().filter(|p| concerns(requirement, &p.jurisdiction, p.home)) {
            for (harm, h) in &power.harms {
                let forbidden = requirement.harms.contains(&format!("{harm:?}"));
                if !forbidden || h.verdict <= allowed {
                    continue;
                }
                let fits = |r: &&AcceptedRisk| {
                    r.workload == w.name
                        && r.harm == format!("{harm:?}")
                        && r.jurisdiction.as_ref().is_none_or(|j| *j == power.jurisdiction)
                };
                let accepted = project.accepted_risks.iter().filter(fits);
                let (live, over): (Vec<_>, Vec<_>) = accepted.cloned().partition(|r| settings.as_of < r.until);
                found.push(Finding {
                    workload: w.name.clone(),
                    harm: *harm,
                    instrument: power.instrument.clone(),
                    jurisdiction: power.jurisdiction.clone(),
                    verdict: h.verdict,
                    allowed,
                    premise: h.premise.clone(),
                    requirement: requirement.clone(),
                    accepted: live.into_iter().next(),
                    acceptance_expired: over.into_iter().next(),
                    examples: examples(w, estate, &power.offerings),
                });
            }
        }
        found.extend(unjudged(answer, w, estate, requirement, allowed));
    }
    found
}

/// What could not be judged fails a requirement that does not allow `unknown`.
fn unjudged(
    answer: &WorkloadAnswer,
    w: &Workload,
    estate: &Estate,
    requirement: &Forbidden,
    allowed: HarmVerdict,
) -> Option<Finding> {
    if answer.not_judged.0 == 0 || allowed >= HarmVerdict::Unknown {
        return None;
    }
    let harm = requirement.harms.iter().find_map(|h| harm(h))?;
    let members = w.members.iter().filter_map(|i| estate.resources.get(*i));
    Some(Finding {
        workload: w.name.clone(),
        harm,
        instrument: "(not judged)".into(),
        jurisdiction: "*".into(),
        verdict: HarmVerdict::Unknown,
        allowed,
        premise: None,
        requirement: requirement.clone(),
        accepted: None,
        acceptance_expired: None,
        examples: members.filter(|r| r.offering.is_none()).take(EXAMPLES).map(|r| r.id.to_string()).collect(),
    })
}

fn allowed(requirement: &Forbidden) -> HarmVerdict {
    requirement.allow.as_deref().and_then(HarmVerdict::parse).unwrap_or(HarmVerdict::Cut)
}

fn concerns(requirement: &Forbidden, jurisdiction: &str, home: bool) -> bool {
    if requirement.jurisdictions.is_empty() {
        !home
    } else {
        requirement.jurisdictions.iter().any(|j| j == jurisdiction)
    }
}

fn examples(w: &Workload, estate: &Estate, offerings: &BTreeSet<String>) -> Vec<String> {
    w.members
        .iter()
        .filter_map(|i| estate.resources.get(*i))
        .filter(|r| r.offering.as_ref().is_some_and(|o| offerings.contains(o.as_str())))
        .take(EXAMPLES)
        .map(|r| r.id.to_string())
        .collect()
}

/// Findings that `new` has and `base` had not, or had with a milder verdict; accepted ones are left out.
pub fn worsened<'a>(new: &'a Assessment, base: Option<&Assessment>) -> Vec<&'a Finding> {
    new.workloads
        .iter()
        .flat_map(|w| &w.findings)
        .filter(|f| f.accepted.is_none())
        .filter(|f| {
            let before = base.iter().flat_map(|b| &b.workloads).flat_map(|w| &w.findings);
            !before.into_iter().any(|old| {
                old.workload == f.workload
                    && old.harm == f.harm
                    && old.instrument == f.instrument
                    && old.verdict >= f.verdict
            })
        })
        .collect()
}
