//! The flags of `flagstate move`: where from, where to, how fast, and what is accepted.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::AnswerFormat;

const PLACES: &str = "\
Places: file:///dir, s3://bucket/prefix?endpoint=URL&region=R&profile=NAME, az://account/container/prefix?endpoint=URL,
gs://bucket/prefix. Several containers as one source: s3://a,b or az://account/*; then the target is s3://new-{container} for each its
own, or one bucket with a folder for each. Credentials never stand in a place: they come from the environment, profiles, and the providers' own tools.";

/// Which move.
#[derive(Args, Clone, Debug)]
pub(crate) struct State {
    /// Folder of the move: everything that must survive a crash, nothing secret.
    #[arg(long = "state", value_name = "DIR", default_value = "flagstate-move")]
    pub(crate) dir: PathBuf,
    /// Output format; `json` prints one event per line.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: AnswerFormat,
    /// No progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Write progress to this file for Prometheus (node exporter's text format), every few seconds.
    #[arg(long, value_name = "FILE")]
    pub(crate) metrics: Option<PathBuf>,
}

/// What moves where; fixed when the move begins.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Begin {
    /// From where. Only needed when a move begins.
    #[arg(long, value_name = "URL")]
    pub(crate) from: Option<String>,
    /// To where.
    #[arg(long, value_name = "URL")]
    pub(crate) to: Option<String>,
    /// Only keys that fit (repeatable): `*` without `/`, `**` with, `?` one byte.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) include: Vec<String>,
    /// Not keys that fit (repeatable).
    #[arg(long, value_name = "PATTERN")]
    pub(crate) exclude: Vec<String>,
    /// Move all versions, oldest first; the target must keep versions.
    #[arg(long)]
    pub(crate) versions: bool,
    /// Set each object's retention and legal hold at the target too; its bucket must have Object Lock. What is locked in
    /// compliance mode nobody can remove before its day.
    #[arg(long)]
    pub(crate) keep_holds: bool,
    /// Encrypt on the way for this recipient (`age1...`; repeatable). The ordinary `age` reads the objects.
    #[arg(long, value_name = "RECIPIENT")]
    pub(crate) encrypt_for: Vec<String>,
    /// List from the provider's own inventory: its manifest, as a file or a place (`s3://lists/.../manifest.json`). S3 Inventory
    /// (CSV, Parquet, ORC) and Azure Blob Inventory (CSV, Parquet). Later passes list the source itself.
    #[arg(long, value_name = "MANIFEST")]
    pub(crate) inventory: Option<String>,
    /// Offering at the source, by its id in the catalog: for the price and the certificate.
    #[arg(long, value_name = "ID")]
    pub(crate) from_offering: Option<String>,
    /// Offering at the target: for the requirement and the certificate.
    #[arg(long, value_name = "ID")]
    pub(crate) to_offering: Option<String>,
}

/// How fast, and through what.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Tuning {
    /// Most transfers side by side.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub(crate) lanes: usize,
    /// Size of parts of large objects, in MiB; else what fits the object and the target.
    #[arg(long, value_name = "MIB")]
    pub(crate) part_mib: Option<u64>,
    /// Memory for bytes that wait, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 48)]
    pub(crate) memory_mib: u64,
    /// Most MB per second, both directions together: `50`, or by the hour: `8-18=20,18-8=200`.
    #[arg(long, value_name = "LIMITS")]
    pub(crate) bandwidth: Option<String>,
    /// Most requests per second.
    #[arg(long, value_name = "N")]
    pub(crate) requests_per_s: Option<f64>,
    /// Hold every byte to the source's own checksum, MD5 included, whatever it costs.
    #[arg(long)]
    pub(crate) strict_source: bool,
    /// Certificates (PEM) to trust besides the system's.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
}

/// What somebody accepts, and in whose name.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Accept {
    /// Accept a loss by its name, as the plan lists it, or `all-losses` (repeatable).
    #[arg(long, value_name = "LOSS")]
    pub(crate) accept: Vec<String>,
    #[command(flatten)]
    pub(crate) signer: Signer,
}

/// Whose name.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Signer {
    /// Key file of the person who accepts and signs (`flagstate identity create`).
    #[arg(long, value_name = "FILE")]
    pub(crate) identity: Option<PathBuf>,
    /// File with its passphrase; else the variable `FLAGSTATE_IDENTITY_PASSPHRASE` holds it.
    #[arg(long, value_name = "FILE")]
    pub(crate) identity_passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MoveCommand {
    /// The whole way in one go, again and again: probe, list, plan, copy, later passes, verify, cutover, certificate.
    Run(Box<RunArgs>),
    /// Find out what the target really does: checksums, conditions, tags, versions, odd keys.
    #[command(
        after_help = "Example:\n  flagstate move probe --from file:///data --to s3://bucket?endpoint=https://s3.example.eu --state move-1"
    )]
    Probe(StepArgs),
    /// List the source in ranges side by side; goes on where it was cut off.
    #[command(
        after_help = "Example:\n  flagstate move inventory --from file:///data --to s3://bucket?endpoint=https://s3.example.eu --state move-1"
    )]
    Inventory(StepArgs),
    /// Say what moves, what it takes, what it costs, what is lost. Moves nothing.
    Plan(PlanArgs),
    /// Copy what the shards say; goes on where it was cut off.
    #[command(
        after_help = "Example:\n  flagstate move copy --state move-1 --bandwidth 8-18=20,18-8=200\n\nExit code 1 when objects failed; the same command tries them again."
    )]
    Copy(CopyArgs),
    /// List again and copy only what changed. Deletions are proposed.
    #[command(
        after_help = "Example:\n  flagstate move sync --state move-1 --delete\n\nWithout --delete, deletions are only proposed."
    )]
    Sync(CopyArgs),
    /// Ask the target again, by its checksums or for the bytes.
    #[command(
        after_help = "Example:\n  flagstate move verify --state move-1 --mode sample --confidence 99.9 --one-in 1000\n\nExit code 1 when objects do not hold; `move copy` writes them again."
    )]
    Verify(VerifyArgs),
    /// A last pass over a source that stands still.
    #[command(
        after_help = "Example:\n  flagstate move cutover --state move-1 --final-delta 3\n\nExit code 1 while the source changes, with the names of what changed."
    )]
    Cutover(CutoverArgs),
    /// Write the signed certificate, or the proof for one key.
    Certificate(CertificateArgs),
    /// Check a certificate, and proofs for keys, offline.
    #[command(
        after_help = "Example:\n  flagstate move verify-certificate move-1/certificate.json --key ada.pub --proof 0001.proof.json\n\nExit code 1 when something does not hold. interop/verify_certificate.py does the same in plain Python."
    )]
    VerifyCertificate(CheckArgs),
    /// Copy one shard of the plan: for batch systems; the same shard twice does no harm.
    #[command(
        after_help = "Examples:\n  flagstate move shard --state move-1 --index 3\n  flagstate move shard --state /shared/move-1 --index $JOB_COMPLETION_INDEX --part parts/$JOB_COMPLETION_INDEX\n\nExit code 1 when objects failed; the same command tries them again."
    )]
    Shard(ShardArgs),
    /// Take over what `shard --part` did on other machines.
    #[command(after_help = "Example:\n  flagstate move gather --state move-1 parts/*")]
    Gather(GatherArgs),
    /// Delete at the source what the certificate covers, after a waiting period.
    #[command(
        after_help = "Example:\n  flagstate move erase-source --state move-1 --certificate move-1/certificate.json --confirm move-0123456789abcdef"
    )]
    EraseSource(EraseArgs),
    /// Who could read at the source, and who can at the target.
    #[command(
        after_help = "Example:\n  flagstate move access --state move-1\n\nExit code 1 when the target is open wider than the source."
    )]
    Access(StepArgs),
    /// How far the move is.
    #[command(after_help = "Example:\n  flagstate move status --state move-1 --format json")]
    Status(StatusArgs),
}

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  flagstate move run --from file:///data --to s3://bucket/data?endpoint=https://s3.example.eu --state move-1\n  flagstate move run --state move-1\n\nAn interrupted run goes on with the same command. Losses are accepted by name: --accept tags.",
    long_about = PLACES
)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) state: State,
    #[command(flatten)]
    pub(crate) begin: Begin,
    #[command(flatten)]
    pub(crate) tuning: Tuning,
    #[command(flatten)]
    pub(crate) accept: Accept,
    #[command(flatten)]
    pub(crate) judge: Judge,
    #[command(flatten)]
    pub(crate) record: Record,
    /// Overwrite objects at the target that this move did not write.
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Repeat deletions at the target.
    #[arg(long)]
    pub(crate) delete: bool,
    /// How the target is verified after copying.
    #[arg(long, value_enum, default_value = "sample")]
    pub(crate) verify: VerifyMode,
    /// Passes over a source that still changes, at most.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) passes: u32,
}

/// Where the certificate is recorded.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Record {
    /// Folder of the log; else that of flagstate.yaml, else one that is made in the folder of the move.
    #[arg(long, value_name = "DIR")]
    pub(crate) log: Option<PathBuf>,
    /// File with the passphrase of the log's key.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

/// What the target is judged by.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Judge {
    /// Workload of flagstate.yaml whose requirement must hold at the target.
    #[arg(long, value_name = "NAME")]
    pub(crate) workload: Option<String>,
    /// Project file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Measured bandwidth in MB per second, for the plan's time.
    #[arg(long, value_name = "MB")]
    pub(crate) measured_mb_per_s: Option<u64>,
    /// Measured objects per second.
    #[arg(long, value_name = "N")]
    pub(crate) measured_objects_per_s: Option<u64>,
}

#[derive(Args, Debug)]
#[command(long_about = PLACES)]
pub(crate) struct StepArgs {
    #[command(flatten)]
    pub(crate) state: State,
    #[command(flatten)]
    pub(crate) begin: Begin,
    #[command(flatten)]
    pub(crate) tuning: Tuning,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  flagstate move plan --state move-1 --workload payments\n  flagstate move plan --state move-1 --against move-1/plan-0f3a.json\n\nExit code 1 when something forbids the plan."
)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) state: State,
    #[command(flatten)]
    pub(crate) begin: Begin,
    #[command(flatten)]
    pub(crate) tuning: Tuning,
    #[command(flatten)]
    pub(crate) judge: Judge,
    /// Another plan of this move: print what differs.
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct CopyArgs {
    #[command(flatten)]
    pub(crate) state: State,
    #[command(flatten)]
    pub(crate) tuning: Tuning,
    #[command(flatten)]
    pub(crate) accept: Accept,
    /// Overwrite objects at the target that this move did not write.
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Repeat deletions at the target that an earlier pass proposed.
    #[arg(long)]
    pub(crate) delete: bool,
    /// Do not list the target too.
    #[arg(long)]
    pub(crate) trust_target: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum VerifyMode {
    /// The target's own checksum of every object.
    Server,
    /// Every byte of every object.
    Full,
    /// Every byte of some objects, with a stated confidence.
    Sample,
    /// Nothing: the confirmation of each write must do.
    None,
}

#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) state: State,
    #[command(flatten)]
    pub(crate) tuning: Tuning,
    /// How.
    #[arg(long, value_enum, default_value = "sample")]
    pub(crate) mode: VerifyMode,
    /// Confidence of a sample, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 99.0)]
    pub(crate) confidence: f64,
    /// The share of damage that a sample would find: one in so many.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) one_in: u32,
    /// Seed of the sample; else chance.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
}

#[derive(Args, Debug)]
pub(crate) struct CutoverArgs {
    #[command(flatten)]
    pub(crate) state: State,
    #[command(flatten)]
    pub(crate) tuning: Tuning,
    /// Copy what the last look found, and look again, so often at most.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) final_delta: u32,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum SideArg {
    /// As it was read.
    Source,
    /// As it arrived.
    Target,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  flagstate move certificate --state move-1 --identity ada.key\n  flagstate move certificate --state move-1 --prove 'invoices/2026/0001.pdf' > 0001.proof.json\n  flagstate move verify-certificate move-1/certificate.json --proof 0001.proof.json"
)]
pub(crate) struct CertificateArgs {
    #[command(flatten)]
    pub(crate) state: State,
    #[command(flatten)]
    pub(crate) accept: Accept,
    #[command(flatten)]
    pub(crate) record: Record,
    /// Project file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Accept that the objects which did not arrive are listed as gaps.
    #[arg(long)]
    pub(crate) accept_gaps: bool,
    /// Write the proof for this key (escaped as `%XX` where needed) instead.
    #[arg(long, value_name = "KEY")]
    pub(crate) prove: Option<String>,
    /// Which side the proof is about.
    #[arg(long, value_enum, default_value = "source")]
    pub(crate) side: SideArg,
    /// Write here instead of STATE/certificate.json; a proof goes to standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// The certificate.
    pub(crate) file: PathBuf,
    /// Verifier key of a signer that you trust, or a file with such keys (repeatable).
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Vec<String>,
    /// A proof for a key (repeatable).
    #[arg(long, value_name = "FILE")]
    pub(crate) proof: Vec<PathBuf>,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: AnswerFormat,
}

#[derive(Args, Debug)]
pub(crate) struct ShardArgs {
    #[command(flatten)]
    pub(crate) state: State,
    #[command(flatten)]
    pub(crate) tuning: Tuning,
    #[command(flatten)]
    pub(crate) accept: Accept,
    /// Number of the shard in the plan, from 0.
    #[arg(long, value_name = "K")]
    pub(crate) index: u64,
    /// Work in this folder, and only read the folder of the move: so many machines work side by side. `gather` takes it over.
    #[arg(long, value_name = "DIR")]
    pub(crate) part: Option<PathBuf>,
    /// Overwrite objects at the target that this move did not write.
    #[arg(long)]
    pub(crate) overwrite: bool,
}

#[derive(Args, Debug)]
pub(crate) struct GatherArgs {
    /// Folders that `shard --part` made.
    #[arg(required = true, value_name = "DIR")]
    pub(crate) parts: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) state: State,
    #[command(flatten)]
    pub(crate) tuning: Tuning,
}

#[derive(Args, Debug)]
pub(crate) struct EraseArgs {
    #[command(flatten)]
    pub(crate) state: State,
    #[command(flatten)]
    pub(crate) tuning: Tuning,
    /// The certificate of this move.
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: PathBuf,
    /// Days between the certificate and the first deletion.
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    pub(crate) waiting_days: u32,
    /// The move's id, typed again: nothing is deleted without it.
    #[arg(long, value_name = "ID")]
    pub(crate) confirm: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) state: State,
}

/// A person's key.
#[derive(Debug, Subcommand)]
pub(crate) enum IdentityCommand {
    /// Make a key for a named person, sealed with a passphrase, and print its verifier key.
    Create {
        /// The person's name, without spaces or `+`.
        name: String,
        /// Key file; an existing one is never overwritten.
        #[arg(long, short, value_name = "FILE")]
        output: PathBuf,
        /// File with the passphrase; else the variable `FLAGSTATE_IDENTITY_PASSPHRASE` holds it.
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// Print the verifier key of a key file.
    Show {
        /// The key file.
        file: PathBuf,
        /// File with the passphrase.
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
}
