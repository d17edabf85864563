//! Portfolios without a solver: the obvious one, and near ones. They prove nothing; they give the solver a start and spare
//! it where the obvious one is allowed.

use std::collections::{BTreeMap, BTreeSet};

use super::{Problem, reduce::Open};

/// Options looked at in one search, about.
const LOOKS: usize = 2_000_000;

/// A portfolio in which everybody has the least of a criterion, where a simple search finds one.
pub(super) fn at_least(problem: &Problem, open: &Open, criterion: usize, locks: &[(usize, i64)]) -> Option<Vec<usize>> {
    let mut least = open.clone();
    least.keep_least(problem, criterion);
    let start = by_rank(problem, &least)?;
    improve(problem, &least, locks, start, criterion)
}

/// A portfolio of open options that keeps limits and locks, where a simple search finds one.
pub(super) fn any(problem: &Problem, open: &Open, locks: &[(usize, i64)]) -> Option<Vec<usize>> {
    let start = by_rank(problem, open)?;
    improve(problem, open, locks, start, 0)
}

/// Everybody's best option in the order of the criteria; groups first agree on a place.
fn by_rank(problem: &Problem, open: &Open) -> Option<Vec<usize>> {
    let places = agree(problem, open)?;
    let mut chosen = Vec::new();
    for (item, list) in problem.items.iter().zip(&open.0) {
        let place = item.group.and_then(|g| places.get(&g));
        let allowed = |at: &&usize| item.choices.get(**at).is_some_and(|c| place.is_none_or(|p| c.place == *p));
        let best = list.iter().filter(allowed).min_by_key(|at| item.choices.get(**at).map(|c| &c.criteria))?;
        chosen.push(*best);
    }
    Some(chosen)
}

/// For each group the place at which the sum of its criteria is least.
fn agree(problem: &Problem, open: &Open) -> Option<BTreeMap<u32, u32>> {
    let groups: BTreeSet<u32> = problem.items.iter().filter_map(|i| i.group).collect();
    let mut places = BTreeMap::new();
    for group in groups {
        let mut sums: BTreeMap<u32, (usize, Vec<i64>)> = BTreeMap::new();
        let members = problem.items.iter().zip(&open.0).filter(|(i, _)| i.group == Some(group));
        let size = members.clone().count();
        for (item, list) in members {
            let mut best: BTreeMap<u32, &Vec<i64>> = BTreeMap::new();
            for choice in list.iter().filter_map(|at| item.choices.get(*at)) {
                let slot = best.entry(choice.place).or_insert(&choice.criteria);
                *slot = (*slot).min(&choice.criteria);
            }
            for (place, criteria) in best {
                let slot = sums.entry(place).or_insert_with(|| (0, vec![0; problem.criteria]));
                slot.0 += 1;
                slot.1.iter_mut().zip(criteria).for_each(|(sum, c)| *sum = sum.saturating_add(*c));
            }
        }
        let all = sums.into_iter().filter(|(_, (n, _))| *n == size);
        let (place, _) = all.min_by(|(p, (_, a)), (q, (_, b))| a.cmp(b).then(p.cmp(q)))?;
        places.insert(group, place);
    }
    Some(places)
}

/// How far a portfolio is from keeping limits and locks.
struct Excess<'p> {
    problem: &'p Problem,
    locks: &'p [(usize, i64)],
    sums: Vec<i64>,
    cost: i64,
    locked: Vec<i64>,
}

impl<'p> Excess<'p> {
    fn of(problem: &'p Problem, locks: &'p [(usize, i64)], chosen: &[usize]) -> Self {
        let mut e =
            Self { problem, locks, sums: vec![0; problem.limits_ppm.len()], cost: 0, locked: vec![0; locks.len()] };
        for (item, at) in chosen.iter().enumerate() {
            e.put(item, *at, 1);
        }
        e
    }

    fn put(&mut self, item: usize, at: usize, sign: i64) {
        let Some(item) = self.problem.items.get(item) else { return };
        let Some(choice) = item.choices.get(at) else { return };
        for holder in &choice.holders {
            if let Some(sum) = usize::try_from(*holder).ok().and_then(|h| self.sums.get_mut(h)) {
                *sum += sign * i64::from(item.weight_ppm);
            }
        }
        self.cost += sign * choice.budget_cents;
        for (sum, (criterion, _)) in self.locked.iter_mut().zip(self.locks) {
            *sum += sign * choice.criteria.get(*criterion).copied().unwrap_or_default();
        }
    }

    /// Sum of what is over: weights and costs in parts per million, so that they compare.
    fn total(&self) -> i64 {
        let over = |sum: i64, most: i64| (sum - most).max(0);
        let limits: i64 =
            self.sums.iter().zip(&self.problem.limits_ppm).map(|(s, most)| over(*s, i64::from(*most))).sum();
        let ppm = |sum: i64, most: i64| {
            let o = over(sum, most);
            if o == 0 { 0 } else { (o.saturating_mul(1_000_000) / most.abs().max(1)).max(1) }
        };
        let budget = self.problem.budget_cents.map_or(0, |most| ppm(self.cost, most));
        let locks: i64 = self.locked.iter().zip(self.locks).map(|(s, (_, most))| ppm(*s, *most)).sum();
        limits.saturating_add(budget).saturating_add(locks)
    }
}

/// A move of one workload, with what it mends and what it loses in the criterion at hand.
struct Step {
    mends: i64,
    loses: i64,
    item: usize,
    at: usize,
}

impl Step {
    /// Less lost for what is mended.
    fn beats(&self, other: &Self) -> bool {
        i128::from(self.loses) * i128::from(other.mends) < i128::from(other.loses) * i128::from(self.mends)
    }
}

/// Moves single workloads, each time the one that loses least for what it mends, until everything holds or nothing helps.
/// Members of groups stay where they agreed to be.
pub(super) fn improve(
    problem: &Problem,
    open: &Open,
    locks: &[(usize, i64)],
    mut chosen: Vec<usize>,
    criterion: usize,
) -> Option<Vec<usize>> {
    let mut excess = Excess::of(problem, locks, &chosen);
    let options: usize = open.0.iter().map(Vec::len).sum();
    for _ in 0..LOOKS / options.max(1) + 16 {
        if excess.total() == 0 {
            return problem.holds(&chosen).then_some(chosen);
        }
        let step = next(problem, open, &mut excess, &chosen, criterion)?;
        if let Some(slot) = chosen.get_mut(step.item) {
            excess.put(step.item, *slot, -1);
            excess.put(step.item, step.at, 1);
            *slot = step.at;
        }
    }
    None
}

fn next(problem: &Problem, open: &Open, excess: &mut Excess<'_>, chosen: &[usize], criterion: usize) -> Option<Step> {
    let now = excess.total();
    let mut best: Option<Step> = None;
    for (index, (item, list)) in problem.items.iter().zip(&open.0).enumerate() {
        let Some((at_now, current)) = chosen.get(index).and_then(|at| Some((*at, item.choices.get(*at)?))) else {
            continue;
        };
        let value = |c: &super::Choice| c.criteria.get(criterion).copied().unwrap_or_default();
        for at in list {
            let Some(choice) = item.choices.get(*at) else { continue };
            if *at == at_now || (item.group.is_some() && choice.place != current.place) {
                continue;
            }
            excess.put(index, at_now, -1);
            excess.put(index, *at, 1);
            let mends = now - excess.total();
            excess.put(index, *at, -1);
            excess.put(index, at_now, 1);
            let step = Step { mends, loses: value(choice) - value(current), item: index, at: *at };
            if mends > 0 && best.as_ref().is_none_or(|b| step.beats(b)) {
                best = Some(step);
            }
        }
    }
    best
}
