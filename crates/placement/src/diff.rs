//! What changes between two plans, and why: only placements, never a score.

use serde::Serialize;

use crate::{
    board::Flip,
    plan::Plan,
    said::Said,
    sheet::{LandingPoint, Sheet, Standing},
};

/// What changes at a workload that stays where it was planned.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Shift {
    /// Workload.
    pub workload: String,
    /// Candidate id.
    pub at: Option<String>,
    /// `residual`, `gate`, `standing`, `cost`, `gap`.
    pub part: String,
    /// What it is about.
    pub about: String,
    /// Before.
    pub from: String,
    /// After.
    pub to: String,
}

/// A workload that stays where it was planned, and what keeps it from staying where it runs today.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Stay {
    /// Workload.
    pub workload: String,
    /// Candidate id; nothing: nowhere.
    pub at: Option<String>,
    /// What today's setup still fails, where it is another one; else what decided.
    pub because: Vec<Said>,
}

/// The difference.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct PlanDifference {
    /// Assumed in the second and not in the first.
    pub assumed: Vec<String>,
    /// Placements that flip.
    pub flips: Vec<Flip>,
    /// Placements that do not, and why.
    pub stays: Vec<Stay>,
    /// What else changes.
    pub shifts: Vec<Shift>,
    /// Workloads only in the first, only in the second.
    pub only_before: Vec<String>,
    /// Workloads only in the second.
    pub only_after: Vec<String>,
}

/// Compares two plans.
pub fn plans(before: &Plan, after: &Plan) -> PlanDifference {
    let mut difference = PlanDifference {
        assumed: after.assumed.iter().filter(|a| !before.assumed.contains(a)).cloned().collect(),
        ..PlanDifference::default()
    };
    for old in &before.sheets {
        match after.sheets.iter().find(|s| s.workload == old.workload) {
            None => difference.only_before.push(old.workload.clone()),
            Some(new) => sheets(old, new, &mut difference),
        }
    }
    let known = |s: &&Sheet| !before.sheets.iter().any(|o| o.workload == s.workload);
    difference.only_after = after.sheets.iter().filter(known).map(|s| s.workload.clone()).collect();
    difference
}

fn id(point: Option<&LandingPoint>) -> Option<String> {
    point.map(|p| p.candidate.id.clone())
}

fn sheets(old: &Sheet, new: &Sheet, difference: &mut PlanDifference) {
    let (from, to) = (id(old.chosen.as_ref()), id(new.chosen.as_ref()));
    if from == to {
        difference.stays.push(Stay { workload: new.workload.clone(), at: to, because: what_keeps(new) });
    } else {
        let because = why(old, new, from.as_deref());
        difference.flips.push(Flip { workload: new.workload.clone(), from, to, because });
    }
    // What is known of the old landing point in both plans.
    let Some(a) = &old.chosen else { return };
    let same = |p: &&LandingPoint| p.candidate.id == a.candidate.id;
    let b = new.chosen.iter().chain(new.runners_up.iter().map(|r| &r.point)).chain(&new.as_is).find(same);
    if let Some(b) = b {
        shifts(&new.workload, a, b, &mut difference.shifts);
    }
}

/// Why the old landing point is not the new one: the gate that it fails now, or the criterion on which it lost; and what
/// became open or closed for the new one.
fn why(old: &Sheet, new: &Sheet, from: Option<&str>) -> Vec<Said> {
    let mut because = Vec::new();
    for r in new.rejected.iter().filter(|r| Some(r.candidate.id.as_str()) == from) {
        because.extend(r.failing.iter().flat_map(|g| g.because.clone()));
    }
    if because.is_empty() {
        let lost = new.runners_up.iter().find(|r| Some(r.point.candidate.id.as_str()) == from);
        because.extend(lost.map(|r| r.lost_on.clone()));
    }
    let to = new.chosen.as_ref().map(|c| c.candidate.id.as_str());
    for r in old.rejected.iter().filter(|r| Some(r.candidate.id.as_str()) == to) {
        because.extend(r.failing.iter().flat_map(|g| g.because.clone()));
    }
    if because.is_empty() {
        because.extend(new.decided_by.first().cloned());
    }
    because
}

/// Reasons told for a placement that stays.
const REASONS: usize = 2;

/// The gates that today's setup still fails, or what decided among the options.
fn what_keeps(sheet: &Sheet) -> Vec<Said> {
    let today = sheet.as_is.as_ref().map(|a| a.candidate.id.as_str());
    let failing = sheet.rejected.iter().filter(|r| today == Some(r.candidate.id.as_str())).flat_map(|r| &r.failing);
    let mut because: Vec<Said> = Vec::new();
    for said in failing.filter_map(|g| g.because.first()) {
        if because.len() < REASONS && !because.contains(said) {
            because.push(said.clone());
        }
    }
    if because.is_empty() { sheet.decided_by.iter().take(1).cloned().collect() } else { because }
}

fn standing(s: Standing) -> &'static str {
    match s {
        Standing::Fits => "fits",
        Standing::Conditional => "conditional",
        Standing::Rejected => "rejected",
    }
}

fn shifts(workload: &str, a: &LandingPoint, b: &LandingPoint, list: &mut Vec<Shift>) {
    let mut push = |part: &str, about: String, from: String, to: String| {
        if from != to {
            list.push(Shift {
                workload: workload.to_owned(),
                at: Some(a.candidate.id.clone()),
                part: part.to_owned(),
                about,
                from,
                to,
            });
        }
    };
    push("standing", String::new(), standing(a.standing).into(), standing(b.standing).into());
    for (x, y) in a.residual.iter().zip(&b.residual) {
        let show = |r: &crate::sheet::ResidualHarm| format!("{} {}", r.verdict, r.powers.join(", ")).trim().to_owned();
        push("residual", format!("{:?}", x.harm), show(x), show(y));
    }
    for x in &a.gates {
        if let Some(y) = b.gates.iter().find(|g| g.requirement == x.requirement) {
            push("gate", x.requirement.clone(), x.verdict.to_string(), y.verdict.to_string());
        }
    }
    let cost = |p: &LandingPoint| {
        let parts = p.cost.target.iter().map(|r| format!("{}..{} {}", r.low_cents, r.high_cents, r.currency));
        parts.collect::<Vec<_>>().join(" + ")
    };
    push("cost", "cents a month".into(), cost(a), cost(b));
    let gaps = |p: &LandingPoint| p.gaps.iter().map(|g| g.capability.as_str()).collect::<Vec<_>>().join(", ");
    push("gap", String::new(), gaps(a), gaps(b));
}
