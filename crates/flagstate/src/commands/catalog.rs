//! `flagstate catalog`: look at the facts and check them.

use std::process::ExitCode;

use crate::{cli::CatalogCommand, failure::Failure};

/// Runs the command.
pub(crate) fn run(_command: &CatalogCommand) -> Result<ExitCode, Failure> {
    Err(Failure::Internal("not built yet".into()))
}
