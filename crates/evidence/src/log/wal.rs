//! The write-ahead log: where an entry is before anybody is told that it is safe.
//!
//! What it is for: one file that grows by one record per batch, made durable once per batch. Everything else (bundles,
//! tiles, checkpoint) can be rebuilt from it, and is, after a crash.
//!
//! What it deliberately does not do: skip over damage. A record that was never acknowledged may be cut off the end of the
//! last segment; anything else that does not check is an error which names the place.
//!
//! The format is ours and private to the writer; verifiers never read it. Numbers are big-endian.
//!
//! ```text
//! segment = "FSLGWAL1"  first u64  log id 32  check 16        64 bytes; check = SHA-256(the 48 before)[..16]
//!           then records, each followed by its mark
//! record  = "rec1"  count u32  bytes u32  first u64  check 4  24 bytes; check = SHA-256(chain, the 20 before)[..4]
//!           count times (length u16, entry)                   as in an entry bundle
//!           link 32                                           SHA-256(chain, the 24 header bytes, leaf hashes)
//! mark    = "ack1"  link[..12]                                written after the record is durable, before anybody is told
//! tidy    = "tidy"  link[..12]                                ends a segment whose entries are all in durable, signed tiles
//! ```
//!
//! `chain` is the link of the record before, or SHA-256 of the segment header. Links cover leaf hashes that were computed
//! when the entry was handed over: a bit that flips on the way into the file is found when the file is read. A mark says
//! that its record was acknowledged, so a damaged record with a mark behind it is damage, and one without is a torn write.
//!
//! A segment starts at a multiple of 256, where an entry bundle starts. Segments may overlap; the later one repeats the
//! entries of the unfinished bundle.

mod frame;
mod read;
mod write;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

pub(in crate::log) use frame::{Batch, LogId};
pub(in crate::log) use read::{Segment, Tail};
pub(in crate::log) use write::SegmentWriter;

/// What is wrong with the write-ahead log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WalError {
    /// The disk failed, or is full.
    #[error("could not {verb} `{}`", path.display())]
    Io {
        /// What was tried.
        verb: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Something that was acknowledged cannot be read any more.
    #[error(
        "`{}` is damaged at byte {offset}: {what}; acknowledged entries may be lost, so nothing was changed: restore this file",
        path.display()
    )]
    Damaged {
        /// The segment.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// What does not check.
        what: &'static str,
    },
    /// A segment is missing, or belongs elsewhere.
    #[error("the write-ahead log lacks the entries {from} to {to}: a file in `{}` is missing; restore it", path.display())]
    Gap {
        /// First missing entry.
        from: u64,
        /// First entry after the gap.
        to: u64,
        /// The directory.
        path: PathBuf,
    },
    /// Nothing there.
    #[error("`{}` has no write-ahead log: restore it from where the log was last written", path.display())]
    Missing {
        /// The directory.
        path: PathBuf,
    },
    /// A file that has no business there.
    #[error("`{}` is not a segment of a write-ahead log: move it away", path.display())]
    Stranger {
        /// The file.
        path: PathBuf,
    },
}

impl WalError {
    fn io(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { verb, path: path.to_owned(), source }
    }

    /// The file at fault.
    pub fn path(&self) -> &Path {
        match self {
            Self::Io { path, .. }
            | Self::Damaged { path, .. }
            | Self::Gap { path, .. }
            | Self::Missing { path }
            | Self::Stranger { path } => path,
        }
    }
}

/// What a segment file is called.
fn file_name(first: u64) -> String {
    format!("{first:020}.wal")
}

/// The segments in `directory`, oldest first.
pub(in crate::log) fn segments(directory: &Path) -> Result<Vec<(u64, PathBuf)>, WalError> {
    let mut found = Vec::new();
    let listed = fs::read_dir(directory).map_err(WalError::io("list", directory))?;
    for entry in listed {
        let path = entry.map_err(WalError::io("list", directory))?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if name == write::UNFINISHED {
            continue;
        }
        let first = name.strip_suffix(".wal").and_then(|digits| digits.parse().ok());
        match first.filter(|first| file_name(*first) == name) {
            Some(first) => found.push((first, path)),
            None => return Err(WalError::Stranger { path }),
        }
    }
    found.sort_unstable();
    if found.is_empty() { Err(WalError::Missing { path: directory.to_owned() }) } else { Ok(found) }
}

#[cfg(test)]
mod tests;
