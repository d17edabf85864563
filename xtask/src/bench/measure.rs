//! Timing programs fairly: alternated runs, medians, and the kernel's own figures for each child.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    out,
    process::{Program, tail},
};

/// What one run of a program cost.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(crate) struct Cost {
    /// Seconds on the clock.
    pub(crate) wall: f64,
    /// Seconds of processor time in the program.
    pub(crate) user: f64,
    /// Seconds of processor time in the system.
    pub(crate) system: f64,
    /// Largest resident memory, KiB.
    pub(crate) peak_kib: f64,
    /// Exit code.
    #[serde(default)]
    pub(crate) code: i32,
}

impl Cost {
    /// Seconds of processor time.
    pub(crate) fn cpu(&self) -> f64 {
        self.user + self.system
    }

    /// Largest resident memory, MiB.
    pub(crate) fn peak_mib(&self) -> f64 {
        self.peak_kib / 1024.0
    }
}

/// A program to measure.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// Name in the tables.
    pub(crate) name: String,
    /// Program (absolute) and arguments.
    pub(crate) command: Vec<String>,
    /// Exit codes that count as done.
    pub(crate) codes: &'static [i32],
}

impl Subject {
    /// A program that ends with 0 or, having found something, 1.
    pub(crate) fn new<const N: usize>(name: &str, program: &Path, args: [&str; N]) -> Self {
        let mut command = vec![program.display().to_string()];
        command.extend(args.map(str::to_owned));
        Self { name: name.to_owned(), command, codes: &[0, 1] }
    }
}

/// Measures with the Python of a virtual environment: the standard library cannot ask the kernel for a child's costs.
#[derive(Debug)]
pub(crate) struct Meter {
    python: PathBuf,
    dir: PathBuf,
}

const MEASURE: &str = include_str!("../../py/measure.py");

impl Meter {
    /// Programs run in `dir`.
    pub(crate) fn new(python: PathBuf, dir: PathBuf) -> Self {
        Self { python, dir }
    }

    /// One run.
    pub(crate) fn once(&self, subject: &Subject) -> Result<Cost, String> {
        let run = Program::new(&self.python).args(["-c", MEASURE]).args(&subject.command).dir(&self.dir).capture()?;
        let cost: Cost = serde_json::from_str(run.stdout.trim())
            .map_err(|e| format!("{}: not measured: {e}\n{}", subject.name, tail(&run.stderr, 10)))?;
        if !subject.codes.contains(&cost.code) {
            return Err(format!("{} ended with {}:\n{}", subject.name, cost.code, tail(&run.stderr, 10)));
        }
        Ok(cost)
    }

    /// `runs` rounds over all subjects in turn, so that a busy moment hits all of them; the median of each.
    pub(crate) fn compare(&self, subjects: &[Subject], runs: usize) -> Result<Vec<Cost>, String> {
        let mut all: Vec<Vec<Cost>> = vec![Vec::new(); subjects.len()];
        for round in 1..=runs {
            for (subject, costs) in subjects.iter().zip(&mut all) {
                let cost = self.once(subject)?;
                out::line(&format!(
                    "  {round}/{runs} {:<34} wall {:>8.3} s  cpu {:>8.3} s  peak {:>7.1} MiB",
                    subject.name,
                    cost.wall,
                    cost.cpu(),
                    cost.peak_mib()
                ));
                costs.push(cost);
            }
        }
        Ok(all.iter().map(|costs| medians(costs)).collect())
    }
}

/// Size of a file, MiB.
pub(crate) fn mib(path: &Path) -> Result<f64, String> {
    let bytes = fs::metadata(path).map_err(|e| format!("{}: {e}", path.display()))?.len();
    Ok(u32::try_from(bytes >> 10).map_or(f64::MAX, |kib| f64::from(kib) / 1024.0))
}

/// The median of a figure over several runs.
pub(crate) fn median<T>(runs: &[T], figure: fn(&T) -> f64) -> f64 {
    let mut values: Vec<f64> = runs.iter().map(figure).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// The median of each figure.
fn medians(costs: &[Cost]) -> Cost {
    let of = |figure| median(costs, figure);
    Cost { wall: of(|c| c.wall), user: of(|c| c.user), system: of(|c| c.system), peak_kib: of(|c| c.peak_kib), code: 0 }
}
