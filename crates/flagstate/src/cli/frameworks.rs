//! The flags of `flagstate frameworks`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use flagstate_catalog::Date;
use flagstate_estate::Custody;

use super::{AnswerFormat, Common, Inputs, ProcessingArg};

#[derive(Debug, Subcommand)]
pub(crate) enum FrameworksCommand {
    /// List frameworks with version, date and what each is worth.
    List {
        /// Output format.
        #[arg(long, value_enum, default_value = "text")]
        format: AnswerFormat,
    },
    /// Show a framework, a requirement or a classification.
    Show {
        /// Id of a framework (secnumcloud), a requirement (R-HDS) or a classification (special-category).
        id: String,
        /// Language.
        #[arg(long, value_enum, default_value = "en")]
        language: Language,
        /// Output format.
        #[arg(long, value_enum, default_value = "text")]
        format: AnswerFormat,
    },
    /// Read frameworks and requirements for offerings, or for the workloads of an estate.
    Assess(AssessArgs),
    /// Set the clock of the Data Act for leaving a provider.
    Clock {
        /// Day of the notice.
        #[arg(long, value_name = "DATE")]
        notice: Date,
        /// Months for which the provider extends the transition, at most 7.
        #[arg(long, value_name = "MONTHS")]
        extended: Option<u32>,
        /// Output format.
        #[arg(long, value_enum, default_value = "text")]
        format: AnswerFormat,
    },
    /// Draft a transfer impact assessment for a workload.
    Transfer(TransferArgs),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Language {
    /// English.
    En,
    /// French.
    Fr,
    /// German.
    De,
}

impl Language {
    /// Its code.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
            Self::De => "de",
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum CustodyArg {
    /// The provider holds and uses the key.
    Provider,
    /// The customer's key, in the provider's HSM.
    CustomerKeyInProviderHsm,
    /// An external key store that the provider must call.
    ExternalKeyStore,
    /// Encrypted before upload.
    ClientSide,
}

impl From<CustodyArg> for Custody {
    fn from(arg: CustodyArg) -> Self {
        match arg {
            CustodyArg::Provider => Self::Provider,
            CustodyArg::CustomerKeyInProviderHsm => Self::CustomerKeyInProviderHsm,
            CustodyArg::ExternalKeyStore => Self::ExternalKeyStore,
            CustodyArg::ClientSide => Self::ClientSide,
        }
    }
}

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  flagstate frameworks assess --offering aws-eusc --framework csf\n  flagstate frameworks assess --offering s3ns --framework secnumcloud --format json\n  flagstate frameworks assess --offering scaleway --classification special-category --home FR,EU\n  flagstate frameworks assess bill.csv --answers answers.yaml"
)]
pub(crate) struct AssessArgs {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    #[command(flatten)]
    pub(crate) common: Common,
    /// Offering to read instead of an estate (repeatable).
    #[arg(long, value_name = "ID")]
    pub(crate) offering: Vec<String>,
    /// Framework to read (repeatable); all that can be read without it.
    #[arg(long, value_name = "ID")]
    pub(crate) framework: Vec<String>,
    /// Check the requirements of this classification; a workload's own classification goes before it.
    #[arg(long, value_name = "ID")]
    pub(crate) classification: Option<String>,
    /// What kind of organisation asks, where a law binds only some (`state`, `state_operator`, `public_interest_group`).
    #[arg(long, value_name = "KIND")]
    pub(crate) organisation: Vec<String>,
    /// Answers that only people can give (YAML).
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
    /// Who holds the keys, for --offering.
    #[arg(long, value_enum)]
    pub(crate) key_custody: Option<CustodyArg>,
    /// What the provider does with the data, for --offering.
    #[arg(long, value_enum)]
    pub(crate) processing: Option<ProcessingArg>,
    /// Language.
    #[arg(long, value_enum, default_value = "en")]
    pub(crate) language: Language,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: AnswerFormat,
}

#[derive(Args, Debug)]
pub(crate) struct TransferArgs {
    /// Workload of the project.
    pub(crate) workload: String,
    /// Project file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) common: Common,
    /// Language.
    #[arg(long, value_enum, default_value = "en")]
    pub(crate) language: Language,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: AnswerFormat,
}
