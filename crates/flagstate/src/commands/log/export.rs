//! stub
use std::process::ExitCode;
use crate::{cli::log::ExportArgs, failure::Failure};
pub(super) fn run(_args: &ExportArgs) -> Result<ExitCode, Failure> { Err(Failure::Internal("not yet".into())) }
