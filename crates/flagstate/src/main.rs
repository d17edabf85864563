//! The command line: arguments, configuration, exit codes, wiring. One file per subcommand.
//!
//! What it deliberately does not do: no judgement, no decoding, no rendering; those live in the crates below.
//!
//! Exit codes: 0 done, 1 a gate found something, 2 wrong usage, 3 an input cannot be used, 4 a fault of ours.

mod cli;
mod commands;
mod context;
mod failure;
mod log;
mod out;
mod progress;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match commands::run(&cli) {
        Ok(code) => code,
        Err(failure) => {
            out::error(&failure);
            failure.exit_code()
        }
    }
}
