//! The flags of `flagstate plan` and `flagstate matrix`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{AnswerFormat, Common, Inputs};

#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  flagstate plan\n  flagstate plan bill.csv --format json | jq '.sheets[] | {workload, to: .chosen.candidate.id}'\n  flagstate plan --offering scaleway,outscale,onprem-airgap --output plan.json\n  flagstate plan --parent plan.json --output plan-2.json\n  flagstate plan diff plan.json plan-2.json\n  flagstate plan lint plan.json\n\nHard gates first: what fails one is kept with the fact that rejected it. Then harms, gaps, cost, time to get out again,\none after the other and never summed. Demands beyond the classification stand under `placement` in flagstate.yaml.\nA plan never changes: another plan names it as its parent. docs/placement.md says how it is made."
)]
pub(crate) struct PlanArgs {
    #[command(subcommand)]
    pub(crate) command: Option<PlanCommand>,
    #[command(flatten)]
    pub(crate) make: PlanMakeArgs,
}

#[derive(Args, Debug)]
pub(crate) struct PlanMakeArgs {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    #[command(flatten)]
    pub(crate) common: Common,
    /// Consider only these offerings, separated by commas (default: all candidates).
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub(crate) offering: Vec<String>,
    /// Kind of the organisation, for clauses that bind only some (`state`, `state_operator`, `public_interest_group`).
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    pub(crate) organisation: Vec<String>,
    /// Answers to questions, in YAML (docs/frameworks.md).
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
    /// The plan that this one follows.
    #[arg(long, value_name = "FILE")]
    pub(crate) parent: Option<PathBuf>,
    /// Leave out the events to watch: each needs the plan made again.
    #[arg(long)]
    pub(crate) no_triggers: bool,
    /// Print this workload's sheet only.
    #[arg(long, value_name = "NAME")]
    pub(crate) workload: Option<String>,
    /// Output format on standard output; json is the plan itself, in canonical form.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: AnswerFormat,
    /// File for the plan (default with text: plan-HASH.json here); an existing other plan is never overwritten.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PlanCommand {
    /// Show what differs between two plans: which placements flip, and why.
    Diff {
        /// Plan before.
        before: PathBuf,
        /// Plan after.
        after: PathBuf,
        /// Output format.
        #[arg(long, value_enum, default_value = "text")]
        format: AnswerFormat,
    },
    /// Look a plan over before somebody signs it; exit code 1 when something forbids that.
    Lint {
        /// Plan.
        plan: PathBuf,
        /// Output format.
        #[arg(long, value_enum, default_value = "text")]
        format: AnswerFormat,
    },
}

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  flagstate matrix\n  flagstate matrix --offering aws-eu,aws-eusc,s3ns,scaleway,onprem-airgap\n  flagstate matrix --format json | jq '.cells[] | select(.dimension==\"severance\")'\n  flagstate matrix --assume P-LATOMBE=annulled"
)]
pub(crate) struct MatrixArgs {
    /// Offerings, separated by commas (default: one or two for each architecture of the spectrum).
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub(crate) offering: Vec<String>,
    #[command(flatten)]
    pub(crate) common: Common,
    /// Project file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: AnswerFormat,
    /// Write to a file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}
