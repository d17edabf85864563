//! What is doubtful in a written plan: for the eye of whoever is about to sign it.

use flagstate_exposure::HarmVerdict;
use jiff::civil::Date;
use serde::Serialize;

use crate::{
    cost::PriceGrade,
    plan::{Plan, SCHEMA},
    sheet::Standing,
};

/// Days after which a plan is old.
const OLD_DAYS: i32 = 90;

/// How bad.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nobody should execute it.
    Error,
    /// Somebody should look.
    Warning,
    /// Good to know.
    Note,
}

/// One remark.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Remark {
    /// How bad.
    pub severity: Severity,
    /// Workload, or part of the plan.
    pub place: String,
    /// What is wrong, in one sentence.
    pub text: String,
}

/// Looks a plan over, as of a day.
pub fn lint(plan: &Plan, today: Date) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let mut say = |severity, place: &str, text: String| {
        remarks.push(Remark { severity, place: place.to_owned(), text });
    };
    if plan.schema != SCHEMA {
        say(Severity::Error, "schema", format!("`{}` is not `{SCHEMA}`", plan.schema));
    }
    let age = plan.as_of.until(today).map_or(0, |span| span.get_days());
    if age > OLD_DAYS {
        say(Severity::Warning, "as_of", format!("the plan judges {}, {age} days before {today}", plan.as_of));
    }
    if !plan.assumed.is_empty() {
        say(Severity::Error, "assumed", format!("it rests on assumed facts: {}", plan.assumed.join(", ")));
    }
    for why in &plan.portfolio.infeasible {
        say(Severity::Error, "portfolio", why.text.clone());
    }
    for p in plan.portfolio.proof.iter().filter(|p| !p.optimal) {
        let text = format!("{}: {} found, at least {} proven: not shown to be the best", p.criterion, p.value, p.bound);
        say(Severity::Note, "portfolio", text);
    }
    for c in &plan.portfolio.concentration {
        if c.limit_basis_points.is_some_and(|limit| c.planned_basis_points > limit + 1) {
            say(Severity::Error, "portfolio", format!("{} share of {} is above its limit", c.view, c.name));
        }
    }
    for s in &plan.sheets {
        sheet(plan, s, &mut say);
    }
    remarks.sort();
    remarks
}

fn sheet(plan: &Plan, s: &crate::sheet::Sheet, say: &mut impl FnMut(Severity, &str, String)) {
    let Some(point) = &s.chosen else {
        say(Severity::Error, &s.workload, "no option passes the hard gates".into());
        return;
    };
    if s.classification.is_none() {
        say(Severity::Warning, &s.workload, format!("nobody classified it; taken as `{}`", s.requirements_of));
    } else if s.classification.as_ref() != Some(&s.requirements_of) {
        let word = s.classification.clone().unwrap_or_default();
        say(Severity::Warning, &s.workload, format!("`{word}` has no requirements; taken as `{}`", s.requirements_of));
    }
    if s.not_known > 0 {
        say(Severity::Warning, &s.workload, format!("{} resources are not known to the catalog", s.not_known));
    }
    match point.standing {
        Standing::Conditional => {
            say(
                Severity::Warning,
                &s.workload,
                format!("{} questions are open at the landing point", s.questions.len()),
            );
        }
        Standing::Rejected => say(Severity::Error, &s.workload, "the landing point fails a hard gate".into()),
        Standing::Fits => {}
    }
    for r in point.residual.iter().filter(|r| r.counts && r.verdict != HarmVerdict::Cut) {
        say(Severity::Warning, &s.workload, format!("{:?} remains {}: somebody must accept it", r.harm, r.verdict));
    }
    if s.rejected.iter().any(|r| r.failing.iter().all(|g| g.because.is_empty() && g.ask.is_empty())) {
        say(Severity::Error, &s.workload, "an option was rejected without a fact".into());
    }
    let weak = |p: &&crate::cost::PriceSeen| matches!(p.grade, PriceGrade::Unverified | PriceGrade::ThirdParty);
    let prices = point.cost.lines.iter().flat_map(|l| &l.prices);
    let egress = point.cost.egress.iter().flat_map(|e| &e.prices);
    let count = prices.chain(egress).filter(weak).count();
    if count > 0 {
        say(Severity::Note, &s.workload, format!("{count} prices behind the cost were not read at their source"));
    }
    let moves = plan.waves.iter().flat_map(|w| &w.moves).filter(|m| m.workload == s.workload).count();
    if moves != usize::from(!s.stays) {
        say(Severity::Error, &s.workload, format!("it stands in {moves} waves"));
    }
}
