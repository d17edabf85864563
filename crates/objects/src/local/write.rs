//! Writing files: beside first, then under their name at once, so that a reader never sees half of one.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::PoisonError,
};

use bytes::Bytes;

use super::{Inner, Local, etag, properties::Record, stat};
use crate::{
    Algorithm, At, Checksum, Condition, DeleteError, ETag, Hasher, Integrity, Key, Payload, Properties, Put,
    WriteError, Written, stream::WrongLength,
};

/// Bytes that are gathered before they are handed to the disk.
const GATHER: u64 = 1 << 20;

/// A condition that can be handed to another thread.
pub(super) enum Owned {
    Always,
    Absent,
    Matches(ETag),
}

impl From<Condition<'_>> for Owned {
    fn from(condition: Condition<'_>) -> Self {
        match condition {
            Condition::Always => Self::Always,
            Condition::Absent => Self::Absent,
            Condition::Matches(etag) => Self::Matches(etag.clone()),
        }
    }
}

pub(super) async fn put(local: &Local, mut put: Put<'_>) -> Result<Written, WriteError> {
    local.inner.limits.key.check(put.key, &local.inner.place)?;
    let beside = local.inner.unfinished();
    let written = fill(local, put.key, &mut put.payload, put.integrity, &beside).await;
    let (key, properties, condition) = (put.key.clone(), put.properties.clone(), Owned::from(put.condition));
    let result = match written {
        Err(e) => Err(e),
        Ok(sum) => {
            let from = beside.clone();
            local.blocking(move |i| i.place(&from, Record::new(key, properties, Some(sum)), &condition)).await?
        }
    };
    if result.is_err() {
        let _ = fs::remove_file(&beside);
    }
    result
}

/// Streams a body into a new file.
pub(super) async fn fill(
    local: &Local,
    key: &Key,
    payload: &mut Payload,
    integrity: Integrity,
    beside: &Path,
) -> Result<Checksum, WriteError> {
    let path = beside.to_owned();
    let file = local.blocking(move |i| i.create(&path)).await??;
    let mut sink = Sink::new(local, key, payload.len(), integrity);
    let mut file = file;
    while let Some(piece) = payload.next().await {
        let piece = piece.map_err(|cause| sink.source(cause))?;
        if let Some(gathered) = sink.take(piece)? {
            file = local.blocking(move |i| append(i, file, &gathered)).await??;
        }
    }
    let (gathered, sum) = sink.end()?;
    let durable = local.inner.durable;
    local
        .blocking(move |i| {
            let file = append(i, file, &gathered)?;
            let synced = if durable { file.sync_data() } else { Ok(()) };
            synced.map_err(|e| WriteError::from(i.disk("writing", e)))
        })
        .await??;
    Ok(sum)
}

fn append(inner: &Inner, mut file: File, pieces: &[Bytes]) -> Result<File, WriteError> {
    for piece in pieces {
        file.write_all(piece).map_err(|e| inner.disk("writing", e))?;
    }
    Ok(file)
}

/// Gathers, counts and checks a body.
pub(super) struct Sink<'a> {
    local: &'a Local,
    key: &'a Key,
    expected: u64,
    got: u64,
    gathered: Vec<Bytes>,
    waiting: u64,
    hasher: Option<Hasher>,
    integrity: Integrity,
}

impl<'a> Sink<'a> {
    pub(super) fn new(local: &'a Local, key: &'a Key, expected: u64, integrity: Integrity) -> Self {
        let algorithm = match integrity {
            Integrity::Known(sum) => sum.algorithm,
            Integrity::Trailing(algorithm) => algorithm,
            Integrity::Nothing => Algorithm::Crc64Nvme,
        };
        let hasher = Hasher::new(algorithm).or_else(|| Hasher::new(Algorithm::Crc64Nvme));
        Self { local, key, expected, got: 0, gathered: Vec::new(), waiting: 0, hasher, integrity }
    }

    pub(super) fn source(&self, cause: crate::Cause) -> WriteError {
        WriteError::Source { place: self.local.inner.place.clone(), key: self.key.clone(), cause }
    }

    fn wrong_length(&self) -> WriteError {
        self.source(WrongLength { expected: self.expected, got: self.got }.into())
    }

    /// Takes a piece; hands back what should be written now.
    pub(super) fn take(&mut self, piece: Bytes) -> Result<Option<Vec<Bytes>>, WriteError> {
        self.got += piece.len() as u64;
        if self.got > self.expected {
            return Err(self.wrong_length());
        }
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&piece);
        }
        self.waiting += piece.len() as u64;
        self.gathered.push(piece);
        if self.waiting < GATHER {
            return Ok(None);
        }
        self.waiting = 0;
        Ok(Some(std::mem::take(&mut self.gathered)))
    }

    /// The rest, and the checksum of all.
    pub(super) fn end(self) -> Result<(Vec<Bytes>, Checksum), WriteError> {
        if self.got != self.expected {
            return Err(self.wrong_length());
        }
        let (place, key) = (self.local.inner.place.clone(), self.key.clone());
        let found = self.hasher.map_or(Checksum::crc64(0), Hasher::finish);
        match self.integrity {
            Integrity::Known(wanted) if wanted != found => {
                let what = format!("{wanted} was announced, {found} arrived");
                Err(WriteError::Damaged { place, key, what })
            }
            _ => Ok((self.gathered, found)),
        }
    }
}

impl Record {
    pub(super) fn new(key: Key, properties: Properties, checksum: Option<Checksum>) -> Self {
        Self { key, etag: ETag::new(""), properties, checksum }
    }
}

impl Inner {
    /// A new file, with its folder.
    pub(super) fn create(&self, path: &Path) -> Result<File, WriteError> {
        if !self.root.is_dir() {
            return Err(crate::RequestError::NoContainer { place: self.place.clone() }.into());
        }
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| File::create(path)).map_err(|e| self.disk("creating a file", e).into())
    }

    /// Puts a finished file under its name, with its record.
    pub(super) fn place(&self, from: &Path, mut record: Record, condition: &Owned) -> Result<Written, WriteError> {
        let key = record.key.clone();
        let disk = |e| WriteError::from(self.disk("placing a file", e));
        let path = self.path(&key).ok_or_else(|| disk(io::Error::other("no path")))?;
        self.folders(&key, &path)?;
        let _swap = self.swap.lock().unwrap_or_else(PoisonError::into_inner);
        if let Owned::Matches(wanted) = condition {
            let now = stat(&path).map_err(disk)?.map(|m| etag(&m));
            if now.as_ref() != Some(wanted) {
                let (place, expected) = (self.place.clone(), wanted.clone());
                return Err(WriteError::Changed { place, key, expected });
            }
        }
        record.etag = etag(&fs::metadata(from).map_err(disk)?);
        let written = Written {
            etag: Some(record.etag.clone()),
            version: None,
            checksums: record.checksum.into_iter().collect(),
        };
        if let Owned::Absent = condition {
            // Linking fails where something is, against everybody.
            match fs::hard_link(from, &path) {
                Ok(()) => drop(fs::remove_file(from)),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(WriteError::Exists { place: self.place.clone(), key });
                }
                Err(e) => return Err(self.placing(&key, e)),
            }
        } else {
            fs::rename(from, &path).map_err(|e| self.placing(&key, e))?;
        }
        // After the file: the record names its state, so one without the other is only a loss of properties, not a lie.
        self.keep(&record).map_err(disk)?;
        if self.durable
            && let Some(folder) = path.parent()
        {
            File::open(folder).and_then(|f| f.sync_all()).map_err(disk)?;
        }
        Ok(written)
    }

    fn folders(&self, key: &Key, path: &Path) -> Result<(), WriteError> {
        // Another task may remove a folder that has become empty, just now.
        let mut tried = Ok(());
        for _ in 0..3 {
            tried = path.parent().map_or(Ok(()), fs::create_dir_all);
            if tried.is_ok() {
                break;
            }
        }
        tried.map_err(|e| self.placing(key, e))
    }

    fn placing(&self, key: &Key, error: io::Error) -> WriteError {
        use io::ErrorKind as Kind;
        let what = match error.kind() {
            Kind::NotADirectory | Kind::AlreadyExists => "another object has the name of one of its folders",
            Kind::IsADirectory | Kind::DirectoryNotEmpty => "it has the name of a folder of other objects",
            Kind::InvalidFilename => "the file system has no such long names",
            _ => return self.disk("placing a file", error).into(),
        };
        WriteError::Limit { place: self.place.clone(), key: key.clone(), what: what.to_owned() }
    }

    /// Removes folders that have become empty.
    fn prune(&self, path: &Path) {
        let mut folder = path.parent();
        while let Some(dir) = folder.filter(|d| *d != self.root && d.starts_with(&self.root)) {
            if fs::remove_dir(dir).is_err() {
                return;
            }
            folder = dir.parent();
        }
    }

    fn remove(&self, key: &Key, wanted: Option<&ETag>) -> Result<(), DeleteError> {
        let Some(path) = self.path(key) else { return Ok(()) };
        let disk = |e| DeleteError::from(self.disk("deleting", e));
        let _swap = self.swap.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(meta) = stat(&path).map_err(disk)? else { return Ok(()) };
        if wanted.is_some_and(|w| *w != etag(&meta)) {
            return Err(DeleteError::Changed { place: self.place.clone(), key: key.clone() });
        }
        fs::remove_file(&path).map_err(disk)?;
        self.forget(key);
        self.prune(&path);
        Ok(())
    }

    fn retag(&self, key: &Key, tags: BTreeMap<String, String>) -> Result<(), WriteError> {
        let missing = || WriteError::Limit {
            place: self.place.clone(),
            key: key.clone(),
            what: "there is no such object".to_owned(),
        };
        let path: PathBuf = self.path(key).ok_or_else(missing)?;
        let disk = |e| WriteError::from(self.disk("writing tags", e));
        let meta = stat(&path).map_err(disk)?.ok_or_else(missing)?;
        let now = etag(&meta);
        let mut record = self
            .record(key, &now)
            .unwrap_or_else(|| Record { etag: now, ..Record::new(key.clone(), Properties::default(), None) });
        record.properties.tags = tags;
        self.keep(&record).map_err(disk)
    }
}

pub(super) async fn delete(local: &Local, at: At<'_>) -> Result<(), DeleteError> {
    if at.version.is_some() {
        return Ok(());
    }
    let (key, wanted) = (at.key.clone(), at.if_match.cloned());
    local.blocking(move |i| i.remove(&key, wanted.as_ref())).await?
}

pub(super) async fn set_tags(local: &Local, at: At<'_>, tags: &BTreeMap<String, String>) -> Result<(), WriteError> {
    let (key, tags) = (at.key.clone(), tags.clone());
    local.blocking(move |i| i.retag(&key, tags)).await?
}
