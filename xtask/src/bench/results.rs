//! What was measured: tables for the document, and limits for `--check`.

use std::{fmt::Write as _, fs};

use super::measure::{Cost, Subject};
use crate::{out, process::Program};

/// A figure with its limit.
#[derive(Clone, Debug)]
struct Limit {
    /// The section in which it was measured.
    section: String,
    what: String,
    value: f64,
    at_most: f64,
    unit: String,
}

/// Everything that goes into a document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Results {
    section: String,
    text: String,
    limits: Vec<Limit>,
}

impl Results {
    /// Starts a section.
    pub(crate) fn section(&mut self, title: &str, about: &str) {
        out::line(&format!("\n{title}"));
        title.clone_into(&mut self.section);
        let _ = write!(self.text, "\n## {title}\n\n{about}\n");
    }

    /// A table of subjects; ratios are to the first one.
    pub(crate) fn table(&mut self, title: &str, subjects: &[Subject], costs: &[Cost]) {
        let _ = write!(
            self.text,
            "\n{title}\n\n| | wall s | CPU s | peak MiB | wall, Flagstate = 1 | CPU, Flagstate = 1 |\n|---|---:|---:|---:|---:|---:|\n"
        );
        let Some(first) = costs.first() else { return };
        for (subject, cost) in subjects.iter().zip(costs) {
            let _ = writeln!(
                self.text,
                "| {} | {:.3} | {:.3} | {:.0} | {:.2} | {:.2} |",
                subject.name,
                cost.wall,
                cost.cpu(),
                cost.peak_mib(),
                cost.wall / first.wall.max(1e-6),
                cost.cpu() / first.cpu().max(1e-6)
            );
        }
    }

    /// A table with columns of its own; the first column is text.
    pub(crate) fn rows(&mut self, title: &str, columns: &[&str], rows: &[Vec<String>]) {
        let _ =
            write!(self.text, "\n{title}\n\n| | {} |\n|---|{}\n", columns.join(" | "), "---:|".repeat(columns.len()));
        for row in rows {
            let _ = writeln!(self.text, "| {} |", row.join(" | "));
        }
    }

    /// A sentence.
    pub(crate) fn say(&mut self, text: &str) {
        out::line(text);
        let _ = write!(self.text, "\n{text}\n");
    }

    /// Records a figure that must not exceed `at_most`.
    pub(crate) fn limit(&mut self, what: &str, value: f64, at_most: f64, unit: &str) {
        let section = self.section.clone();
        self.limits.push(Limit { section, what: what.to_owned(), value, at_most, unit: unit.to_owned() });
    }

    /// A sentence at the end of every section.
    pub(crate) fn say_everywhere(&mut self, text: &str) {
        out::line(text);
        let sections = self.text.split("\n## ").skip(1);
        self.text = sections.fold(String::new(), |mut all, section| {
            let _ = write!(all, "\n## {section}\n{text}\n");
            all
        });
    }

    /// Puts others behind these.
    pub(crate) fn extend(&mut self, others: &Self) {
        self.text.push_str(&others.text);
        self.limits.extend_from_slice(&others.limits);
    }

    /// Sections with their headings.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// A section's rows of the table of limits: figure, value, limit and a word.
    pub(super) fn rows_of_limits(&self, section: &str) -> impl Iterator<Item = String> {
        self.limits.iter().filter(move |l| l.section == section).map(|l| {
            let word = if l.value <= l.at_most { "holds" } else { "**exceeded**" };
            format!("| {} | {:.3} {unit} | {:.3} {unit} | {word} |", l.what, l.value, l.at_most, unit = l.unit)
        })
    }

    /// Shows every limit; an error names those that do not hold.
    pub(crate) fn check(&self) -> Result<(), String> {
        let mut broken = Vec::new();
        for l in &self.limits {
            let word = if l.value <= l.at_most { "holds" } else { "EXCEEDED" };
            let line =
                format!("{word:<9} {}: {:.3} {unit}, at most {:.3} {unit}", l.what, l.value, l.at_most, unit = l.unit);
            out::line(&line);
            if l.value > l.at_most {
                broken.push(line);
            }
        }
        if broken.is_empty() { Ok(()) } else { Err(format!("{} limits do not hold", broken.len())) }
    }
}

/// The day and the machine, as far as a reader needs it.
pub(super) fn machine() -> String {
    let said = |program: &str, args: &[&str]| {
        Program::new(program).args(args).capture().map(|run| run.stdout.trim().to_owned()).unwrap_or_default()
    };
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|l| l.strip_prefix("model name")).unwrap_or_default();
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib: u64 = memory.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or_default();
    format!(
        "{}; {} processors ({}), {} GiB memory, {} {}, {}.",
        said("date", &["-u", "+%Y-%m-%d"]),
        said("nproc", &[]),
        model.trim_start_matches(['\t', ' ', ':']),
        kib >> 20,
        said("uname", &["-s"]),
        said("uname", &["-r"]),
        said("rustc", &["--version"])
    )
}
