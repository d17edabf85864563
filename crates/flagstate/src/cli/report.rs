//! The flags of `flagstate report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Common, Inputs, frameworks::Language};

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// One page that loads nothing.
    Html,
    /// PDF/A-3 with the facts inside (where the program was built with `--features pdf`).
    Pdf,
    /// The facts of the report.
    Json,
    /// Markdown.
    Md,
    /// One row per workload, harm and power.
    Csv,
    /// OSCAL assessment results.
    Oscal,
    /// SARIF.
    Sarif,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  flagstate report --format html --lang fr --output report.html\n  flagstate report bill.csv terraform.tfstate --format md --output report.md --as-of 2026-11-21\n  flagstate report --plan plan.json --log evidence-log --lang de --output bericht.html\n  flagstate report --format oscal | jq '.\"assessment-results\".results[0].findings | length'\n\nThe date printed is the date of the judgement. The same inputs, catalog and date give the same bytes."
)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    #[command(flatten)]
    pub(crate) common: Common,
    /// Form of the report.
    #[arg(long, value_enum, default_value = "html")]
    pub(crate) format: ReportFormat,
    /// Language of HTML, PDF and Markdown.
    #[arg(long, value_enum, default_value = "en")]
    pub(crate) lang: Language,
    /// Write to a file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Plan that `flagstate plan` wrote: landing points, routes, costs, waves.
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
    /// Decision matrix that `flagstate matrix --format json` wrote; shown beside a plan.
    #[arg(long, value_name = "FILE", requires = "plan")]
    pub(crate) matrix: Option<PathBuf>,
    /// Answers that only people can give, for the readings of frameworks (YAML).
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
    /// Record the report in this log and carry its proof (default: the log of flagstate.yaml, where it names one).
    #[arg(long, value_name = "DIR")]
    pub(crate) log: Option<PathBuf>,
}
