//! The order of options that pass: criterion by criterion, never a sum over unlike things.
//!
//! 1 open hard gates; 2 to 4 harms that count: reached, contested, unknown; 5 clauses that only count against; 6 services
//! without any replacement; 7 services replaced in part or by open source; 8 cost of the first year; 9 days to get out again;
//! 10 staying before moving.

use flagstate_catalog::Harm;
use flagstate_exposure::HarmVerdict;
use flagstate_frameworks::Verdict;

use crate::{
    price,
    said::Said,
    sheet::{LandingPoint, Standing},
    takes::Match,
    world::World,
};

/// Names of the criteria, in order: keys of the texts.
pub const CRITERIA: [&str; 10] = [
    "criterion_open", "criterion_reached", "criterion_contested", "criterion_unknown", "criterion_should",
    "criterion_none", "criterion_partial", "criterion_cost", "criterion_exit", "criterion_moves",
];
/// Position of the cost.
const COST: usize = 7;

/// The values of an option.
pub(crate) fn criteria(world: &World<'_>, point: &LandingPoint) -> Vec<i64> {
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let harms = |v: HarmVerdict| count(point.residual.iter().filter(|r| r.counts && r.verdict == v).count());
    let open = point.gates.iter().filter(|g| is_open(g)).count();
    let should = point.gates.iter().filter(|g| counts_against(g)).count();
    let gaps = |of: &[Match]| count(point.gaps.iter().filter(|g| of.contains(&g.instead)).count());
    vec![
        count(open),
        harms(HarmVerdict::Reached),
        harms(HarmVerdict::Contested),
        harms(HarmVerdict::Unknown),
        count(should),
        gaps(&[Match::None, Match::Unknown]),
        gaps(&[Match::OpenSource, Match::Partial]),
        price::first_year_cents(world, &point.cost),
        i64::from(point.takes.exit_days.1),
        i64::from(!point.candidate.today),
    ]
}

/// A hard gate without an answer.
pub(crate) fn is_open(g: &crate::sheet::GateReading) -> bool {
    g.hard && matches!(g.verdict, Verdict::Unknown | Verdict::Contested)
}

/// A clause that only counts against, not met. Harms count as harms already.
fn counts_against(g: &crate::sheet::GateReading) -> bool {
    !g.hard && g.verdict == Verdict::NotMet && !g.because.iter().any(|b| b.key == "harm_by_power")
}

/// How an option stands.
pub(crate) fn standing(point: &LandingPoint) -> Standing {
    if point.gates.iter().any(|g| g.hard && g.verdict == Verdict::NotMet) {
        Standing::Rejected
    } else if point.gates.iter().any(is_open) {
        Standing::Conditional
    } else {
        Standing::Fits
    }
}

/// The first criterion in which one option is better than another.
pub(crate) fn difference(world: &World<'_>, better: &LandingPoint, other: &LandingPoint) -> Said {
    let (a, b) = (criteria(world, better), criteria(world, other));
    let Some(at) = a.iter().zip(&b).position(|(x, y)| x != y) else {
        return world.tell("same_in_all", [("option", better.candidate.id.clone())]);
    };
    let show = |values: &[i64], point: &LandingPoint| match at {
        COST => {
            let currency = point.cost.today.iter().max_by_key(|a| a.cents).map(|a| a.currency.clone());
            let cents = i128::from(values.get(at).copied().unwrap_or_default()) * 10_000_000_000;
            format!("{} {}", flagstate_estate::money::cents(cents), currency.unwrap_or_default())
        }
        1..=3 => named(point, at),
        _ => values.get(at).copied().unwrap_or_default().to_string(),
    };
    let criterion = CRITERIA.get(at).copied().unwrap_or_default();
    let (mine, theirs) = (show(&a, better), show(&b, other));
    world.tell(
        if a.get(at) < b.get(at) { "better_in" } else { "worse_in" },
        [
            ("option", better.candidate.id.clone()),
            ("other", other.candidate.id.clone()),
            ("criterion", format!("@{criterion}")),
            ("mine", mine),
            ("theirs", theirs),
        ],
    )
}

/// The harms behind a number, by name.
fn named(point: &LandingPoint, at: usize) -> String {
    let verdict = match at {
        1 => HarmVerdict::Reached,
        2 => HarmVerdict::Contested,
        _ => HarmVerdict::Unknown,
    };
    let harms: Vec<Harm> = point.residual.iter().filter(|r| r.counts && r.verdict == verdict).map(|r| r.harm).collect();
    let names: Vec<String> = harms.iter().map(|h| format!("{h:?}")).collect();
    if names.is_empty() { "0".to_owned() } else { format!("{} ({})", names.len(), names.join(", ")) }
}
