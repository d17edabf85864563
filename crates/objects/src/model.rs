//! What an object is, in one vocabulary for every store.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Algorithm, Checksum, Key};

/// A token for one state of an object: opaque, without the quotes that some answers put around it.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct ETag(String);

impl ETag {
    /// Takes the text of a header or an element.
    pub fn new(text: &str) -> Self {
        let text = text.trim();
        Self(text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text).to_owned())
    }

    /// Without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As `If-Match` wants it.
    pub fn quoted(&self) -> String {
        if self.0.starts_with("W/") { self.0.clone() } else { format!("\"{}\"", self.0) }
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One of several states of an object that a store keeps.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Version {
    /// A version id; `null` is one too.
    Id(String),
    /// An Azure snapshot, by its time.
    Snapshot(String),
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "version {id}"),
            Self::Snapshot(time) => write!(f, "snapshot {time}"),
        }
    }
}

/// What a listed thing is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An object; a block blob.
    #[default]
    Object,
    /// An append blob: its bytes move, appending ends.
    AppendBlob,
    /// A page blob: its bytes move, random writes end.
    PageBlob,
    /// A directory of a store with a hierarchical namespace.
    Directory,
    /// The mark that hides older versions.
    DeleteMarker,
    /// A symbolic link, socket or device: no object, and named so that it is not lost in silence.
    NotAFile,
    /// Blocks without a commit: not an object yet.
    Uncommitted,
    /// Deleted, and still to be had back.
    Deleted,
}

/// One listed or asked object.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Entry {
    /// Its name.
    pub key: Key,
    /// Bytes.
    pub size: u64,
    /// Its state.
    pub etag: Option<ETag>,
    /// Last change.
    pub modified: Option<Timestamp>,
    /// Which of its states; nothing where a store keeps one.
    pub version: Option<Version>,
    /// True for the state that a plain GET answers.
    pub current: bool,
    /// What it is.
    pub kind: Kind,
    /// Storage class or tier, in the store's words.
    pub class: Option<String>,
    /// What only some answers say.
    pub details: Option<Box<Details>>,
}

/// The rest of an object's properties.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Details {
    /// Headers, metadata, and tags where the answer had them.
    pub properties: Properties,
    /// False where the answer did not speak of metadata: a listing without it.
    pub has_metadata: bool,
    /// How many tags there are, where the answer did not list them.
    pub tag_count: Option<u32>,
    /// Checksums the store keeps.
    pub checksums: Vec<Checksum>,
    /// When it came to be.
    pub created: Option<Timestamp>,
    /// Protection against deletion.
    pub hold: Hold,
    /// Archived: must be restored before it can be read.
    pub archived: bool,
    /// How many parts it was uploaded in.
    pub parts: Option<u32>,
    /// Encryption at rest, in the store's words.
    pub encryption: Option<String>,
    /// Owner, group, permissions, ACL of a hierarchical namespace, in the store's words.
    pub posix: Option<String>,
    /// Set on a lease that is held: somebody may be writing.
    pub leased: bool,
}

/// Protection against deletion and change.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Hold {
    /// `GOVERNANCE`, `COMPLIANCE`; Azure's `unlocked`, `locked`.
    pub mode: Option<String>,
    /// Until when.
    pub until: Option<Timestamp>,
    /// A legal hold without end.
    pub legal: bool,
}

/// What travels with an object's bytes.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Properties {
    /// The headers a reader gets back.
    pub headers: Headers,
    /// User metadata. Stores differ in the case of names: S3 keeps lower case.
    pub metadata: BTreeMap<String, String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Storage class to write, in the target's words; nothing for the target's default.
    pub class: Option<String>,
    /// Protection to write, in the target's words (S3: `GOVERNANCE`, `COMPLIANCE`). What a store says of an object stands in
    /// [`Details::hold`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
}

/// Content headers, kept as text.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Headers {
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Content-Encoding`.
    pub content_encoding: Option<String>,
    /// `Content-Language`.
    pub content_language: Option<String>,
    /// `Content-Disposition`.
    pub content_disposition: Option<String>,
    /// `Cache-Control`.
    pub cache_control: Option<String>,
    /// `Expires`; S3 only.
    pub expires: Option<String>,
}

impl Headers {
    /// Name and value of each header; the order is fixed.
    pub fn fields(&self) -> [(&'static str, Option<&str>); 6] {
        [
            ("content-type", self.content_type.as_deref()),
            ("content-encoding", self.content_encoding.as_deref()),
            ("content-language", self.content_language.as_deref()),
            ("content-disposition", self.content_disposition.as_deref()),
            ("cache-control", self.cache_control.as_deref()),
            ("expires", self.expires.as_deref()),
        ]
    }

    /// The same, to be filled.
    pub(crate) fn fields_mut(&mut self) -> [(&'static str, &mut Option<String>); 6] {
        [
            ("content-type", &mut self.content_type),
            ("content-encoding", &mut self.content_encoding),
            ("content-language", &mut self.content_language),
            ("content-disposition", &mut self.content_disposition),
            ("cache-control", &mut self.cache_control),
            ("expires", &mut self.expires),
        ]
    }
}

/// What a write left behind.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Written {
    /// The new state.
    pub etag: Option<ETag>,
    /// Its version, where the store keeps several.
    pub version: Option<Version>,
    /// The store's own checksum of what it took; the proof that it has what was sent.
    pub checksums: Vec<Checksum>,
}

impl Written {
    /// The checksum of one algorithm.
    pub fn checksum(&self, algorithm: Algorithm) -> Option<&Checksum> {
        self.checksums.iter().find(|c| c.algorithm == algorithm)
    }
}

/// An upload in parts under way.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct UploadId(pub String);

/// One part that a store has.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PartDone {
    /// From 1.
    pub number: u32,
    /// Bytes.
    pub size: u64,
    /// What `complete` must say again.
    pub etag: ETag,
    /// Its checksum, as the store says.
    pub checksum: Option<Checksum>,
}

/// An upload that somebody began and did not end.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct OpenUpload {
    /// For which object.
    pub key: Key,
    /// Which upload.
    pub upload: UploadId,
    /// Since when.
    pub started: Option<Timestamp>,
}

/// What a container (bucket, Azure container, folder) says of itself. `None`: it did not say, or we may not ask.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct ContainerFacts {
    /// Keeps versions.
    pub versioning: Option<bool>,
    /// Kept versions once, and may hold old ones.
    #[serde(default)]
    pub may_hold_versions: bool,
    /// Can lock objects.
    pub object_lock: Option<bool>,
    /// Anybody may read objects, or list.
    pub public_read: Option<bool>,
    /// Who else may do what, in the store's words: policy or access list.
    pub access: Option<String>,
    /// Default encryption, in the store's words.
    pub encryption: Option<String>,
    /// Objects can have access lists of their own (S3, unless the bucket's owner owns everything in it).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_acls: Option<bool>,
    /// The same of every container by its name, where this is said of several.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub each: BTreeMap<String, ContainerFacts>,
}
