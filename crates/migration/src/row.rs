//! A row: one state of one object, as the source listed it, and what became of it.
//!
//! What it is for: inventories, work lists and manifests are files of rows, sorted by key and then from the oldest version
//! to the newest. An inventory's rows have no [`Done`]; a manifest's rows have one each.
//!
//! What it deliberately does not do: no I/O. See [`crate::table`].

use std::cmp::Ordering;

use flagstate_evidence::hex::Digest;
use flagstate_objects::{ETag, Entry, Key, Version};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The hashes of an object's content.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sums {
    /// CRC-64/NVME: what stores can confirm.
    pub crc64: u64,
    /// BLAKE3: what the manifest rests on.
    pub blake3: [u8; 32],
}

/// What became of an object.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is at the target, and the target's content was confirmed.
    Moved,
    /// A deletion marker was set at the target, as at the source.
    Marked,
    /// It could not be moved; the note says why. Another run tries again.
    Failed,
    /// The target cannot hold it; the note says why.
    Refused,
    /// It stays behind by a loss that somebody accepted; the note names it.
    Left,
    /// It changed or went away at the source before it was moved. The next pass sees to it.
    Changed,
    /// It is at the target and no longer at the source: a deletion is proposed.
    Gone,
    /// It was deleted at the target after it was gone at the source, as somebody had accepted.
    Deleted,
    /// What is at the target is not what was written; the next pass writes it again.
    Damaged,
}

impl Fate {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Moved,
        Self::Marked,
        Self::Failed,
        Self::Refused,
        Self::Left,
        Self::Changed,
        Self::Gone,
        Self::Deleted,
        Self::Damaged,
    ];

    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::Marked => "marked",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Left => "left",
            Self::Changed => "changed",
            Self::Gone => "gone",
            Self::Deleted => "deleted",
            Self::Damaged => "damaged",
        }
    }

    /// The reverse.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.word() == word)
    }

    /// True when the object's content is at the target.
    pub fn is_there(self) -> bool {
        matches!(self, Self::Moved | Self::Gone)
    }
}

/// Who vouched for the bytes on their way.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Witness {
    /// Nobody but the length.
    #[default]
    Length,
    /// The store's CRC-64/NVME (or another checksum of the whole) was equal.
    Checksum,
    /// The store's MD5 was equal.
    Md5,
    /// The bytes were read back and were equal.
    Reread,
    /// A file system took them; they were made durable.
    Durable,
}

impl Witness {
    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Checksum => "checksum",
            Self::Md5 => "md5",
            Self::Reread => "reread",
            Self::Durable => "durable",
        }
    }

    /// The reverse.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Length, Self::Checksum, Self::Md5, Self::Reread, Self::Durable].into_iter().find(|w| w.word() == word)
    }
}

/// An object as it stands at the target.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arrived {
    /// Its state there.
    pub etag: Option<ETag>,
    /// Its version there.
    pub version: Option<Version>,
    /// Its bytes there: other than at the source when it was encrypted.
    pub size: u64,
    /// Its hashes there, where they are not those of the source's content.
    pub sums: Option<Sums>,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// In a word.
    pub fate: Fate,
    /// Hashes of the content as it was read.
    pub sums: Option<Sums>,
    /// Digest of the headers, metadata and tags that were moved.
    pub properties: Option<Digest>,
    /// As it stands at the target.
    pub arrived: Option<Arrived>,
    /// Who vouched for what was read.
    pub read: Witness,
    /// Who vouched for what arrived.
    pub wrote: Witness,
    /// When.
    pub at: Option<Timestamp>,
    /// Why, and what was lost by name.
    pub note: Option<String>,
}

impl Done {
    /// An outcome without content.
    pub fn bare(fate: Fate, at: Timestamp, note: impl Into<Option<String>>) -> Self {
        Self {
            fate,
            sums: None,
            properties: None,
            arrived: None,
            read: Witness::Length,
            wrote: Witness::Length,
            at: Some(at),
            note: note.into(),
        }
    }
}

/// One state of one object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// As the source listed it.
    pub entry: Entry,
    /// Among the states of one key, from the oldest: 0, 1, ...
    pub rank: u32,
    /// What became of it.
    pub done: Option<Done>,
}

impl Row {
    /// A row without an outcome.
    pub fn listed(entry: Entry) -> Self {
        Self { entry, rank: 0, done: None }
    }

    /// Its key.
    pub fn key(&self) -> &Key {
        &self.entry.key
    }

    /// What became of it, in a word.
    pub fn fate(&self) -> Option<Fate> {
        self.done.as_ref().map(|d| d.fate)
    }

    /// The order of files.
    pub fn order(&self, other: &Self) -> Ordering {
        self.entry.key.cmp(&other.entry.key).then(self.rank.cmp(&other.rank))
    }

    /// True when the source lists the same state again: nothing has to be moved.
    pub fn same_source(&self, entry: &Entry) -> bool {
        let (a, b) = (&self.entry, entry);
        let stamp = match (&a.etag, &b.etag) {
            (Some(x), Some(y)) => x == y,
            _ => a.modified == b.modified,
        };
        stamp && a.size == b.size && a.kind == b.kind && a.version == b.version
    }
}
