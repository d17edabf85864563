//! The choice over all workloads: every workload takes one option, limits on the whole estate hold, criteria are
//! compared one after the other and never summed.
//!
//! How: criterion by criterion. Where everybody can have the least at once, that is the optimum, and options with more
//! leave. Otherwise a mixed-integer program is solved, its value becomes a limit for the criteria that follow. Numbers
//! are whole; a row `<= n` is handed over as `<= n + 1/2`, so that the solver's tolerance decides nothing, and what
//! comes back is checked in whole numbers.
//!
//! What it deliberately does not do: no branch and bound of its own (the solver's suffices, see `docs/benchmarks.md`), no
//! time limit (an answer must not depend on the machine): it counts nodes.

mod program;
mod reduce;
mod repair;

use std::collections::BTreeMap;

/// One option of one workload.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Choice {
    /// Criteria, most important first; less is better.
    pub criteria: Vec<i64>,
    /// The offering: members of a group take the same one.
    pub place: u32,
    /// Limits that the workload counts towards when it takes this option, in order.
    pub holders: Vec<u32>,
    /// What it costs against the budget.
    pub budget_cents: i64,
}

/// One workload.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Item {
    /// Its part of the estate, in parts per million.
    pub weight_ppm: u32,
    /// Members of one group land at one place.
    pub group: Option<u32>,
    /// Options; none: the problem has no answer.
    pub choices: Vec<Choice>,
}

/// The whole question.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Problem {
    /// Workloads.
    pub items: Vec<Item>,
    /// Highest sum of weights per limit, in parts per million.
    pub limits_ppm: Vec<u32>,
    /// Highest sum of costs.
    pub budget_cents: Option<i64>,
    /// Number of criteria.
    pub criteria: usize,
}

/// How hard to try.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Distance to the bound that is good enough, in parts per million of the bound; 0: prove it.
    pub gap_ppm: u32,
    /// Most nodes of the solver, for each criterion.
    pub nodes: u64,
}

impl Effort {
    /// Prove it, where that can be done in a moment; else within half of the promised half per cent.
    pub fn for_size(problem: &Problem) -> Self {
        let options: usize = problem.items.iter().map(|i| i.choices.len()).sum();
        if options <= 20_000 { Self { gap_ppm: 0, nodes: 20_000 } } else { Self { gap_ppm: 2_500, nodes: 200 } }
    }
}

/// What was proven of one criterion.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Proven {
    /// Value reached.
    pub value: i64,
    /// No portfolio that is as good in the criteria before has less.
    pub bound: i64,
}

/// An answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// Chosen option per workload.
    pub chosen: Vec<usize>,
    /// Per criterion.
    pub proven: Vec<Proven>,
}

/// Why there is no answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Failed {
    /// No portfolio keeps every limit.
    #[error("no portfolio keeps every limit")]
    Infeasible,
    /// The solver gave up.
    #[error("the solver gave up: {0}")]
    Solver(String),
}

/// Solves it.
pub fn solve(problem: &Problem, effort: Effort) -> Result<Answer, Failed> {
    if problem.items.iter().any(|i| i.choices.is_empty()) {
        return Err(Failed::Infeasible);
    }
    let mut open = reduce::Open::of(problem);
    open.drop_dominated(problem);
    let mut locks: Vec<(usize, i64)> = Vec::new();
    let mut proven = Vec::new();
    let mut best: Option<Vec<usize>> = None;
    for criterion in 0..problem.criteria {
        let least = open.least(problem, criterion);
        // Everybody at the least at once: the optimum, and no lock is needed.
        if let Some(found) = repair::at_least(problem, &open, criterion, &locks) {
            proven.push(Proven { value: least, bound: least });
            open.keep_least(problem, criterion);
            best = Some(found);
            continue;
        }
        let step = program::solve(problem, &open, criterion, &locks, best.as_deref(), effort)?;
        if step.proven.value == least {
            open.keep_least(problem, criterion);
        } else {
            locks.push((criterion, step.proven.value));
        }
        proven.push(step.proven);
        best = Some(step.chosen);
    }
    let chosen = match best {
        Some(chosen) => chosen,
        None => repair::any(problem, &open, &[]).ok_or(Failed::Infeasible)?,
    };
    Ok(Answer { chosen, proven })
}

impl Problem {
    /// Sum of a criterion over a portfolio.
    pub fn value(&self, chosen: &[usize], criterion: usize) -> i64 {
        self.taken(chosen).filter_map(|(_, c)| c.criteria.get(criterion)).sum()
    }

    /// Workloads with the option they take.
    pub(crate) fn taken<'a>(&'a self, chosen: &'a [usize]) -> impl Iterator<Item = (&'a Item, &'a Choice)> {
        self.items.iter().zip(chosen).filter_map(|(item, at)| Some((item, item.choices.get(*at)?)))
    }

    /// True when every limit holds.
    pub fn holds(&self, chosen: &[usize]) -> bool {
        let mut sums: BTreeMap<u32, u64> = BTreeMap::new();
        let mut places: BTreeMap<u32, u32> = BTreeMap::new();
        let mut cost: i64 = 0;
        for (item, choice) in self.taken(chosen) {
            for holder in &choice.holders {
                *sums.entry(*holder).or_default() += u64::from(item.weight_ppm);
            }
            cost = cost.saturating_add(choice.budget_cents);
            if let Some(group) = item.group
                && *places.entry(group).or_insert(choice.place) != choice.place
            {
                return false;
            }
        }
        let limit = |holder: u32| usize::try_from(holder).ok().and_then(|h| self.limits_ppm.get(h)).copied();
        self.budget_cents.is_none_or(|most| cost <= most)
            && sums.iter().all(|(holder, sum)| limit(*holder).is_none_or(|most| *sum <= u64::from(most)))
    }
}

#[cfg(test)]
mod tests;
