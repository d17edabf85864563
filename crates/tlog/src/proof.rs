//! Proofs that can be carried away: a file that shows, offline and years later, that an entry is in a log.
//!
//! What it is for: writing and reading `.tlog-proof` files, and checking one against an entry and a [`Policy`].
//!
//! What it deliberately does not do: compute the leaf from anything but the entry's bytes, look at how old a proof is (the
//! times of the cosignatures are handed over; freshness is the caller's rule), or trust the extra data.
//!
//! Specification: c2sp.org/tlog-proof, version 1 with the text of July 2026.

use std::fmt;

use crate::{
    checkpoint::{Checkpoint, CheckpointError},
    hash::Hash,
    note::{Note, NoteError},
    policy::{Accepted, CheckError, Policy},
    text::{base64, decimal, from_base64},
    tree::{self, verify_inclusion},
};

/// The first line.
const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// The largest file that is read.
pub const MAX_PROOF_BYTES: usize = 2_000_000;
/// No tree is higher than this.
const MAX_HASHES: usize = 63;

/// Why bytes are not a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// Over the limit.
    #[error("a proof has at most 2000000 bytes")]
    TooLarge,
    /// The first line is another.
    #[error("a proof opens with the line `c2sp.org/tlog-proof@v1`")]
    Header,
    /// Not base64.
    #[error("the extra data of a proof is base64")]
    Extra,
    /// Missing, or not a canonical number.
    #[error("a proof has a line `index N`, N without leading zeros")]
    Index,
    /// A line is no hash, or there are too many.
    #[error("line {line} of the hashes is not 32 bytes in base64, or there are more than 63")]
    Hash {
        /// Which one, from 1.
        line: usize,
    },
    /// No empty line after the hashes.
    #[error("a proof has an empty line between its hashes and the checkpoint")]
    Incomplete,
    /// What follows is not a note.
    #[error("the checkpoint in the proof is not a signed note")]
    Note(#[source] NoteError),
    /// The note is not a checkpoint.
    #[error("the signed note in the proof is not a checkpoint")]
    Checkpoint(#[source] CheckpointError),
}

/// Why a proof does not show what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyProofError {
    /// The checkpoint is not accepted.
    #[error("the checkpoint in the proof is not accepted")]
    Policy(#[from] CheckError),
    /// The hashes do not connect the entry to the checkpoint.
    #[error("the proof does not connect the entry to the checkpoint")]
    Inclusion(#[from] tree::ProofError),
}

/// An entry's way into a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    extra: Option<Vec<u8>>,
    index: u64,
    hashes: Vec<Hash>,
    note: Note,
    checkpoint: Checkpoint,
}

impl Proof {
    /// Puts a proof together: the entry's index, the hashes of [`tree::inclusion_proof`] and the signed checkpoint.
    pub fn new(index: u64, hashes: Vec<Hash>, note: Note) -> Result<Self, ParseError> {
        let checkpoint = note.text().parse().map_err(ParseError::Checkpoint)?;
        if hashes.len() > MAX_HASHES {
            return Err(ParseError::Hash { line: MAX_HASHES + 1 });
        }
        Ok(Self { extra: None, index, hashes, note, checkpoint })
    }

    /// Adds data for whoever reads the proof. Nothing vouches for it.
    #[must_use]
    pub fn with_extra(mut self, extra: Vec<u8>) -> Self {
        self.extra = Some(extra);
        self
    }

    /// Reads a proof. It shows nothing until it was verified.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        if bytes.len() > MAX_PROOF_BYTES {
            return Err(ParseError::TooLarge);
        }
        let (header, mut rest) = line(bytes).ok_or(ParseError::Header)?;
        if header != HEADER {
            return Err(ParseError::Header);
        }
        let (mut current, after) = line(rest).ok_or(ParseError::Index)?;
        rest = after;
        let mut extra = None;
        if let Some(encoded) = current.strip_prefix("extra ") {
            extra = Some(from_base64(encoded).ok_or(ParseError::Extra)?);
            (current, rest) = line(rest).ok_or(ParseError::Index)?;
        }
        let index = current.strip_prefix("index ").and_then(decimal).ok_or(ParseError::Index)?;
        let (hashes, rest) = hash_lines(rest)?;
        let note = Note::parse(rest).map_err(ParseError::Note)?;
        let proof = Self::new(index, hashes, note)?;
        Ok(Self { extra, ..proof })
    }

    /// Number of the entry in the log, from 0.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Sibling hashes, from the leaf up.
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// Data that nothing vouches for.
    pub fn extra(&self) -> Option<&[u8]> {
        self.extra.as_deref()
    }

    /// The checkpoint with its signatures.
    pub const fn note(&self) -> &Note {
        &self.note
    }

    /// What the checkpoint says. Believe it after [`Proof::verify`] only.
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Checks that the entry with hash `leaf` is in the log, as a log and enough witnesses of the policy say.
    pub fn verify<'p>(&self, leaf: &Hash, policy: &'p Policy) -> Result<Accepted<'p>, VerifyProofError> {
        let accepted = policy.check(&self.note)?;
        verify_inclusion(leaf, self.index, self.checkpoint.size(), &self.hashes, self.checkpoint.root())?;
        Ok(accepted)
    }
}

impl fmt::Display for Proof {
    /// The file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", base64(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.hashes.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.note)
    }
}

/// The first line without its end, if it is UTF-8, and what follows.
pub(crate) fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (line, rest) = bytes.split_at_checked(end)?;
    Some((std::str::from_utf8(line).ok()?, rest.get(1..)?))
}

/// Lines of one hash each up to an empty line, and what follows it.
pub(crate) fn hash_lines(bytes: &[u8]) -> Result<(Vec<Hash>, &[u8]), ParseError> {
    let mut hashes = Vec::new();
    let mut rest = bytes;
    for number in 1..=MAX_HASHES + 1 {
        let (text, after) = line(rest).ok_or(ParseError::Incomplete)?;
        rest = after;
        if text.is_empty() {
            return Ok((hashes, rest));
        }
        hashes.push(text.parse().map_err(|_| ParseError::Hash { line: number })?);
    }
    Err(ParseError::Hash { line: MAX_HASHES + 1 })
}

#[cfg(test)]
mod tests;
