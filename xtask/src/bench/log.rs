//! The log: durable entries beside the least that durability costs, and checking a million of them.

use serde::Deserialize;

use super::results::Results;
use crate::{out, process::cargo, workspace};

/// What `crates/evidence/examples/log_speed.rs` prints.
#[derive(Debug, Deserialize)]
struct Speed {
    ratio: f64,
    bare_per_s: f64,
    durable_per_s: f64,
    published_per_s: f64,
    bare_single_ms: f64,
    single_ms: f64,
    build_million_s: f64,
    verify_million_s: f64,
    fsck_million_s: f64,
}

/// Measures, and records the figures and their limits.
pub(super) fn run(results: &mut Results) -> Result<(), String> {
    results.section(
        "Log",
        "200 000 entries of 512 bytes, handed over by one thread with at most 4 096 unanswered, in batches of at most 1 024. The \
         baseline writes the same bytes to one file with one `fdatasync` for each 1 024 entries, and does nothing else. Both \
         alternate in one directory; medians of five rounds, of the ratio too. Then a log of a million such entries.",
    );
    let dir = workspace::target().join("bench/log");
    let _ = std::fs::remove_dir_all(&dir);
    let shown = dir.display().to_string();
    let args =
        ["run", "--quiet", "--release", "--locked", "--package", "flagstate-evidence", "--example", "log_speed", "--"];
    let run = cargo().args(args).args([&shown]).capture()?;
    let speed: Speed =
        serde_json::from_str(run.stdout.trim()).map_err(|e| format!("log_speed: {e}\n{}", run.stderr))?;
    out::line(&format!("  {speed:?}"));
    results.say(&format!(
        "Durable: {:.0} entries/s; with tiles and a signed checkpoint {:.0}/s; the baseline {:.0}/s. One append that nobody \
         shares: {:.2} ms, the baseline {:.2} ms. A million entries: written and signed in {:.2} s, verified in {:.2} s, \
         checked with everything private in {:.2} s.",
        speed.durable_per_s,
        speed.published_per_s,
        speed.bare_per_s,
        speed.single_ms,
        speed.bare_single_ms,
        speed.build_million_s,
        speed.verify_million_s,
        speed.fsck_million_s
    ));
    results.limit("log: time to the baseline's", speed.ratio, 2.0, "x");
    results.limit("log: 40 000 durable entries", 40_000.0 / speed.durable_per_s.max(1.0), 1.0, "s");
    results.limit("log: verifying a million entries", speed.verify_million_s, 20.0, "s");
    Ok(())
}
