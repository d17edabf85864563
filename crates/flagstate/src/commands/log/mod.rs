//! `flagstate log`: one file per subcommand.

mod append;
mod checkpoint;
mod erase;
mod export;
mod fsck;
pub(super) mod init;
mod package;
mod prove;
mod report;
mod timestamp;
mod verify;
mod witness;

use std::process::ExitCode;

use crate::{cli::log::LogCommand, failure::Failure};

/// Runs the command.
pub(super) fn run(command: &LogCommand) -> Result<ExitCode, Failure> {
    match command {
        LogCommand::Init(args) => init::run(args),
        LogCommand::Append(args) => append::run(args),
        LogCommand::Checkpoint(args) => checkpoint::run(args),
        LogCommand::Verify(args) => verify::run(args),
        LogCommand::Prove(args) => prove::run(args),
        LogCommand::Export(args) => export::run(args),
        LogCommand::Fsck(args) => fsck::run(args),
        LogCommand::Witness(command) => witness::run(command),
        LogCommand::Timestamp(args) => timestamp::run(args),
        LogCommand::Erase(args) => erase::run(args),
    }
}

/// JSON for a person or a program.
fn pretty(value: &serde_json::Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// One item a line.
fn lines<T: std::fmt::Display>(items: &[T]) -> String {
    use std::fmt::Write as _;
    items.iter().fold(String::new(), |mut text, item| {
        let _ = writeln!(text, "{item}");
        text
    })
}
