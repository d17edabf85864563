//! What was found.

use std::fmt;

use flagstate_tlog::Checkpoint;

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Problem {
    /// It should be there.
    Missing,
    /// It should not be there.
    Extra,
    /// Its content is wrong; in words.
    Damaged(String),
    /// It could not be read; in words.
    Unreadable(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("missing"),
            Self::Extra => f.write_str("should not be there"),
            Self::Damaged(why) => write!(f, "damaged: {why}"),
            Self::Unreadable(why) => write!(f, "cannot be read: {why}"),
        }
    }
}

/// A file and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, relative to the log's directory where it lies in it.
    pub path: String,
    /// What is wrong.
    pub problem: Problem,
}

impl Finding {
    /// Says what is wrong with a file.
    pub fn new(path: impl Into<String>, problem: Problem) -> Self {
        Self { path: path.into(), problem }
    }

    /// Says why a file's content is wrong.
    pub fn damaged(path: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(path, Problem::Damaged(why.into()))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.problem)
    }
}

/// The result of checking a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What the log says about itself, if its signature holds.
    pub checkpoint: Option<Checkpoint>,
    /// Entries that were hashed.
    pub entries: u64,
    /// Files that were read.
    pub files: u64,
    /// Bytes that were read from bundles and tiles.
    pub bytes: u64,
    /// Everything that is wrong, by path.
    pub findings: Vec<Finding>,
    /// What the user should know although nothing is wrong.
    pub notes: Vec<String>,
}

impl Report {
    /// True if every byte is as it must be.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty() && self.checkpoint.is_some()
    }

    pub(super) fn found(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    pub(super) fn sort(&mut self) {
        self.findings.sort_unstable();
        self.findings.dedup();
    }
}
