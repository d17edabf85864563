//! One file per subcommand.

mod assess;
mod catalog;
mod check;
mod demo;
mod explain;
mod frameworks;
mod init;
mod log;
mod manual;
mod move_;
mod plan;
mod report;
mod whatif;

use std::process::ExitCode;

use crate::{
    cli::{Cli, Command},
    failure::Failure,
};

/// Runs the command.
pub(crate) fn run(cli: &Cli) -> Result<ExitCode, Failure> {
    match &cli.command {
        Command::Assess(args) => assess::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Whatif(args) => whatif::run(args),
        Command::Check(args) => check::run(args),
        Command::Demo(args) => demo::run(args),
        Command::Init(args) => init::run(args),
        Command::Catalog(command) => catalog::run(command),
        Command::Frameworks(command) => frameworks::run(command),
        Command::Report(args) => report::run(args),
        Command::Plan(args) => plan::run(args),
        Command::Matrix(args) => plan::matrix_command(args),
        Command::Log(command) => log::run(command),
        Command::Move(command) => move_::run(command),
        Command::Identity(command) => move_::identity::run(command),
        Command::Schema => init::schema(),
        Command::Completions { shell } => manual::completions(*shell),
        Command::Man { dir } => manual::man(dir),
    }
}
