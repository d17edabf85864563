//! Options that need not be looked at: those that another option of the same workload beats in everything.

use super::{Choice, Problem};

/// Options still open, per workload, in order.
#[derive(Clone, Debug)]
pub(super) struct Open(pub(super) Vec<Vec<usize>>);

impl Open {
    pub(super) fn of(problem: &Problem) -> Self {
        Self(problem.items.iter().map(|i| (0..i.choices.len()).collect()).collect())
    }

    /// Leaves out what is beaten: no better in any criterion, no cheaper, and counted towards the same limits or more. Of
    /// equals the first stays. In a group only options at the same place are compared.
    pub(super) fn drop_dominated(&mut self, problem: &Problem) {
        for (item, open) in problem.items.iter().zip(&mut self.0) {
            let all = open.clone();
            let budget = problem.budget_cents.is_some();
            open.retain(|at| {
                let Some(mine) = item.choices.get(*at) else { return false };
                !all.iter().filter(|other| *other != at).any(|other| {
                    let Some(theirs) = item.choices.get(*other) else { return false };
                    (item.group.is_none() || mine.place == theirs.place)
                        && beats(theirs, mine, budget)
                        && (other < at || !beats(mine, theirs, budget))
                })
            });
        }
    }

    /// Sum of everybody's least.
    pub(super) fn least(&self, problem: &Problem, criterion: usize) -> i64 {
        (0..self.0.len()).filter_map(|i| self.least_of(problem, i, criterion)).sum()
    }

    fn least_of(&self, problem: &Problem, item: usize, criterion: usize) -> Option<i64> {
        let choices = &problem.items.get(item)?.choices;
        self.0.get(item)?.iter().filter_map(|at| choices.get(*at)?.criteria.get(criterion).copied()).min()
    }

    /// Keeps only options with the least of a criterion.
    pub(super) fn keep_least(&mut self, problem: &Problem, criterion: usize) {
        for at in 0..self.0.len() {
            let Some(least) = self.least_of(problem, at, criterion) else { continue };
            let (Some(item), Some(open)) = (problem.items.get(at), self.0.get_mut(at)) else { continue };
            let value = |c: &usize| item.choices.get(*c).and_then(|c| c.criteria.get(criterion).copied());
            open.retain(|c| value(c) == Some(least));
        }
    }
}

fn beats(a: &Choice, b: &Choice, budget: bool) -> bool {
    a.criteria.iter().zip(&b.criteria).all(|(x, y)| x <= y)
        && (!budget || a.budget_cents <= b.budget_cents)
        && a.holders.iter().all(|h| b.holders.contains(h))
}
