//! Why an input could not be read: who is at fault, where, and what to do next.

use std::{io, path::PathBuf};

/// One failed input. The message is one sentence with the place in the user's file; `help` says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The system could not read the file.
    #[error("{path}: cannot be read", path = path.display())]
    Io {
        /// File.
        path: PathBuf,
        /// Cause.
        #[source]
        cause: io::Error,
    },
    /// Nothing in the file.
    #[error("{path}: the file is empty", path = path.display())]
    Empty {
        /// File.
        path: PathBuf,
    },
    /// No importer recognises it.
    #[error("{path}: the format is not recognised: {why}", path = path.display())]
    UnknownFormat {
        /// File.
        path: PathBuf,
        /// What was seen, and what to do.
        why: String,
    },
    /// The file is of the format but broken at a place.
    #[error("{path}:{place}: {problem}", path = path.display())]
    Malformed {
        /// File.
        path: PathBuf,
        /// Line, row, byte or record.
        place: String,
        /// What is wrong.
        problem: String,
    },
    /// The file is sound but cannot be used as it is.
    #[error("{path}: {problem}", path = path.display())]
    Unusable {
        /// File.
        path: PathBuf,
        /// Why, and what to do instead.
        problem: String,
    },
}

impl ImportError {
    /// What the user can do next, in one sentence; none where the message already says it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Io { .. } => Some("check the path and the permissions"),
            Self::Empty { .. } => Some("export it again; an empty file is not an empty estate"),
            Self::UnknownFormat { .. } => Some("name the format with --format-of FILE=FORMAT, or leave the file out"),
            Self::Malformed { .. } => Some("export the file again; nothing was taken from it"),
            Self::Unusable { .. } => None,
        }
    }
}
