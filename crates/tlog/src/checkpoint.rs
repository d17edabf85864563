//! Checkpoints: which log, how many leaves, which root.
//!
//! What it is for: the text of a checkpoint in both directions, and opening a signed one with the log's key.
//!
//! What it deliberately does not do: compare checkpoints (that takes a proof, see [`crate::tree`]) or ask for witnesses.
//! Extension lines are read and written because others write them; our own logs write none, since no monitor can check
//! them.
//!
//! Specification: c2sp.org/tlog-checkpoint, version 1.0.0 with the text of July 2026.

use std::{fmt, str::FromStr};

use crate::{
    hash::Hash,
    note::{Note, NoteError, VerifierKey, VerifyError},
    text::decimal,
};

/// What a log signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    extensions: Vec<String>,
}

/// Why a text is not a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// No line end at the end, or fewer than three lines.
    #[error("a checkpoint has at least three lines, each with its line end: origin, size and root")]
    Lines,
    /// The first line is empty or cannot be in a note.
    #[error("the origin of a checkpoint is not empty and has no control characters")]
    Origin,
    /// The second line.
    #[error("the size of a checkpoint is a decimal number without leading zeros")]
    Size,
    /// The third line.
    #[error("the root of a checkpoint is 32 bytes in base64")]
    Root,
    /// A further line is empty or cannot be in a note.
    #[error("extension lines of a checkpoint are not empty and have no control characters")]
    Extension,
}

/// Why a signed checkpoint was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Not a note.
    #[error("the checkpoint is not a signed note")]
    Note(#[from] NoteError),
    /// A note about something else.
    #[error("the signed note is not a checkpoint")]
    Checkpoint(#[from] CheckpointError),
    /// The log's signature is missing or does not hold.
    #[error("the checkpoint is not signed as it must be")]
    Verify(#[from] VerifyError),
    /// The checkpoint of another log.
    #[error("the checkpoint is of the log `{got}`, and `{expected}` was asked for")]
    Origin {
        /// The origin it names.
        got: String,
        /// The origin expected.
        expected: String,
    },
}

impl Checkpoint {
    /// The checkpoint of a tree.
    pub fn new(origin: &str, size: u64, root: Hash) -> Result<Self, CheckpointError> {
        if !is_line(origin) {
            return Err(CheckpointError::Origin);
        }
        Ok(Self { origin: origin.to_owned(), size, root, extensions: Vec::new() })
    }

    /// Adds an extension line. ML-DSA cosignatures do not cover it.
    pub fn with_extension(mut self, line: &str) -> Result<Self, CheckpointError> {
        if !is_line(line) {
            return Err(CheckpointError::Extension);
        }
        self.extensions.push(line.to_owned());
        Ok(self)
    }

    /// Reads a signed checkpoint of the log `origin`, which a key among `keys` must have signed. `keys` are the log's own;
    /// witnesses are a matter of [`crate::policy`].
    pub fn open<'k>(
        bytes: &[u8],
        origin: &str,
        keys: impl IntoIterator<Item = &'k VerifierKey>,
    ) -> Result<(Self, Note), OpenError> {
        let note = Note::parse(bytes)?;
        let checkpoint: Self = note.text().parse()?;
        if checkpoint.origin != origin {
            return Err(OpenError::Origin { got: checkpoint.origin, expected: origin.to_owned() });
        }
        note.verify(keys)?;
        Ok((checkpoint, note))
    }

    /// The log's identity.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many leaves the tree has.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree.
    pub const fn root(&self) -> &Hash {
        &self.root
    }

    /// Lines after the third.
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }

    /// The note to sign.
    pub fn to_note(&self) -> Result<Note, NoteError> {
        Note::new(self.to_string())
    }
}

impl fmt::Display for Checkpoint {
    /// The text of the note.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, self.root)?;
        self.extensions.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut lines = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(CheckpointError::Lines);
        };
        let size = decimal(size).ok_or(CheckpointError::Size)?;
        let root = root.parse().map_err(|_| CheckpointError::Root)?;
        lines.try_fold(Self::new(origin, size, root)?, Self::with_extension)
    }
}

fn is_line(line: &str) -> bool {
    !line.is_empty() && line.bytes().all(|byte| byte >= b' ')
}

#[cfg(test)]
mod tests;
