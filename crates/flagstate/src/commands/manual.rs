//! `flagstate completions` and `flagstate man`: generated from the declared flags.

use std::{path::Path, process::ExitCode};

use clap::CommandFactory;

use crate::{cli::Cli, failure::Failure, out};

/// Prints completions.
pub(crate) fn completions(shell: clap_complete::Shell) -> Result<ExitCode, Failure> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "flagstate", &mut bytes);
    let text = String::from_utf8(bytes).map_err(|e| Failure::Internal(e.to_string()))?;
    out::result(&text, None)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes one page per command.
pub(crate) fn man(dir: &Path) -> Result<ExitCode, Failure> {
    std::fs::create_dir_all(dir).map_err(|cause| Failure::Output { path: dir.to_owned(), cause })?;
    clap_mangen::generate_to(Cli::command(), dir).map_err(|cause| Failure::Output { path: dir.to_owned(), cause })?;
    out::say(&format!("wrote man pages to {}", dir.display()));
    Ok(ExitCode::SUCCESS)
}
