//! Steps of a run: each is announced, timed and counted; the last line sums them.

use std::time::Instant;

use crate::out;

/// How many checks of a step went which way.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Count {
    /// Went well.
    pub(crate) passed: u64,
    /// Did not.
    pub(crate) failed: u64,
}

impl Count {
    /// One check that went well.
    pub(crate) const PASSED: Self = Self { passed: 1, failed: 0 };
}

/// What a step may answer: its count, or why it could not be done (one failure).
pub(crate) type Outcome = Result<Count, String>;

/// All steps of a run.
#[derive(Debug)]
pub(crate) struct Steps<'a> {
    only: Vec<&'a str>,
    known: Vec<String>,
    done: Vec<(String, Count, f64)>,
}

impl<'a> Steps<'a> {
    /// A run; `only` names the steps to do, empty for all.
    pub(crate) fn new(only: Vec<&'a str>) -> Self {
        Self { only, known: Vec::new(), done: Vec::new() }
    }

    /// Does one step.
    pub(crate) fn step(&mut self, name: &str, action: impl FnOnce() -> Outcome) {
        self.known.push(name.to_owned());
        if !self.only.is_empty() && !self.only.contains(&name) {
            return;
        }
        out::line(&format!("\n=== {name}"));
        let start = Instant::now();
        let count = action().unwrap_or_else(|message| {
            out::error(&message);
            Count { passed: 0, failed: 1 }
        });
        let seconds = start.elapsed().as_secs_f64();
        let word = if count.failed == 0 { "ok" } else { "FAILED" };
        out::line(&format!("=== {name}: {word} ({} passed, {} failed, {seconds:.1} s)", count.passed, count.failed));
        self.done.push((name.to_owned(), count, seconds));
    }

    /// Prints the table and the sum; an error when anything failed.
    pub(crate) fn finish(self) -> Result<(), String> {
        if let Some(name) = self.only.iter().find(|name| !self.known.iter().any(|known| known == *name)) {
            return Err(format!("there is no step `{name}`; there are {}", self.known.join(", ")));
        }
        let mut sum = Count::default();
        let mut total = 0.0;
        out::line("\nstep                       seconds   passed   failed");
        for (name, count, seconds) in &self.done {
            out::line(&format!("{name:<24} {seconds:>9.1} {:>8} {:>8}", count.passed, count.failed));
            sum.passed += count.passed;
            sum.failed += count.failed;
            total += seconds;
        }
        out::line(&format!("{:<24} {total:>9.1}", "all"));
        out::line(&format!("\n{} passed, {} failed", sum.passed, sum.failed));
        if sum.failed == 0 { Ok(()) } else { Err("some checks failed".to_owned()) }
    }
}
