//! One criterion as a mixed-integer program: rows for workloads, groups, limits, budget and locks.
//!
//! First the relaxation: it gives a bound, and its rounding gives a start. Only where the two are too far apart does the
//! solver branch.

use std::collections::BTreeMap;

use microlp::{ComparisonOp, Error, OptimizationDirection, Problem as Program, SolveOptions, Variable};

use super::{Effort, Failed, Problem, Proven, reduce::Open, repair};

/// A row while it is collected.
type Row = Vec<(Variable, f64)>;

/// What one program gave.
pub(super) struct Step {
    pub(super) chosen: Vec<usize>,
    pub(super) proven: Proven,
}

/// The program with its variables, in the order of the open options.
struct Built {
    program: Program,
    options: Vec<Vec<(usize, Variable)>>,
}

/// Finds the least of a criterion under limits and locks.
pub(super) fn solve(
    problem: &Problem,
    open: &Open,
    criterion: usize,
    locks: &[(usize, i64)],
    known: Option<&[usize]>,
    effort: Effort,
) -> Result<Step, Failed> {
    let relaxed = build(problem, open, criterion, locks, false);
    let solution = relaxed.program.solve().map_err(failed)?;
    let Some(solution) = solution.solution() else {
        return Err(Failed::Solver("the relaxation was not finished".into()));
    };
    let bound = up(solution.objective());
    let rounded = round(&relaxed, |v| solution.var_value(v));
    let mended = repair::improve(problem, open, locks, rounded, criterion);
    let value = |chosen: &Vec<usize>| problem.value(chosen, criterion);
    let best = mended.into_iter().chain(known.map(<[usize]>::to_vec)).min_by_key(value);
    if let Some(best) = &best
        && near(value(best), bound, effort)
    {
        let proven = Proven { value: value(best), bound: bound.min(value(best)) };
        return Ok(Step { chosen: best.clone(), proven });
    }
    branch(problem, &build(problem, open, criterion, locks, true), criterion, best, bound, effort)
}

fn branch(
    problem: &Problem,
    built: &Built,
    criterion: usize,
    best: Option<Vec<usize>>,
    bound: i64,
    effort: Effort,
) -> Result<Step, Failed> {
    let mut options = SolveOptions::default();
    options.mip_gap = f64::from(effort.gap_ppm) / 1e6;
    options.node_limit = Some(effort.nodes);
    options.warm_start = best.as_ref().map(|chosen| start(built, chosen));
    let outcome = built.program.solve_with(options).map_err(failed)?;
    let proven = outcome.stats().best_bound.map_or(bound, |b| up(b).max(bound));
    let found = outcome.solution().map(|s| round(built, |v| s.var_value(v)));
    let value = |chosen: &Vec<usize>| problem.value(chosen, criterion);
    let found = found.filter(|chosen| problem.holds(chosen));
    let chosen = found.into_iter().chain(best).min_by_key(value);
    let chosen = chosen.ok_or_else(|| Failed::Solver("it found no portfolio within its nodes".into()))?;
    let value = value(&chosen);
    // Finished, without a gap allowed: then nothing whole lies below, whatever rounding left in the bound.
    let finished = outcome.is_optimal() && effort.gap_ppm == 0;
    Ok(Step { chosen, proven: Proven { value, bound: if finished { value } else { proven.min(value) } } })
}

fn failed(error: Error) -> Failed {
    match error {
        Error::Infeasible => Failed::Infeasible,
        other => Failed::Solver(other.to_string()),
    }
}

/// Values are whole: a bound of 3.2 proves 4. What lies within the solver's tolerance of a whole number is that number.
fn up(bound: f64) -> i64 {
    let slack = 1e-7 * bound.abs().max(1.0);
    whole((bound - slack).ceil())
}

fn whole(number: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "sums of cents and counts: far below 2^53")]
    {
        number as i64
    }
}

fn float(number: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "sums of cents and counts: far below 2^53")]
    {
        number as f64
    }
}

fn near(value: i64, bound: i64, effort: Effort) -> bool {
    let gap = i128::from(value) - i128::from(bound);
    gap <= i128::from(bound.unsigned_abs()) * i128::from(effort.gap_ppm) / 1_000_000
}

fn build(problem: &Problem, open: &Open, criterion: usize, locks: &[(usize, i64)], whole: bool) -> Built {
    let mut program = Program::new(OptimizationDirection::Minimize);
    let mut rows = Rows { limits: vec![Vec::new(); problem.limits_ppm.len()], ..Rows::default() };
    rows.locks = vec![Vec::new(); locks.len()];
    let mut options = Vec::new();
    for (item, list) in problem.items.iter().zip(&open.0) {
        let mut mine = Vec::new();
        let mut places: BTreeMap<u32, Row> = BTreeMap::new();
        for at in list {
            let Some(choice) = item.choices.get(*at) else { continue };
            let worth = |criterion: usize| float(choice.criteria.get(criterion).copied().unwrap_or_default());
            let cost = worth(criterion);
            let variable = if whole { program.add_binary_var(cost) } else { program.add_var(cost, (0.0, 1.0)) };
            mine.push((*at, variable));
            rows.put(variable, item.weight_ppm, choice);
            for (row, (criterion, _)) in rows.locks.iter_mut().zip(locks) {
                row.push((variable, worth(*criterion)));
            }
            places.entry(choice.place).or_default().push((variable, 1.0));
        }
        let one: Row = mine.iter().map(|(_, v)| (*v, 1.0)).collect();
        program.add_constraint(&one, ComparisonOp::Eq, 1.0);
        if let Some(group) = item.group {
            rows.groups.entry(group).or_default().push(places);
        }
        options.push(mine);
    }
    rows.into_program(problem, locks, &mut program);
    Built { program, options }
}

/// Rows over all workloads while they are collected.
#[derive(Default)]
struct Rows {
    limits: Vec<Row>,
    budget: Row,
    locks: Vec<Row>,
    groups: BTreeMap<u32, Vec<BTreeMap<u32, Row>>>,
}

impl Rows {
    fn put(&mut self, variable: Variable, weight_ppm: u32, choice: &super::Choice) {
        for holder in &choice.holders {
            if let Some(row) = usize::try_from(*holder).ok().and_then(|h| self.limits.get_mut(h)) {
                row.push((variable, f64::from(weight_ppm)));
            }
        }
        self.budget.push((variable, float(choice.budget_cents)));
    }

    fn into_program(self, problem: &Problem, locks: &[(usize, i64)], program: &mut Program) {
        let mut at_most = |row: &[(Variable, f64)], most: f64| {
            if !row.is_empty() {
                program.add_constraint(row, ComparisonOp::Le, most + 0.5);
            }
        };
        for (row, most) in self.limits.iter().zip(&problem.limits_ppm) {
            at_most(row, f64::from(*most));
        }
        if let Some(most) = problem.budget_cents {
            at_most(&self.budget, float(most));
        }
        for (row, (_, most)) in self.locks.iter().zip(locks) {
            at_most(row, float(*most));
        }
        for members in self.groups.values() {
            together(members, program);
        }
    }
}

/// Every member of a group is at a place as much as the first one is.
fn together(members: &[BTreeMap<u32, Row>], program: &mut Program) {
    let Some((first, others)) = members.split_first() else { return };
    let mut places: Vec<u32> = members.iter().flat_map(|m| m.keys().copied()).collect();
    places.sort_unstable();
    places.dedup();
    for other in others {
        for place in &places {
            let mut row: Row = first.get(place).cloned().unwrap_or_default();
            row.extend(other.get(place).into_iter().flatten().map(|(v, _)| (*v, -1.0)));
            program.add_constraint(&row, ComparisonOp::Eq, 0.0);
        }
    }
}

/// For each workload the option with the largest value; of equals the first.
fn round(built: &Built, value: impl Fn(Variable) -> f64) -> Vec<usize> {
    let best = |options: &Vec<(usize, Variable)>| {
        let mut best: Option<(usize, f64)> = None;
        for (at, variable) in options {
            let v = value(*variable);
            if best.is_none_or(|(_, b)| v > b + 1e-9) {
                best = Some((*at, v));
            }
        }
        best.map_or(0, |(at, _)| at)
    };
    built.options.iter().map(best).collect()
}

fn start(built: &Built, chosen: &[usize]) -> Row {
    let values = built.options.iter().zip(chosen).flat_map(|(options, taken)| {
        options.iter().map(move |(at, variable)| (*variable, if at == taken { 1.0 } else { 0.0 }))
    });
    values.collect()
}
