//! The flags of `flagstate log`: a tamper-evident log, its proofs, its witnesses.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::AnswerFormat;

/// Where the log is, and how its key is opened.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Place {
    /// Folder of the log; without it, `log.dir` of flagstate.yaml.
    #[arg(long, value_name = "DIR")]
    pub(crate) log: Option<PathBuf>,
    /// Project file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// How the signing key is opened.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Unlock {
    /// File with the passphrase of the signing key (or the PIN of its token); else the one that `log init` made and kept in the
    /// second place, else the variable `FLAGSTATE_LOG_PASSPHRASE`.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// PKCS#11 module (a library) whose token holds the signing key; the passphrase is its PIN.
    #[arg(long, value_name = "LIBRARY")]
    pub(crate) pkcs11_module: Option<PathBuf>,
}

/// Whose word counts.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Trust {
    /// Verifier key of the log, in signed-note form; without it, the log's own identity or the policy.
    #[arg(long, value_name = "KEY")]
    pub(crate) vkey: Option<String>,
    /// Policy file (C2SP tlog-policy): logs, witnesses, and how many must have cosigned.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Certificates (PEM) of time-stamp authorities that are trusted (repeatable).
    #[arg(long, value_name = "FILE")]
    pub(crate) tsa_roots: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LogCommand {
    /// Make a new log and print its verifier key.
    Init(InitArgs),
    /// Append entries and print their indexes; they are durable and covered by the checkpoint when it returns.
    Append(AppendArgs),
    /// Print the signed checkpoint; with witnesses configured, ask them to cosign it.
    Checkpoint(CheckpointArgs),
    /// Check a log, an exported package, a proof or a report, without any network.
    Verify(VerifyArgs),
    /// Write the proof that an entry is in the log.
    Prove(ProveArgs),
    /// Write a self-contained package that can be checked without us.
    Export(ExportArgs),
    /// Check every byte that the log keeps, the private files included, and name what is damaged.
    Fsck(FsckArgs),
    /// Run a witness for other people's logs.
    #[command(subcommand)]
    Witness(WitnessCommand),
    /// Have a time-stamp authority (RFC 3161) stamp the checkpoint, and keep its answer beside the log.
    Timestamp(TimestampArgs),
    /// Erase what opens a person's commitments; every proof stays valid.
    Erase(EraseArgs),
}

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  flagstate log init --log evidence-log --origin log.example.org/evidence > vkey\n  flagstate log init --log evidence-log --origin log.example.org/evidence --passphrase-file secret\n  flagstate log init --log evidence-log --origin log.example.org/evidence --pkcs11-module /usr/lib/softhsm/libsofthsm2.so --token evidence --passphrase-file pin\n\nThe verifier key is all that goes to standard output. Give it to everybody who shall check the log."
)]
pub(crate) struct InitArgs {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Name of the log for ever: a URL without its scheme that you control, such as log.example.org/evidence.
    #[arg(long, value_name = "NAME")]
    pub(crate) origin: Option<String>,
    #[command(flatten)]
    pub(crate) unlock: Unlock,
    /// Second place of the last checkpoint, best on another disk; a log restored from an old backup is recognised by it.
    #[arg(long, value_name = "DIR")]
    pub(crate) second: Option<PathBuf>,
    /// Label of the PKCS#11 token that shall hold the key; a key pair is made in it.
    #[arg(long, value_name = "LABEL", requires = "pkcs11_module")]
    pub(crate) token: Option<String>,
    /// Label of the key pair in the token; one that is there is used. Default: the origin.
    #[arg(long, value_name = "LABEL", requires = "token")]
    pub(crate) token_key: Option<String>,
    /// No ML-DSA-44 key beside the Ed25519 key.
    #[arg(long)]
    pub(crate) classic_only: bool,
    /// Policy file (C2SP tlog-policy) with the witnesses that cosign the checkpoints.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  flagstate log append --log evidence-log report.json certificate.pdf\n  flagstate log append --log evidence-log --lines events.jsonl\n  producer | flagstate log append --log evidence-log --lines -\n\nAn entry has at most 65535 bytes: keep larger things elsewhere and append their digest."
)]
pub(crate) struct AppendArgs {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) unlock: Unlock,
    /// Files; the bytes of each become one entry.
    #[arg(required_unless_present = "lines")]
    pub(crate) files: Vec<PathBuf>,
    /// A file each line of which becomes one entry, without its line end; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) lines: Option<PathBuf>,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: AnswerFormat,
    /// No progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  flagstate log checkpoint --log evidence-log\n  flagstate log checkpoint --log evidence-log --policy witnesses.policy"
)]
pub(crate) struct CheckpointArgs {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) unlock: Unlock,
    /// Policy file whose witnesses are asked to cosign; without it, that of flagstate.yaml.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: AnswerFormat,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  flagstate log verify --log evidence-log --vkey \"$(cat vkey)\"\n  flagstate log verify --log evidence-log --vkey \"$(cat vkey)\" --old checkpoint.2026-01\n  flagstate log verify package/ --vkey \"$(cat vkey)\"\n  flagstate log verify 41.tlog-proof --entry statement.json --vkey \"$(cat vkey)\"\n  flagstate log verify --report report.json --vkey \"$(cat vkey)\"\n\nExit code 1 when something does not hold. Nothing is asked over a network."
)]
pub(crate) struct VerifyArgs {
    /// An exported package (folder), or a proof (.tlog-proof) beside --entry.
    pub(crate) path: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) trust: Trust,
    /// The entry that the proof is about.
    #[arg(long, value_name = "FILE")]
    pub(crate) entry: Option<PathBuf>,
    /// An older checkpoint that the log must extend (repeatable).
    #[arg(long, value_name = "FILE")]
    pub(crate) old: Vec<PathBuf>,
    /// A report that carries its proof (text, JSON or HTML).
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: AnswerFormat,
    /// No progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  flagstate log prove --log evidence-log --index 41 --output 41.tlog-proof\n  flagstate log prove --log evidence-log --index 41 --entry-output 41.entry"
)]
pub(crate) struct ProveArgs {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Index of the entry, from 0.
    #[arg(long, value_name = "N")]
    pub(crate) index: u64,
    /// Verifier key of the log; not needed where the log is yours.
    #[arg(long, value_name = "KEY")]
    pub(crate) vkey: Option<String>,
    /// Write the proof to a file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write the entry's bytes to a file as well.
    #[arg(long, value_name = "FILE")]
    pub(crate) entry_output: Option<PathBuf>,
    /// Write a COSE receipt (RFC 9942) to a file as well; this needs the signing key.
    #[arg(long, value_name = "FILE")]
    pub(crate) receipt: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) unlock: Unlock,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  flagstate log export --log evidence-log --output package/\n  flagstate log export --log evidence-log --index 3 --index 41 --output package/"
)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) place: Place,
    /// New folder of the package.
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// Index of an entry (repeatable); without it, all entries.
    #[arg(long, value_name = "N")]
    pub(crate) index: Vec<u64>,
    /// Policy file to put in the package; without it, that of flagstate.yaml.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Certificates (PEM) of time-stamp authorities to put in the package (repeatable).
    #[arg(long, value_name = "FILE")]
    pub(crate) tsa_roots: Vec<PathBuf>,
    /// Verifier key of the log; not needed where the log is yours.
    #[arg(long, value_name = "KEY")]
    pub(crate) vkey: Option<String>,
    /// Put COSE receipts (RFC 9942) in the package; this needs the signing key.
    #[arg(long)]
    pub(crate) receipts: bool,
    #[command(flatten)]
    pub(crate) unlock: Unlock,
    /// No progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  flagstate log fsck --log evidence-log\n  flagstate log fsck --log evidence-log --tsa-roots tsa.pem --format json\n\nExit code 1 when a file is damaged; each one is named."
)]
pub(crate) struct FsckArgs {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) trust: Trust,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: AnswerFormat,
    /// No progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WitnessCommand {
    /// Make a new witness and print its verifier keys, Ed25519 and ML-DSA-44.
    Init {
        /// Folder of the witness. Never restore an old copy of it.
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// Name of the witness for ever: a URL without its scheme that you control.
        #[arg(long, value_name = "NAME")]
        name: String,
    },
    /// Let the witness know a log.
    #[command(
        after_help = "Examples:\n  flagstate log witness add --dir witness --vkey \"$(cat vkey)\"\n  flagstate log witness add --dir witness --vkey \"$(cat vkey)\" --checkpoint known-good\n\nWith --checkpoint the witness starts from that tree instead of trusting the first one that it is sent."
    )]
    Add {
        /// Folder of the witness.
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// Verifier key of the log (repeatable, all of one name).
        #[arg(long, value_name = "KEY", required = true)]
        vkey: Vec<String>,
        /// A checkpoint of the log, known out of band, to start from.
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
    },
    /// Answer requests until stopped (SIGINT, SIGTERM).
    #[command(
        after_help = "Examples:\n  flagstate log witness serve --dir witness\n  flagstate log witness serve --dir witness --listen 0.0.0.0:7380\n\nIt speaks plain HTTP: put a proxy with TLS in front where others can reach it."
    )]
    Serve {
        /// Folder of the witness.
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// Address and port; port 0 takes a free one, which is printed.
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7380")]
        listen: String,
        /// Say nothing about requests.
        #[arg(long, short)]
        quiet: bool,
    },
    /// Show keys, logs, what was cosigned last, and the refused requests that were kept as evidence.
    Status {
        /// Folder of the witness.
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// Output format.
        #[arg(long, value_enum, default_value = "text")]
        format: AnswerFormat,
    },
}

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  flagstate log timestamp --log evidence-log --tsa https://tsa.example.org/ --tsa-roots tsa.pem\n  flagstate log timestamp --log evidence-log --tsa http://tsa.example.org/ --plain-http\n\nThe authority learns the digest of the checkpoint, nothing else."
)]
pub(crate) struct TimestampArgs {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) unlock: Unlock,
    /// Address of the authority; without it, that of flagstate.yaml.
    #[arg(long, value_name = "URL")]
    pub(crate) tsa: Option<String>,
    /// Certificates (PEM) of time-stamp authorities that are trusted (repeatable).
    #[arg(long, value_name = "FILE")]
    pub(crate) tsa_roots: Vec<PathBuf>,
    /// Allow plain http to another machine: the token carries its own signature.
    #[arg(long)]
    pub(crate) plain_http: bool,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: AnswerFormat,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  flagstate log erase --log evidence-log --person jane.doe --basis 'GDPR Art. 17(1)(b)'\n\nThe erasure is recorded first, then the openings are removed. Copies in backups are yours to erase."
)]
pub(crate) struct EraseArgs {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) unlock: Unlock,
    /// Label of the person, as it was given when the openings were kept.
    #[arg(long, value_name = "LABEL", required_unless_present = "commitment")]
    pub(crate) person: Option<String>,
    /// A single commitment (repeatable).
    #[arg(long, value_name = "COMMITMENT")]
    pub(crate) commitment: Vec<String>,
    /// The ground, for example `GDPR Art. 17(1)(b)`.
    #[arg(long, value_name = "TEXT")]
    pub(crate) basis: String,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: AnswerFormat,
}
