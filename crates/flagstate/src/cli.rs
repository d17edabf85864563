//! Every flag, declared once: help, completions and man pages are generated from here.

pub(crate) mod frameworks;
pub(crate) mod log;
pub(crate) mod move_;
pub(crate) mod plan;
pub(crate) mod report;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use flagstate_catalog::Date;

const EXAMPLES: &str = "\
Examples:
  flagstate demo
  flagstate init
  flagstate assess bill.csv terraform.tfstate
  flagstate assess --format html --output report.html
  flagstate explain --offering aws-eusc --instrument us.sca
  flagstate whatif --offering azure-eu --instrument 'us.*' --assume P-LATOMBE=annulled
  flagstate check plan.json --format sarif
  flagstate frameworks assess --offering s3ns --framework secnumcloud
  flagstate report --format html --lang fr --output report.html
  flagstate plan
  flagstate matrix --offering aws-eusc,s3ns,scaleway
  flagstate log verify --log evidence-log --vkey KEY
  flagstate move run --from file:///data --to s3://bucket/data?endpoint=https://s3.example.eu

Exit codes: 0 done, 1 a gate found something, 2 wrong usage, 3 an input cannot be used, 4 a fault of flagstate.

This is an exposure analysis with its premises and sources. It is not legal advice.";

/// Who can be compelled to hand over or switch off your data.
#[derive(Debug, Parser)]
#[command(name = "flagstate", version, about, after_long_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Judge an estate: per workload who can be compelled, what they would get, whether you would know.
    Assess(AssessArgs),
    /// Show every chain, link by link, for a workload or for one offering and one power.
    Explain(ExplainArgs),
    /// Show only what changes under an assumption or between two dates.
    Whatif(WhatifArgs),
    /// Gate for pipelines: fail when a plan creates or worsens a forbidden exposure.
    Check(CheckArgs),
    /// Write the example estate to flagstate-demo/, judge it and write its report.
    Demo(DemoArgs),
    /// Write a commented flagstate.yaml to the current folder.
    Init(InitArgs),
    /// Look at the facts and check them.
    #[command(subcommand)]
    Catalog(CatalogCommand),
    /// What frameworks ask (sovereignty levels, ownership ceilings, requirements), and how offerings and workloads answer.
    #[command(subcommand)]
    Frameworks(frameworks::FrameworksCommand),
    /// The report for a board: HTML, PDF, Markdown, OSCAL and more, in English, French and German.
    Report(report::ReportArgs),
    /// Where each workload should live: gates, rejected options and why, gaps, cost, waves; an immutable plan.
    Plan(Box<plan::PlanArgs>),
    /// The decision matrix: ten dimensions of chosen offerings, every cell with its facts and date.
    Matrix(plan::MatrixArgs),
    /// A tamper-evident log: append, prove, verify, export, witness.
    #[command(subcommand)]
    Log(log::LogCommand),
    /// Move objects between stores, byte for byte, and certify that nothing was lost.
    #[command(subcommand)]
    Move(move_::MoveCommand),
    /// The key of a named person, for accepting losses and signing certificates.
    #[command(subcommand)]
    Identity(move_::IdentityCommand),
    /// Print the JSON Schema of flagstate.yaml.
    Schema,
    /// Print shell completions.
    Completions {
        /// Shell.
        shell: clap_complete::Shell,
    },
    /// Write man pages to a folder.
    Man {
        /// Folder.
        dir: PathBuf,
    },
}

/// What is judged against what.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Common {
    /// Date of the judgement (default: today).
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<Date>,
    /// Assume a change of facts: a pending event (P-702=expired) or a path (offering.bleu.safeguards+=secnumcloud).
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) assume: Vec<String>,
    /// Folder with catalog files that replace the shipped kinds.
    #[arg(long, value_name = "DIR")]
    pub(crate) catalog: Option<PathBuf>,
    /// Ownership files (BODS, GLEIF) that add entities and edges.
    #[arg(long, value_name = "FILE")]
    pub(crate) ownership: Vec<PathBuf>,
    /// Control test that courts are assumed to use.
    #[arg(long, value_enum)]
    pub(crate) control_test: Option<Test>,
    /// Home jurisdictions, separated by commas (for example FR,EU).
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub(crate) home: Vec<String>,
    /// No progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Test {
    /// Who can get at it in fact (wider, the default).
    PracticalAbility,
    /// Who has a right to get it.
    LegalRight,
}

/// Which files are read.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Inputs {
    /// Files or folders to read; without them, the inventories of flagstate.yaml.
    pub(crate) paths: Vec<PathBuf>,
    /// Project file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Name the format of a file that is not recognised.
    #[arg(long, value_name = "FILE=FORMAT")]
    pub(crate) format_of: Vec<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum AssessFormat {
    Text,
    Json,
    Html,
    Sarif,
    Csv,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  flagstate assess bill.csv terraform.tfstate\n  flagstate assess --format json | jq .workloads[0]\n  flagstate assess --format html --output report.html --as-of 2026-06-20"
)]
pub(crate) struct AssessArgs {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    #[command(flatten)]
    pub(crate) common: Common,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: AssessFormat,
    /// Write to a file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum AnswerFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum ProcessingArg {
    /// Stored only.
    AtRest,
    /// The provider processes clear text (the cautious default).
    InClear,
}

/// One offering and one power, as it is or as if.
#[derive(Args, Clone, Debug)]
pub(crate) struct Ask {
    /// Offering id (see `flagstate catalog show offerings`).
    #[arg(long, value_name = "ID")]
    pub(crate) offering: Option<String>,
    /// Instrument id, or a pattern such as us.* for all compulsion instruments with that prefix.
    #[arg(long, value_name = "ID")]
    pub(crate) instrument: Option<String>,
    /// Exactly these safeguards instead of the built-in ones (repeatable).
    #[arg(long, value_name = "ID")]
    pub(crate) safeguard: Vec<String>,
    /// What the provider does with the data.
    #[arg(long, value_enum)]
    pub(crate) processing: Option<ProcessingArg>,
    /// Service with attributes of its own (for example copilot).
    #[arg(long, value_name = "ID")]
    pub(crate) service: Option<String>,
    /// Entity on the contract, where it is not the operator.
    #[arg(long, value_name = "ID")]
    pub(crate) contracting_entity: Option<String>,
    /// Offering on whose machines it runs (repeatable).
    #[arg(long, value_name = "ID")]
    pub(crate) hosted_on: Vec<String>,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  flagstate explain --offering aws-eusc --instrument us.sca\n  flagstate explain --offering ms-sovereign-public --instrument us.sca --safeguard dke --processing at-rest\n  flagstate explain payments --instrument us.fisa702 --as-of 2027-04-01"
)]
pub(crate) struct ExplainArgs {
    /// Workload of the project.
    pub(crate) workload: Option<String>,
    #[command(flatten)]
    pub(crate) ask: Ask,
    #[command(flatten)]
    pub(crate) common: Common,
    /// Project file, for a workload.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: AnswerFormat,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  flagstate whatif --list\n  flagstate whatif --assume P-702=revived\n  flagstate whatif --offering bleu --instrument us.sca --assume offering.bleu.safeguards+=secnumcloud\n  flagstate whatif --from 2026-04-21 --as-of 2026-06-20 --offering aws-eu --instrument us.fisa702"
)]
pub(crate) struct WhatifArgs {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    #[command(flatten)]
    pub(crate) ask: Ask,
    /// Assume a change of facts (repeatable).
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) assume: Vec<String>,
    /// Date; given twice: before and after.
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Vec<Date>,
    /// Date before, beside --as-of for the date after.
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<Date>,
    /// List what can be assumed.
    #[arg(long)]
    pub(crate) list: bool,
    /// Folder with catalog files that replace the shipped kinds.
    #[arg(long, value_name = "DIR")]
    pub(crate) catalog: Option<PathBuf>,
    /// Home jurisdictions, separated by commas.
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub(crate) home: Vec<String>,
    /// Control test that courts are assumed to use.
    #[arg(long, value_enum)]
    pub(crate) control_test: Option<Test>,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: AnswerFormat,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum CheckFormat {
    Text,
    Json,
    Sarif,
    Junit,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  terraform show -json plan.out > plan.json && flagstate check plan.json\n  flagstate check plan.json --base terraform.tfstate --format sarif --output check.sarif\n\nExit code 1 when a workload's `forbid` in flagstate.yaml is newly broken or broken worse, and nobody has accepted it."
)]
pub(crate) struct CheckArgs {
    /// Plan (`terraform show -json`) or any other input that shows what will be.
    pub(crate) plan: PathBuf,
    /// What is now; without it, the prior state inside the plan.
    #[arg(long, value_name = "FILE")]
    pub(crate) base: Vec<PathBuf>,
    /// Project file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Name the format of a file that is not recognised.
    #[arg(long, value_name = "FILE=FORMAT")]
    pub(crate) format_of: Vec<String>,
    #[command(flatten)]
    pub(crate) common: Common,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: CheckFormat,
    /// Write to a file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct DemoArgs {
    /// Date of the judgement (default: today).
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<Date>,
}

#[derive(Args, Debug)]
pub(crate) struct InitArgs {
    /// Write here instead of ./flagstate.yaml; an existing file is never overwritten.
    #[arg(long, value_name = "FILE", default_value = "flagstate.yaml")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CatalogCommand {
    /// Check the facts: dangling references, missing sources, dates, known public errors.
    Check {
        /// Folder with catalog files that replace the shipped kinds.
        #[arg(long, value_name = "DIR")]
        catalog: Option<PathBuf>,
        /// Output format.
        #[arg(long, value_enum, default_value = "text")]
        format: AnswerFormat,
    },
    /// Show a record, its history and what rests on it; a kind (offerings, instruments, ...) lists its ids.
    Show {
        /// Any id, or a kind.
        id: String,
        /// Folder with catalog files that replace the shipped kinds.
        #[arg(long, value_name = "DIR")]
        catalog: Option<PathBuf>,
        /// Output format.
        #[arg(long, value_enum, default_value = "text")]
        format: AnswerFormat,
    },
}
