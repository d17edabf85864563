//! Placement: the choice over all workloads, proven or within a stated distance of its bound.

use serde::Deserialize;

use super::results::Results;
use crate::{out, process::cargo};

/// What `crates/placement/examples/portfolio_speed.rs` prints.
#[derive(Debug, Deserialize)]
struct Speed {
    small_s: f64,
    small_proven: u32,
    small_runs: u32,
    large_s: f64,
    large_gap_percent: f64,
}

/// Measures, and records the figures and their limits.
pub(super) fn run(results: &mut Results) -> Result<(), String> {
    results.section(
        "Placement",
        "Portfolios from a seed: three criteria one after the other, limits on owners that bind. The slowest of ten with 40 \
         workloads x 32 options, to be proven optimal; the slowest of three with 2 000 x 96. microlp solves every criterion; its \
         relaxation gives the bound, so no branch and bound of our own is needed.",
    );
    let args = ["run", "--quiet", "--release", "--locked", "--package", "flagstate-placement", "--example"];
    let run = cargo().args(args).args(["portfolio_speed"]).capture()?;
    let speed: Speed =
        serde_json::from_str(run.stdout.trim()).map_err(|e| format!("portfolio_speed: {e}\n{}", run.stderr))?;
    out::line(&format!("  {speed:?}"));
    results.say(&format!(
        "40 x 32: {} of {} proven optimal, the slowest in {:.2} s. 2 000 x 96: the slowest in {:.1} s, at most {:.3} % above the \
         bound.",
        speed.small_proven, speed.small_runs, speed.small_s, speed.large_s, speed.large_gap_percent
    ));
    results.limit("placement: 40 x 32, proven", speed.small_s, 5.0, "s");
    results.limit("placement: 40 x 32, not proven", f64::from(speed.small_runs - speed.small_proven), 0.0, "");
    results.limit("placement: 2 000 x 96", speed.large_s, 60.0, "s");
    results.limit("placement: 2 000 x 96, above the bound", speed.large_gap_percent, 0.5, "%");
    Ok(())
}
