//! Failures as the user sees them: whose fault, where, what to do next; and their exit codes.

use std::{fmt, io, path::PathBuf, process::ExitCode};

use flagstate_catalog::{LoadError, edit::AssumeError};
use flagstate_exposure::ExplainError;
use flagstate_frameworks::LibraryError;
use flagstate_import::ImportError;

/// Why a command stopped.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The words on the command line do not make sense together.
    Usage(String),
    /// An input cannot be used.
    Input {
        /// What and where.
        message: String,
        /// What to do next.
        help: Option<String>,
    },
    /// Writing the result failed.
    Output {
        /// Where.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// A fault of ours.
    Internal(String),
}

impl Failure {
    /// Typed exit code; see the module of `main`.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Usage(_) => 2,
            Self::Input { .. } | Self::Output { .. } => 3,
            Self::Internal(_) => 4,
        })
    }

    /// What to do next.
    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::Usage(_) => Some("`flagstate --help` shows every command with examples".into()),
            Self::Input { help, .. } => help.clone(),
            Self::Output { .. } => Some("check the folder, the permissions and the free space".into()),
            Self::Internal(_) => Some("this is a fault of flagstate; please report it with the command you ran".into()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) | Self::Internal(text) => f.write_str(text),
            Self::Input { message, .. } => f.write_str(message),
            Self::Output { path, cause } => write!(f, "{}: cannot be written: {cause}", path.display()),
        }
    }
}

/// An error with its causes, each said once.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        next = cause.source();
    }
    text
}

impl Failure {
    /// An input that cannot be used, with its causes and what to do next.
    pub(crate) fn input(error: &dyn std::error::Error, help: Option<&str>) -> Self {
        Self::Input { message: chain(error), help: help.map(str::to_owned) }
    }
}

impl From<ImportError> for Failure {
    fn from(e: ImportError) -> Self {
        let cause = std::error::Error::source(&e).map(|c| format!(": {c}")).unwrap_or_default();
        Self::Input { message: format!("{e}{cause}"), help: e.help().map(str::to_owned) }
    }
}

impl From<LoadError> for Failure {
    fn from(e: LoadError) -> Self {
        Self::Input {
            message: e.to_string(),
            help: Some("correct the catalog file; `flagstate catalog check --catalog DIR` names every defect".into()),
        }
    }
}

impl From<LibraryError> for Failure {
    fn from(e: LibraryError) -> Self {
        Self::Internal(e.to_string())
    }
}

impl From<AssumeError> for Failure {
    fn from(e: AssumeError) -> Self {
        Self::Usage(e.to_string())
    }
}

impl From<ExplainError> for Failure {
    fn from(e: ExplainError) -> Self {
        Self::Usage(e.to_string())
    }
}
