//! A finding in words.

use flagstate_exposure::Finding;

use super::Names;
use crate::{clean, words};

/// `H1 content readable by United States under FISA section 702 is reached; at most cut is allowed.`
pub(crate) fn finding(f: &Finding, names: Names<'_>) -> String {
    let harm = format!("{} ({})", words::harm_id(f.harm), words::harm_phrase(f.harm));
    let allowed = f.allowed.word();
    if !names.0.instruments.contains_key(&f.instrument) {
        return format!("{harm} is {}; at most {allowed} is allowed: the resources could not be judged.", f.verdict);
    }
    format!(
        "{harm} is {} for {} under {} [{}]; at most {allowed} is allowed.",
        f.verdict,
        names.jurisdiction(&f.jurisdiction),
        names.instrument(&f.instrument),
        clean::name(&f.instrument)
    )
}

/// Premise, requirement, acceptance.
pub(crate) fn finding_notes(f: &Finding) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(p) = &f.premise {
        out.push(format!("premise: {} [{}]", clean::name(&p.text), clean::name(&p.id)));
    }
    if let Some(because) = &f.requirement.because {
        out.push(format!("required by: {}", clean::name(because)));
    }
    if let Some(r) = &f.accepted {
        out.push(format!("accepted by {} until {}: {}", clean::name(&r.owner), r.until, clean::name(&r.reason)));
    }
    if let Some(r) = &f.acceptance_expired {
        out.push(format!(
            "the acceptance by {} ran out on {}: {}",
            clean::name(&r.owner),
            r.until,
            clean::name(&r.reason)
        ));
    }
    out
}
