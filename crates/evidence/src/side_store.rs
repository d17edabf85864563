//! The side store: what must stay beside the log and not in it.
//!
//! What it is for: openings of commitments, which can be erased one by one or by person, and files that entries name by
//! digest (time stamp answers, policies). Every file proves itself: an opening by its commitment and a checksum over its
//! label, any other file by its name, which is its SHA-256. [`SideStore::check`] reads all of them and names the damaged ones.
//!
//! What it deliberately does not do: it appends nothing to the log. To erase, append a `redaction/v1` statement first and
//! then call [`SideStore::erase`]; a crash between the two shows in [`SideStore::check`] and is mended by erasing again.
//! Backups and snapshots of the disk are the operator's to erase as well. Keep the folder out of what is published.
//!
//! Layout: `openings/ab/<64 digits>.json`, `files/ab/<64 digits>.<ending>`; `ab` are the first two digits.

mod files;
mod opening;

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use self::opening::Stored;
use crate::{
    commitment::{Commitment, Opening},
    hex::Digest,
};

/// A folder of openings and files.
#[derive(Clone, Debug)]
pub struct SideStore {
    dir: PathBuf,
}

/// A file that is not what it was.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Damage {
    /// Which file.
    pub path: PathBuf,
    /// What is wrong with it, as the end of a sentence.
    pub what: &'static str,
}

/// What a full reading found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Checked {
    /// Damaged files.
    pub damaged: Vec<Damage>,
    /// Commitments that can be opened.
    pub openings: BTreeSet<Commitment>,
    /// Files that entries may name.
    pub files: BTreeSet<Digest>,
}

/// What the log says about openings, against what is there.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Compared {
    /// Recorded, not redacted, and not there: lost, or erased without a record.
    pub lost: Vec<Commitment>,
    /// Redacted and still there: the erasure was interrupted; erase again.
    pub still_there: Vec<Commitment>,
    /// There, and in no entry: the append was interrupted, or the entry is not in this part of the log.
    pub unrecorded: Vec<Commitment>,
}

/// A file of the store could not be used.
#[derive(Debug, thiserror::Error)]
pub enum SideStoreError {
    /// The system said no.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The content is not what was written.
    #[error("{path} is damaged: it {what}; restore it from a backup, or record its loss")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
}

impl SideStore {
    /// The store in this folder, which is made when the first file is written.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Keeps an opening, durably, under a label for the person (any text that the organisation uses for them).
    ///
    /// Call it before the entry with the commitment is appended: an entry whose opening was lost cannot be read again.
    pub fn put(&self, person: &str, opening: &Opening) -> Result<Commitment, SideStoreError> {
        let commitment = opening.commitment();
        let path = self.opening_path(&commitment);
        files::write(&path, &Stored::new(person, opening).to_bytes()).map_err(|source| at(&path, source))?;
        Ok(commitment)
    }

    /// The opening of a commitment, when it is there.
    pub fn get(&self, commitment: &Commitment) -> Result<Option<Opening>, SideStoreError> {
        Ok(self.read(commitment)?.map(|(_, opening)| opening))
    }

    /// What a reader may be shown: the value, or that it was erased.
    pub fn shown(&self, commitment: &Commitment) -> Result<String, SideStoreError> {
        let opening = self.get(commitment)?;
        Ok(opening.map_or_else(|| format!("[erased {}]", commitment.hex()), |opening| opening.value().to_owned()))
    }

    /// All commitments of a person.
    pub fn of_person(&self, person: &str) -> Result<Vec<Commitment>, SideStoreError> {
        let mut found = Vec::new();
        for commitment in self.openings()? {
            if self.read(&commitment)?.is_some_and(|(label, _)| label == person) {
                found.push(commitment);
            }
        }
        Ok(found)
    }

    /// Erases openings. True for each that was there. Erasing twice is no error.
    pub fn erase(&self, commitments: &[Commitment]) -> Result<Vec<bool>, SideStoreError> {
        let one = |commitment: &Commitment| {
            let path = self.opening_path(commitment);
            files::erase(&path).map_err(|source| at(&path, source))
        };
        commitments.iter().map(one).collect()
    }

    /// Keeps a file that an entry names by digest. `ending` without a dot: `tsr`, `policy`.
    pub fn put_file(&self, bytes: &[u8], ending: &str) -> Result<Digest, SideStoreError> {
        let digest = Digest::of(bytes);
        let path = self.file_path(&digest, ending);
        files::write(&path, bytes).map_err(|source| at(&path, source))?;
        Ok(digest)
    }

    /// A file by its digest and ending.
    pub fn file(&self, digest: &Digest, ending: &str) -> Result<Option<Vec<u8>>, SideStoreError> {
        let path = self.file_path(digest, ending);
        let Some(bytes) = files::read(&path).map_err(|source| at(&path, source))? else { return Ok(None) };
        if Digest::of(&bytes) != *digest {
            return Err(SideStoreError::Damaged { path, what: OTHER_BYTES });
        }
        Ok(Some(bytes))
    }

    /// Reads everything and compares it with what it must be.
    pub fn check(&self) -> Result<Checked, SideStoreError> {
        let mut checked = Checked::default();
        for path in files::below(&self.dir.join("openings")).map_err(|source| at(&self.dir, source))? {
            match self.check_opening(&path) {
                Ok(commitment) => drop(checked.openings.insert(commitment)),
                Err(what) => checked.damaged.push(Damage { path, what }),
            }
        }
        for path in files::below(&self.dir.join("files")).map_err(|source| at(&self.dir, source))? {
            match self.check_file(&path) {
                Ok(digest) => drop(checked.files.insert(digest)),
                Err(what) => checked.damaged.push(Damage { path, what }),
            }
        }
        checked.damaged.sort();
        Ok(checked)
    }

    fn check_opening(&self, path: &Path) -> Result<Commitment, &'static str> {
        let bytes = fs::read(path).map_err(|_| UNREADABLE)?;
        let (_, opening) = Stored::read(&bytes).ok_or(opening::NOT_AN_OPENING)?;
        let commitment = opening.commitment();
        if self.opening_path(&commitment) == path { Ok(commitment) } else { Err(OTHER_COMMITMENT) }
    }

    fn check_file(&self, path: &Path) -> Result<Digest, &'static str> {
        let digest = Digest::of(&fs::read(path).map_err(|_| UNREADABLE)?);
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        if self.file_path(&digest, ending) == path { Ok(digest) } else { Err(OTHER_BYTES) }
    }

    fn openings(&self) -> Result<Vec<Commitment>, SideStoreError> {
        let paths = files::below(&self.dir.join("openings")).map_err(|source| at(&self.dir, source))?;
        let digits = |path: &PathBuf| Some(Commitment(path.file_stem()?.to_str()?.parse::<Digest>().ok()?.0));
        Ok(paths.iter().filter_map(digits).collect())
    }

    fn read(&self, commitment: &Commitment) -> Result<Option<(String, Opening)>, SideStoreError> {
        let path = self.opening_path(commitment);
        let Some(bytes) = files::read(&path).map_err(|source| at(&path, source))? else { return Ok(None) };
        match Stored::read(&bytes) {
            None => Err(SideStoreError::Damaged { path, what: opening::NOT_AN_OPENING }),
            Some((_, opening)) if opening.commitment() != *commitment => {
                Err(SideStoreError::Damaged { path, what: OTHER_COMMITMENT })
            }
            found => Ok(found),
        }
    }

    fn opening_path(&self, commitment: &Commitment) -> PathBuf {
        self.dir.join("openings").join(two(&commitment.hex())).join(format!("{}.json", commitment.hex()))
    }

    fn file_path(&self, digest: &Digest, ending: &str) -> PathBuf {
        let digits = digest.to_string();
        self.dir.join("files").join(two(&digits)).join(format!("{digits}.{ending}"))
    }
}

const UNREADABLE: &str = "cannot be read";
const OTHER_BYTES: &str = "holds other bytes than its name says";
const OTHER_COMMITMENT: &str = "opens another commitment than its name says";

impl Checked {
    /// Compares with what a whole log says: all commitments in its entries, and all that its redactions name.
    pub fn compare(&self, recorded: &BTreeSet<Commitment>, redacted: &BTreeSet<Commitment>) -> Compared {
        let lost = recorded.iter().filter(|c| !self.openings.contains(c) && !redacted.contains(c));
        let unrecorded = self.openings.difference(recorded);
        Compared {
            lost: lost.copied().collect(),
            still_there: self.openings.intersection(redacted).copied().collect(),
            unrecorded: unrecorded.copied().collect(),
        }
    }
}

fn two(digits: &str) -> &str {
    digits.get(..2).unwrap_or_default()
}

fn at(path: &Path, source: io::Error) -> SideStoreError {
    SideStoreError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
