//! Measures the choice over all workloads: `cargo xtask bench --only placement` runs it and reads what it prints.
//!
//! Three kinds of portfolios from a seed: 40 workloads x 32 options, to be proven optimal; 2 000 x 96 with limits that bind,
//! within half a per cent of the bound. Options: 24 owners at four prices each; three criteria (harms, gaps, cost); no owner may
//! hold more than a twentieth or so (about a quarter of the small ones).
#![expect(clippy::print_stdout, reason = "the result of a measurement")]

use std::time::Instant;

use flagstate_placement::portfolio::{Answer, Choice, Effort, Failed, Item, Problem, solve};

/// Xorshift, so that every run measures the same.
struct Random(u64);

impl Random {
    fn up_to(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % (most + 1)
    }
}

fn portfolio(seed: u64, workloads: u64, options: u64, owners: u64, limit_ppm: u32) -> Problem {
    let mut r = Random(0x0139_408D_CBBF_7A44 ^ (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let bills: Vec<u64> = (0..workloads).map(|_| (100 + r.up_to(900)) << r.up_to(5)).collect();
    let total: u64 = bills.iter().sum();
    let factor: Vec<u64> = (0..options).map(|_| 60 + r.up_to(100)).collect();
    let items = bills.iter().map(|bill| {
        let one = |o: u64| {
            let per = 100 * usize::try_from(o).ok().and_then(|o| factor.get(o)).copied().unwrap_or(100);
            let cents = bill * (per + r.up_to(3_000)) / 100;
            let harms = i64::from(r.up_to(9) > 6);
            let gaps = i64::from(r.up_to(9) > 5);
            let cents = i64::try_from(cents).unwrap_or(i64::MAX);
            Choice {
                criteria: vec![harms, gaps, cents],
                place: u32::try_from(o).unwrap_or_default(),
                holders: vec![u32::try_from(o % owners).unwrap_or_default()],
                budget_cents: cents,
            }
        };
        let choices = (0..options).map(one).collect();
        Item { weight_ppm: u32::try_from(bill * 1_000_000 / total).unwrap_or_default(), group: None, choices }
    });
    let mut problem = Problem { items: items.collect(), limits_ppm: Vec::new(), budget_cents: None, criteria: 3 };
    problem.limits_ppm = vec![limit_ppm; usize::try_from(owners).unwrap_or_default()];
    problem
}

/// Seconds, the largest gap in per cent over the criteria, and whether everything is proven.
fn measure(problem: &Problem) -> Result<(f64, f64, bool, Answer), Failed> {
    let started = Instant::now();
    let answer = solve(problem, Effort::for_size(problem))?;
    let seconds = started.elapsed().as_secs_f64();
    assert!(problem.holds(&answer.chosen), "a limit is broken");
    let gap = |p: &flagstate_placement::portfolio::Proven| {
        #[expect(clippy::cast_precision_loss, reason = "a ratio for print")]
        {
            (p.value - p.bound) as f64 / (p.bound.max(1)) as f64 * 100.0
        }
    };
    let worst = answer.proven.iter().map(gap).fold(0.0, f64::max);
    Ok((seconds, worst, answer.proven.iter().all(|p| p.value == p.bound), answer))
}

fn main() -> Result<(), Failed> {
    let mut small: f64 = 0.0;
    let mut proven = 0;
    for seed in 0..10 {
        let (seconds, _, optimal, _) = measure(&portfolio(seed, 40, 32, 8, 260_000))?;
        small = small.max(seconds);
        proven += u32::from(optimal);
    }
    let (mut large, mut gap): (f64, f64) = (0.0, 0.0);
    for seed in 0..3 {
        let (seconds, worst, _, _) = measure(&portfolio(seed, 2_000, 96, 24, 60_000))?;
        large = large.max(seconds);
        gap = gap.max(worst);
    }
    println!(
        "{{\"small_s\": {small:.3}, \"small_proven\": {proven}, \"small_runs\": 10, \"large_s\": {large:.2}, \"large_gap_percent\": {gap:.4}}}"
    );
    Ok(())
}
