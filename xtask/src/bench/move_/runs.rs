//! One program, one move: its cost with what the server counted meanwhile; rounds over all programs; the table.

use super::{
    Moves,
    server::{Counted, cpu_of_machine},
};
use crate::{
    bench::measure::{Cost, Subject, median},
    out,
};

/// What one move cost.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Run {
    pub(super) cost: Cost,
    /// All requests.
    pub(super) requests: f64,
    pub(super) heads: f64,
    pub(super) server_cpu: f64,
    /// What other processes took of all processors, 0 to 1.
    pub(super) others: f64,
}

/// A program with its figures; none where it failed.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) run: Option<Run>,
}

/// Prepares a run; the number is the subject's.
pub(super) type Before<'a> = &'a dyn Fn(&Moves, usize) -> Result<(), String>;
/// Judges a run by what was counted.
pub(super) type After<'a> = &'a dyn Fn(&Counted) -> Result<(), String>;

impl Moves {
    /// One run of one program.
    pub(super) fn once(&self, subject: &Subject, after: After<'_>) -> Result<Run, String> {
        self.server.reset()?;
        let (server, machine) = (self.server.cpu(), cpu_of_machine());
        let cost = self.meter.once(subject)?;
        let server_cpu = self.server.cpu() - server;
        let all = cpu_of_machine() - machine;
        let counted = self.server.counters()?;
        after(&counted).map_err(|why| format!("{}: {why} ({})", subject.name, counted.shown()))?;
        let capacity = cost.wall * f64::from(u32::try_from(processors()).unwrap_or(1));
        let others = ((all - server_cpu - cost.cpu()) / capacity.max(1e-3)).clamp(0.0, 1.0);
        Ok(Run { cost, requests: counted.total(), heads: counted.of("head"), server_cpu, others })
    }

    /// Rounds over all programs in turn; a program that fails is named and left out from then on.
    pub(super) fn rounds(
        &self,
        subjects: &[Subject],
        before: Before<'_>,
        after: After<'_>,
    ) -> Result<Vec<Row>, String> {
        let mut all: Vec<Option<Vec<Run>>> = vec![Some(Vec::new()); subjects.len()];
        for round in 1..=self.runs {
            for (number, (subject, runs)) in subjects.iter().zip(&mut all).enumerate() {
                let Some(so_far) = runs else { continue };
                before(self, number)?;
                match self.once(subject, after) {
                    Ok(run) => {
                        show(round, self.runs, &subject.name, &run);
                        so_far.push(run);
                    }
                    Err(why) => {
                        out::line(&format!("  failed: {why}"));
                        *runs = None;
                    }
                }
            }
        }
        let row = |(subject, runs): (&Subject, Option<Vec<Run>>)| Row {
            name: subject.name.clone(),
            run: runs.filter(|r| !r.is_empty()).map(|r| medians(&r)),
        };
        Ok(subjects.iter().zip(all).map(row).collect())
    }

    /// The table of a case. Ratios are to Flagstate, or to the best peer where it did not run.
    pub(super) fn table(&mut self, title: &str, rows: &[Row], objects: u64) {
        let ours = find(rows, "Flagstate");
        let best = ours.or_else(|| best_peer(rows, |r| r.cost.cpu()));
        let against = if ours.is_some() { "Flagstate" } else { "the best peer" };
        let (wall, cpu) = (format!("wall, {against} = 1"), format!("CPU, {against} = 1"));
        let columns = ["wall s", "CPU s", "peak MiB", "requests per object", "server CPU s", "others", &wall, &cpu];
        let count = f64::from(u32::try_from(objects.max(1)).unwrap_or(u32::MAX));
        let lines: Vec<Vec<String>> = rows
            .iter()
            .map(|row| {
                let Some(run) = &row.run else { return vec![row.name.clone(), "failed".to_owned()] };
                let of = best.unwrap_or(*run);
                vec![
                    row.name.clone(),
                    format!("{:.2}", run.cost.wall),
                    format!("{:.2}", run.cost.cpu()),
                    format!("{:.0}", run.cost.peak_mib()),
                    format!("{:.2}", run.requests / count),
                    format!("{:.2}", run.server_cpu),
                    format!("{:.0} %", run.others * 100.0),
                    format!("{:.2}", run.cost.wall / of.cost.wall.max(1e-6)),
                    format!("{:.2}", run.cost.cpu() / of.cost.cpu().max(1e-6)),
                ]
            })
            .collect();
        out::line(&format!("{title}: medians"));
        for line in &lines {
            out::line(&format!("  {}", line.join(" | ")));
        }
        self.results.rows(title, &columns, &lines);
    }
}

/// The figures of a program by name.
pub(super) fn find(rows: &[Row], name: &str) -> Option<Run> {
    rows.iter().find(|r| r.name == name)?.run
}

/// The least figure of all peers; the relay is no peer.
pub(super) fn best_peer(rows: &[Row], figure: fn(&Run) -> f64) -> Option<Run> {
    let peers = rows.iter().filter(|r| !r.name.starts_with("Flagstate") && !r.name.starts_with("relay"));
    peers.filter_map(|r| r.run).min_by(|a, b| figure(a).total_cmp(&figure(b)))
}

fn show(round: usize, rounds: usize, name: &str, run: &Run) {
    out::line(&format!(
        "  {round}/{rounds} {name:<16} wall {:>8.3} s  cpu {:>8.3} s  peak {:>7.1} MiB  requests {:>8}  server {:>7.2} s  others {:>3.0} %",
        run.cost.wall,
        run.cost.cpu(),
        run.cost.peak_mib(),
        run.requests,
        run.server_cpu,
        run.others * 100.0
    ));
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn medians(runs: &[Run]) -> Run {
    let of = |figure| median(runs, figure);
    let cost = Cost {
        wall: of(|r| r.cost.wall),
        user: of(|r| r.cost.cpu()),
        system: 0.0,
        // A limit on memory holds always, not half of the time.
        peak_kib: runs.iter().map(|r| r.cost.peak_kib).fold(0.0, f64::max),
        code: 0,
    };
    Run {
        cost,
        requests: of(|r| r.requests),
        heads: of(|r| r.heads),
        server_cpu: of(|r| r.server_cpu),
        others: of(|r| r.others),
    }
}
