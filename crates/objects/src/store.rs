//! The store: one trait for every place where objects live.
//!
//! A store is a whole bucket, container or folder. Prefixes are the caller's. Requests are values, answers are values, and
//! nothing is retried here: errors say whether it makes sense ([`crate::Class`]), `retry` does it.

use std::{fmt::Debug, future::Future, ops::Range, pin::Pin};

use serde::{Deserialize, Serialize};

use crate::{
    Algorithm, ByteStream, Checksum, ContainerFacts, DeleteError, ETag, Entry, Key, Limits, ListError, OpenUpload,
    PartDone, Payload, Properties, ReadError, RequestError, UploadId, Version, WriteError, Written,
};

/// The future of an answer.
pub type Answer<'a, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

/// Where a listing goes on: data, so that it can be kept and used by another process.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cursor {
    /// Behind this key.
    Key(Key),
    /// Behind this key and version.
    Version(Key, String),
    /// The store's own mark. The key is the last one seen.
    Token(String, Key),
}

impl Cursor {
    /// The last key seen.
    pub(crate) fn key(&self) -> &Key {
        match self {
            Self::Key(key) | Self::Version(key, _) | Self::Token(_, key) => key,
        }
    }
}

/// What to list.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct List {
    /// Only keys that begin so.
    pub prefix: Key,
    /// Only keys behind this one. Together with `until` a range, so that ranges can be listed side by side.
    pub after: Option<Key>,
    /// Only keys before this one.
    pub until: Option<Key>,
    /// Go on from there.
    pub cursor: Option<Cursor>,
    /// Fold keys at this mark and list what stands before it once: for finding out how a bucket is built.
    pub delimiter: Option<Key>,
    /// Old versions, snapshots and delete markers too.
    pub versions: bool,
    /// Metadata, where the store lists it (Azure).
    pub metadata: bool,
    /// Tags, where the store lists them (Azure).
    pub tags: bool,
    /// Blobs that were never committed, and deleted ones that can be had back (Azure).
    pub hidden: bool,
    /// Most entries in the page; nothing for the store's own limit.
    pub page: Option<u32>,
}

/// One page of a listing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Entries in ascending order of keys. Versions of one key stand together.
    pub entries: Vec<Entry>,
    /// What was folded at the delimiter.
    pub prefixes: Vec<Key>,
    /// Where to go on; nothing at the end.
    pub next: Option<Cursor>,
}

/// Which object, in which state.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// The key.
    pub key: &'a Key,
    /// One of its versions; else the current one.
    pub version: Option<&'a Version>,
    /// Only if it is still in this state.
    pub if_match: Option<&'a ETag>,
}

impl<'a> At<'a> {
    /// The current state of a key.
    pub fn key(key: &'a Key) -> Self {
        Self { key, version: None, if_match: None }
    }

    /// Exactly what was listed: its version and its state.
    pub fn entry(entry: &'a Entry) -> Self {
        Self { key: &entry.key, version: entry.version.as_ref(), if_match: entry.etag.as_ref() }
    }
}

/// How much to read.
#[derive(Clone, Debug, Default)]
pub struct Get {
    /// Only these bytes; an empty range is refused by stores.
    pub range: Option<Range<u64>>,
    /// Ask for the store's checksum. A full one is verified while the body is read.
    pub checksum: bool,
}

/// An object that is being read.
#[derive(Debug)]
pub struct Got {
    /// Its properties. `size` is the whole object's.
    pub entry: Entry,
    /// Which bytes follow.
    pub range: Range<u64>,
    /// The bytes.
    pub body: ByteStream,
}

/// A condition on a write.
#[derive(Clone, Copy, Debug, Default)]
pub enum Condition<'a> {
    /// Write whatever is there.
    #[default]
    Always,
    /// Write only if nothing is there.
    Absent,
    /// Write only over this state.
    Matches(&'a ETag),
}

/// Which checksum goes along with a body, so that the store confirms it.
#[derive(Clone, Copy, Debug, Default)]
pub enum Integrity {
    /// None: the store is not asked. For stores that cannot.
    #[default]
    Nothing,
    /// This one: the bytes were read before.
    Known(Checksum),
    /// Computed while the body is sent, and sent behind it. For bodies that stream. Where bytes are at hand and the store
    /// cannot, the checksum goes ahead of them; where neither is possible the write is refused, never done unchecked.
    Trailing(Algorithm),
}

impl Integrity {
    /// What goes along with this body to a store that takes no checksum behind one.
    pub(crate) fn ahead(self, payload: &Payload, place: &str) -> Result<Self, RequestError> {
        let Self::Trailing(algorithm) = self else { return Ok(self) };
        let known = payload.as_segments().and_then(|pieces| {
            let mut hasher = crate::Hasher::new(algorithm)?;
            for piece in pieces {
                hasher.update(piece);
            }
            Some(Self::Known(hasher.finish()))
        });
        known
            .ok_or(RequestError::Unsupported { place: place.to_owned(), what: "a checksum behind a body that streams" })
    }
}

/// An object to write in one request.
#[derive(Debug)]
pub struct Put<'a> {
    /// Its key.
    pub key: &'a Key,
    /// Its bytes.
    pub payload: Payload,
    /// Headers, metadata, tags, class.
    pub properties: &'a Properties,
    /// Checksum.
    pub integrity: Integrity,
    /// Condition.
    pub condition: Condition<'a>,
}

/// An upload in parts to begin.
#[derive(Clone, Copy, Debug)]
pub struct Begin<'a> {
    /// Its key.
    pub key: &'a Key,
    /// Headers, metadata, tags, class.
    pub properties: &'a Properties,
    /// The checksum that parts will carry, to be full for the whole where it combines.
    pub algorithm: Option<Algorithm>,
}

/// A part to write.
#[derive(Debug)]
pub struct Part<'a> {
    /// The object's key.
    pub key: &'a Key,
    /// The upload.
    pub upload: &'a UploadId,
    /// From 1, ascending with the offset.
    pub number: u32,
    /// Where the part begins in the object.
    pub offset: u64,
    /// Its bytes.
    pub payload: Payload,
    /// Checksum.
    pub integrity: Integrity,
}

/// An upload to end.
#[derive(Clone, Copy, Debug)]
pub struct Complete<'a> {
    /// The object's key.
    pub key: &'a Key,
    /// The upload.
    pub upload: &'a UploadId,
    /// Its parts in ascending order.
    pub parts: &'a [PartDone],
    /// The same properties as at the beginning: some stores take them only now.
    pub properties: &'a Properties,
    /// The checksum of the whole.
    pub checksum: Option<Checksum>,
    /// Condition.
    pub condition: Condition<'a>,
}

/// A place where objects live.
pub trait Store: Debug + Send + Sync {
    /// Its name in messages: `s3://bucket`. Holds no secret.
    fn place(&self) -> &str;

    /// Its documented limits, narrowed by what is known of this one.
    fn limits(&self) -> &Limits;

    /// One page of keys.
    fn list<'a>(&'a self, ask: &'a List) -> Answer<'a, Page, ListError>;

    /// An object's properties. Tags only where the store tells them here; else [`Store::tags`].
    fn head<'a>(&'a self, at: At<'a>) -> Answer<'a, Entry, ReadError>;

    /// An object's bytes and properties.
    fn get<'a>(&'a self, at: At<'a>, ask: Get) -> Answer<'a, Got, ReadError>;

    /// Writes an object in one request.
    fn put<'a>(&'a self, put: Put<'a>) -> Answer<'a, Written, WriteError>;

    /// Begins an upload in parts.
    fn begin<'a>(&'a self, begin: Begin<'a>) -> Answer<'a, UploadId, WriteError>;

    /// Writes a part. The same number again replaces it.
    fn put_part<'a>(&'a self, part: Part<'a>) -> Answer<'a, PartDone, WriteError>;

    /// Makes an object out of parts.
    fn complete<'a>(&'a self, complete: Complete<'a>) -> Answer<'a, Written, WriteError>;

    /// Forgets an upload and frees its parts. That it is gone already is no error.
    fn abort<'a>(&'a self, key: &'a Key, upload: &'a UploadId) -> Answer<'a, (), WriteError>;

    /// Uploads under way below a prefix, all of them.
    fn uploads<'a>(&'a self, prefix: &'a Key) -> Answer<'a, Vec<OpenUpload>, ListError>;

    /// The parts that an upload has, all of them, in ascending order.
    fn parts<'a>(&'a self, key: &'a Key, upload: &'a UploadId) -> Answer<'a, Vec<PartDone>, WriteError>;

    /// Tags of an object.
    fn tags<'a>(&'a self, at: At<'a>) -> Answer<'a, std::collections::BTreeMap<String, String>, ReadError>;

    /// Replaces the tags of an object.
    fn set_tags<'a>(
        &'a self,
        at: At<'a>,
        tags: &'a std::collections::BTreeMap<String, String>,
    ) -> Answer<'a, (), WriteError>;

    /// Who may do what with an object besides its owner, in the store's words; nothing where nobody else may, and where
    /// objects have no access lists.
    fn access<'a>(&'a self, _at: At<'a>) -> Answer<'a, Option<String>, ReadError> {
        Box::pin(async { Ok(None) })
    }

    /// The size of the first part of an object that was written in parts; nothing where the store does not tell.
    fn first_part<'a>(&'a self, _at: At<'a>) -> Answer<'a, Option<u64>, ReadError> {
        Box::pin(async { Ok(None) })
    }

    /// Deletes an object, or one version of it. That it is not there is no error.
    fn delete<'a>(&'a self, at: At<'a>) -> Answer<'a, (), DeleteError>;

    /// What the container says of itself.
    fn container(&self) -> Answer<'_, ContainerFacts, RequestError>;

    /// Creates the container. That it exists is no error.
    fn create_container(&self) -> Answer<'_, (), RequestError>;

    /// The S3 bucket that this is, if it is one: the probe tries its dialects.
    fn as_s3(&self) -> Option<&crate::S3> {
        None
    }

    /// The containers that this is, if it is several.
    fn as_containers(&self) -> Option<&crate::Containers> {
        None
    }

    /// True where the `ETag` of a small object is its MD5, as S3 has it.
    fn speaks_s3(&self) -> bool {
        self.as_s3().is_some()
    }
}
